//! Certificate revocation lists (RFC 5280, 5 and 6.3).

mod entries;
mod list;
mod scope;
mod view;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hashbrown::HashMap;
use rustls_pki_types::CertificateRevocationListDer;

use self::list::List;
use super::question::{Question, RevocationStatus};
use crate::config::description::Description;
use crate::config::error::ConfigError;
use crate::config::source::Source;
use crate::files::load_report::LoadProblem;

/// Maximum size of a file of lists in bytes. A list of a million entries with serial numbers of 16
/// bytes has about 38 MB.
const MAX_LIST_BYTES: u64 = 128 * 1024 * 1024;

/// Certificate revocation lists from files, directories and memory.
///
/// The lists are read and indexed when the check is built; nothing is fetched. A file contains one
/// list in DER or any number in PEM, and has at most 128 MiB. In memory, a list takes its own size
/// and four bytes for each entry.
///
/// ```
/// use bonafide_verify::revocation::{Crls, Revocation};
///
/// # let ca = bonafide_testkit::TestCa::new();
/// # let pem = ca.crl_pem(bonafide_testkit::CrlRecipe::new());
/// let check = Revocation::builder().crls(Crls::pem("corp lists", pem)).build()?;
/// # let _ = check;
/// # Ok::<(), bonafide_verify::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Crls(Source);

impl Crls {
    /// A file with one list in DER or any number in PEM.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(Source::File(path.into()))
    }

    /// Every regular file of a directory, as [`Crls::file`] reads it; sub-directories are not
    /// entered. One unusable file makes building the check fail.
    pub fn directory(path: impl Into<PathBuf>) -> Self {
        Self(Source::Directory(path.into()))
    }

    /// PEM with any number of lists, or the DER of one, from memory. `label` names it in refusals
    /// and errors.
    pub fn pem(label: impl Into<String>, pem: impl AsRef<[u8]>) -> Self {
        Self(Source::bytes(label, pem))
    }

    /// The path, if the source is a file or a directory.
    pub(in crate::check::revocation) fn path(&self) -> Option<&Path> {
        match &self.0 {
            Source::File(path) | Source::Directory(path) => Some(path),
            Source::Bytes { .. } => None,
        }
    }
}

/// All loaded lists, by the name of their issuer.
#[derive(Debug, Default)]
pub(super) struct Lists(HashMap<Vec<u8>, Vec<List>>);

impl Lists {
    pub(super) fn load(sources: &[Crls]) -> Result<Self, ConfigError> {
        let mut lists = Self::default();
        for Crls(source) in sources {
            let mut found = 0;
            source.read_whole_up_to(MAX_LIST_BYTES, &mut |place, der| {
                let unread = |problem| ConfigError::ReadCrls {
                    location: place.location.to_owned(),
                    problem,
                };
                let der: CertificateRevocationListDer<'static> = der.map_err(unread)?;
                let list = List::parse(place.location, der).map_err(|problem| {
                    unread(LoadProblem::NotACrl {
                        position: place.position,
                        problem,
                    })
                })?;
                found += 1;
                lists.add(list);
                Ok::<(), ConfigError>(())
            })?;
            if found == 0 {
                return Err(ConfigError::ReadCrls {
                    location: source.location(),
                    problem: LoadProblem::NothingFound,
                });
            }
        }
        Ok(lists)
    }

    /// Describes the lists, and when each expires.
    pub(super) fn describe(&self, description: &mut Description) {
        let mut views: Vec<_> = self.0.values().flatten().map(List::view).collect();
        views.sort();
        for view in &views {
            view.forecast(description);
        }
        description.setting("lists", views);
    }

    fn add(&mut self, list: List) {
        self.0.entry_ref(list.issuer()).or_default().push(list);
    }

    /// What the lists of the certificate's issuer say of it: a revocation if any says so.
    pub(super) fn ask(&self, question: &Question<'_>) -> RevocationStatus {
        let silent = || RevocationStatus::silent("no revocation list of its issuer");
        let Some(lists) = self.0.get(question.certificate.issuer()) else {
            return silent();
        };
        let answers = lists.iter().map(|list| list.ask(question));
        answers
            .max_by_key(RevocationStatus::weight)
            .unwrap_or_else(silent)
    }
}

/// The label of a list, shared by all answers based on it.
type Label = Arc<str>;
