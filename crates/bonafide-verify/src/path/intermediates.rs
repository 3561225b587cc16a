//! Intermediates that a policy has, for servers that do not send theirs.

use std::collections::VecDeque;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use hashbrown::HashMap;
use rustls_pki_types::CertificateDer;

use crate::config::description::Description;
use crate::config::error::ConfigError;
use crate::config::source::Source;
use crate::path::presented::PresentedChain;
use crate::x509::certificate::names;

/// Maximum number of intermediates that are added to one chain.
const MAX_ADDED: usize = 16;
/// Maximum number of remembered intermediates; the oldest is removed first.
const MAX_REMEMBERED: usize = 1024;

/// Intermediates to try if a server does not send its own, a mistake that browsers hide.
///
/// They are only candidates: a path with them is verified like any other, to an anchor of the zone,
/// and judged by all of its checks. The receipt of such a connection says "server chain incomplete,
/// repaired". Nothing is fetched.
///
/// ```
/// use bonafide_verify::{Intermediates, Policy};
///
/// # let root = bonafide_testkit::TestCa::new();
/// # let pem = root.intermediate("issuing CA").pem();
/// let policy = Policy::builder()
///     .intermediates(Intermediates::pem("issuing CAs", pem).remember_verified())
///     .build()?;
/// # let _ = policy;
/// # Ok::<(), bonafide_verify::ConfigError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Intermediates {
    sources: Vec<Source>,
    remember: Remember,
}

/// Whether intermediates of other servers are remembered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Remember {
    #[default]
    Nothing,
    Verified,
}

impl Intermediates {
    /// A file with one certificate in DER or any number in PEM. It is read when the policy is
    /// built. The file may also contain keys, requests and revocation lists. Any other section that
    /// may contain a certificate and cannot be read is an error.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::default().and_file(path)
    }

    /// Every regular file of a directory, as [`Intermediates::file`] reads it; sub-directories are
    /// not entered.
    pub fn directory(path: impl Into<PathBuf>) -> Self {
        Self::default().and(Source::Directory(path.into()))
    }

    /// PEM with any number of certificates, or the DER of one, from memory. Errors show it as
    /// `label`.
    pub fn pem(label: impl Into<String>, pem: impl AsRef<[u8]>) -> Self {
        Self::default().and(Source::bytes(label, pem))
    }

    /// Only remembered intermediates; see [`Intermediates::remember_verified`].
    pub fn remembered() -> Self {
        Self::default().remember_verified()
    }

    /// Adds a file; see [`Intermediates::file`].
    pub fn and_file(self, path: impl Into<PathBuf>) -> Self {
        self.and(Source::File(path.into()))
    }

    /// Remembers the intermediates of the paths that this policy verifies, 1,024 at most, and tries
    /// them for other servers. Whether a server that omits its intermediate is accepted then
    /// depends on which other servers were contacted before.
    pub fn remember_verified(mut self) -> Self {
        self.remember = Remember::Verified;
        self
    }

    fn and(mut self, source: Source) -> Self {
        self.sources.push(source);
        self
    }

    /// Reads the sources. Returns the known intermediates, and the learner that adds to them.
    pub(crate) fn load(&self) -> Result<(KnownIntermediates, Learner), ConfigError> {
        let mut by_subject = BySubject::default();
        for source in &self.sources {
            source.read_whole(&mut |place, found| {
                let unread = |problem| ConfigError::ReadIntermediates {
                    location: place.location.to_owned(),
                    problem,
                };
                let certificate: CertificateDer<'static> = found.map_err(unread)?;
                by_subject.add(&certificate);
                Ok::<(), ConfigError>(())
            })?;
        }
        let learner = Learner(match self.remember {
            Remember::Nothing => None,
            Remember::Verified => Some(Arc::default()),
        });
        let known = KnownIntermediates {
            sources: self.sources.clone(),
            given: by_subject,
            remembered: learner.0.clone(),
        };
        Ok((known, learner))
    }
}

/// Adds the intermediates of verified paths, if the policy remembers them. [`KnownIntermediates`]
/// itself cannot be changed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Learner(Option<Arc<Mutex<Remembered>>>);

impl Learner {
    /// Keeps the intermediates of `path`, a verified one from leaf to anchor.
    pub(crate) fn learn(&self, path: &[CertificateDer<'static>]) {
        if let (Some(remembered), [_, intermediates @ .., _]) = (&self.0, path) {
            let mut remembered = remembered.lock().unwrap_or_else(PoisonError::into_inner);
            for certificate in intermediates {
                remembered.add(certificate);
            }
        }
    }
}

/// The known intermediates, by subject.
#[derive(Debug, Default)]
pub(crate) struct KnownIntermediates {
    sources: Vec<Source>,
    given: BySubject,
    remembered: Option<Arc<Mutex<Remembered>>>,
}

impl KnownIntermediates {
    /// Adds the files that they were read from.
    pub(crate) fn describe(&self, description: &mut Description) {
        for source in &self.sources {
            source.describe(description);
        }
    }

    /// The intermediates of the policy's configuration.
    pub(crate) fn given(&self) -> impl Iterator<Item = &CertificateDer<'static>> {
        self.given.0.values().flatten()
    }

    /// Whether intermediates of verified paths are remembered.
    pub(crate) fn learns(&self) -> bool {
        self.remembered.is_some()
    }

    /// Only these certificates.
    pub(crate) fn only(certificates: &[CertificateDer<'static>]) -> Self {
        let mut given = BySubject::default();
        for certificate in certificates {
            given.add(certificate);
        }
        Self {
            sources: Vec::new(),
            given,
            remembered: None,
        }
    }

    /// The intermediates that may complete `chain`, if the server omitted some.
    pub(crate) fn missing_from(&self, chain: &PresentedChain<'_>) -> Vec<CertificateDer<'static>> {
        let mut added: Vec<CertificateDer<'static>> = Vec::new();
        if self.given.0.is_empty() && self.remembered.is_none() {
            return added;
        }
        let mut wanted: VecDeque<Vec<u8>> = chain
            .iter()
            .filter_map(|certificate| names(certificate))
            .map(|(issuer, _)| issuer.to_vec())
            .collect();
        while let Some(issuer) = wanted.pop_front() {
            for candidate in self.of_subject(&issuer) {
                let known = added.contains(&candidate)
                    || chain.iter().any(|sent| sent.as_ref() == candidate.as_ref());
                if known {
                    continue;
                }
                if added.len() == MAX_ADDED {
                    return added;
                }
                if let Some((issuer, _)) = names(&candidate) {
                    wanted.push_back(issuer.to_vec());
                }
                added.push(candidate);
            }
        }
        added
    }

    fn of_subject(&self, subject: &[u8]) -> Vec<CertificateDer<'static>> {
        let mut found = self.given.of(subject).to_vec();
        if let Some(remembered) = &self.remembered {
            let remembered = remembered.lock().unwrap_or_else(PoisonError::into_inner);
            found.extend_from_slice(remembered.by_subject.of(subject));
        }
        found
    }
}

#[derive(Default)]
struct BySubject(HashMap<Arc<[u8]>, Vec<CertificateDer<'static>>>);

/// Shows how many certificates there are, and not their bytes.
impl fmt::Debug for BySubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(by_subject) = self;
        let count: usize = by_subject.values().map(Vec::len).sum();
        f.debug_tuple("BySubject").field(&count).finish()
    }
}

impl BySubject {
    /// Adds a certificate and returns whether it is new. One without readable names is skipped.
    fn add(&mut self, certificate: &CertificateDer<'_>) -> bool {
        let Some((_, subject)) = names(certificate) else {
            return false;
        };
        let same = self.0.entry(Arc::from(subject)).or_default();
        let is_new = same
            .iter()
            .all(|known| known.as_ref() != certificate.as_ref());
        if is_new {
            same.push(certificate.clone().into_owned());
        }
        is_new
    }

    fn of(&self, subject: &[u8]) -> &[CertificateDer<'static>] {
        self.0.get(subject).map_or(&[], Vec::as_slice)
    }
}

#[derive(Default)]
struct Remembered {
    by_subject: BySubject,
    oldest_first: VecDeque<CertificateDer<'static>>,
}

/// Shows how many certificates there are, and not their bytes.
impl fmt::Debug for Remembered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            by_subject,
            oldest_first: _,
        } = self;
        f.debug_tuple("Remembered").field(by_subject).finish()
    }
}

impl Remembered {
    fn add(&mut self, certificate: &CertificateDer<'_>) {
        if !self.by_subject.add(certificate) {
            return;
        }
        self.oldest_first
            .push_back(certificate.clone().into_owned());
        if self.oldest_first.len() > MAX_REMEMBERED
            && let Some(oldest) = self.oldest_first.pop_front()
            && let Some((_, subject)) = names(&oldest)
            && let Some(same) = self.by_subject.0.get_mut(subject)
        {
            same.retain(|known| *known != oldest);
            if same.is_empty() {
                self.by_subject.0.remove(subject);
            }
        }
    }
}
