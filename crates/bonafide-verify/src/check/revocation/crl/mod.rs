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
use super::question::{Answer, Question};
use crate::config::description::Description;
use crate::config::error::ConfigError;
use crate::config::source::Source;
use crate::files::load_report::LoadProblem;

/// No file of lists larger than this is read. A list of a million entries with serial numbers of 16 bytes has some 38 MB.
const MAX_LIST_BYTES: u64 = 128 * 1024 * 1024;

/// Certificate revocation lists from files, directories and memory.
///
/// They are read and indexed when the check is built; nothing is fetched. A file may hold one list in DER or any number in PEM, and at most 128 MiB. A list
/// costs its own size in memory, and four bytes for each of its entries.
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

    /// Every regular file of a directory, as [`Crls::file`] reads it; sub-directories are not entered. One file that cannot be used keeps the
    /// check from being built.
    pub fn directory(path: impl Into<PathBuf>) -> Self {
        Self(Source::Directory(path.into()))
    }

    /// PEM with any number of lists, or the DER of one, from memory. `label` names it in refusals and errors.
    pub fn pem(label: impl Into<String>, pem: impl AsRef<[u8]>) -> Self {
        Self(Source::bytes(label, pem))
    }

    /// The file or the directory, if it is one.
    pub(in crate::check::revocation) fn path(&self) -> Option<&Path> {
        match &self.0 {
            Source::File(path) | Source::Directory(path) => Some(path),
            Source::Bytes { .. } => None,
        }
    }
}

/// All lists at hand, by the name of their issuer.
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

    /// Says which lists there are, and when each expires.
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
    pub(super) fn ask(&self, question: &Question<'_>) -> Answer {
        let silent = || Answer::silent("no revocation list of its issuer");
        let Some(lists) = self.0.get(question.certificate.issuer()) else {
            return silent();
        };
        let answers = lists.iter().map(|list| list.ask(question));
        answers.max_by_key(Answer::weight).unwrap_or_else(silent)
    }
}

/// The label of a list, shared by all answers that rest on it.
type Label = Arc<str>;
