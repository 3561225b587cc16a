//! CRLite: filters of all revoked certificates of the public CAs, published by Mozilla and fetched
//! by upki.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clubcard_crlite::{CRLiteClubcard, CRLiteKey, CRLiteStatus, IssuerSpkiHash, LogId, Timestamp};
use der::asn1::OctetStringRef;
use rustls_pki_types::UnixTime;
use sha2::{Digest as _, Sha256};

use super::question::{Question, RevocationStatus};
use crate::config::clock::Rfc3339Time;
use crate::config::description::{Description, ExpiryKind};
use crate::config::error::ConfigError;
use crate::files::bounded::read_up_to;
use crate::files::load_report::LoadProblem;
use crate::text::shown_path;
use crate::verdict::refusal::reason::Reason;
use crate::verdict::refusal::revocation::RevocationSource;
use crate::verdict::refusal::sct::read_list;
use crate::x509::certificate::{Known, base16};

/// Maximum size of a filter file in bytes. A full filter has about 10 MB.
const MAX_FILTER_BYTES: u64 = 128 * 1024 * 1024;
/// Maximum age of the newest timestamp that the filters cover: the same as the maximum validity of
/// a list for servers' certificates (CA/B BR 4.9.7).
const MAX_AGE: Duration = Duration::from_secs(10 * 24 * 60 * 60);

/// CRLite filters from local files.
///
/// A filter answers whether a certificate is revoked if the certificate is in a public log of
/// Certificate Transparency and its issuer is covered by the filter. For other certificates it has
/// no answer, which counts as missing. It is asked only about the leaf, by the timestamps embedded
/// in the leaf. Filters are read when the check is built and kept in memory; nothing is fetched.
/// `upki fetch` keeps a directory of filters up to date. The filters are valid until ten days after
/// the newest timestamp that they cover without a gap of ten days.
#[derive(Clone, Debug)]
pub struct Crlite(FilterPath);

#[derive(Clone, Debug)]
enum FilterPath {
    File(PathBuf),
    Directory(PathBuf),
}

impl Crlite {
    /// One filter file; its name does not matter.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(FilterPath::File(path.into()))
    }

    /// Every file of a directory whose name ends in `.filter` or `.delta`: the form of upki's
    /// folder `revocation` in its cache.
    pub fn directory(path: impl Into<PathBuf>) -> Self {
        Self(FilterPath::Directory(path.into()))
    }

    pub(super) fn path(&self) -> &Path {
        match &self.0 {
            FilterPath::File(path) | FilterPath::Directory(path) => path,
        }
    }
}

/// All loaded filters.
pub(super) struct Filters {
    filters: Vec<CRLiteClubcard>,
    /// The SHA-256 of the file of each.
    digests: Vec<String>,
    newest: UnixTime,
}

impl Filters {
    pub(super) fn load(places: &[Crlite]) -> Result<Self, ConfigError> {
        let (mut filters, mut digests) = (Vec::new(), Vec::new());
        let mut add = |path: &Path| {
            let (filter, digest) = read(path)?;
            filters.push(filter);
            digests.push(digest);
            Ok::<(), ConfigError>(())
        };
        for Crlite(place) in places {
            match place {
                FilterPath::File(path) => add(path)?,
                FilterPath::Directory(path) => {
                    let files = files_of(path)
                        .map_err(|error| unread(path, LoadProblem::Io(Arc::new(error))))?;
                    if files.is_empty() {
                        return Err(unread(path, LoadProblem::NothingFound));
                    }
                    for file in files {
                        add(&file)?;
                    }
                }
            }
        }
        let newest = newest_without_a_gap(&filters);
        digests.sort();
        Ok(Self {
            filters,
            digests,
            newest,
        })
    }

    /// Describes the filters, and when they expire.
    pub(super) fn describe(&self, description: &mut Description) {
        description.setting("crlite-filters", &self.digests);
        description.setting("crlite-covers", Rfc3339Time(self.newest).to_string());
        description.expires(ExpiryKind::Crl, "CRLite filters", self.until());
    }

    /// The time until which the filters are valid.
    fn until(&self) -> UnixTime {
        let end = self.newest.as_secs().saturating_add(MAX_AGE.as_secs());
        UnixTime::since_unix_epoch(Duration::from_secs(end))
    }

    /// The filters' answer for a leaf: revoked if any filter says so.
    pub(super) fn ask(&self, question: &Question<'_>) -> RevocationStatus {
        let source = RevocationSource::Crlite;
        let scts = embedded(question);
        let scts = || scts.iter().copied();
        let issuer = Sha256::digest(question.issuer.subject_public_key_info());
        let issuer = IssuerSpkiHash(issuer.into());
        let key = CRLiteKey::new(&issuer, question.certificate.serial());
        let mut is_good = false;
        for filter in &self.filters {
            match filter.contains(&key, scts()) {
                CRLiteStatus::Revoked => {
                    return RevocationStatus::Against(Reason::Revoked {
                        source,
                        since: None,
                        reason: None,
                    });
                }
                CRLiteStatus::Good => is_good = true,
                CRLiteStatus::NotCovered | CRLiteStatus::NotEnrolled => {}
            }
        }
        if !is_good {
            return RevocationStatus::silent("not covered by the CRLite filters");
        }
        let until = self.until();
        if self.newest <= question.time && question.time < until {
            return RevocationStatus::Good { source, until };
        }
        RevocationStatus::Against(Reason::RevocationStale {
            source,
            this_update: self.newest,
            next_update: Some(until),
        })
    }
}

/// The newest timestamp that is covered without a gap: starting at the oldest filter, each next one
/// may be at most [`MAX_AGE`] newer than the one before. So a new delta does not make an old filter
/// fresh if the deltas between them are missing.
fn newest_without_a_gap(filters: &[CRLiteClubcard]) -> UnixTime {
    let mut ends: Vec<u64> = filters
        .iter()
        .filter_map(|filter| {
            filter
                .universe()
                .iter()
                .map(|(_, logged)| logged.high.0)
                .max()
        })
        .map(|milliseconds| milliseconds / 1000)
        .collect();
    ends.sort_unstable();
    let mut newest = ends.first().copied().unwrap_or(0);
    for end in ends {
        if end - newest > MAX_AGE.as_secs() {
            break;
        }
        newest = end;
    }
    UnixTime::since_unix_epoch(Duration::from_secs(newest))
}

impl fmt::Debug for Filters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Filters")
            .field("count", &self.filters.len())
            .field("newest", &self.newest)
            .finish()
    }
}

/// The logs and times of the timestamps in a certificate. No filter covers a certificate without
/// readable timestamps.
fn embedded(question: &Question<'_>) -> Vec<(LogId, Timestamp)> {
    let read = || {
        let value = question.extension(Known::SignedCertificateTimestamps)?;
        let list: &OctetStringRef = der::Decode::from_der(value).ok()?;
        read_list(list.as_bytes()).ok()
    };
    read()
        .unwrap_or_default()
        .iter()
        .map(|sct| (LogId(sct.log), Timestamp(sct.timestamp)))
        .collect()
}

fn files_of(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let kind = path.extension().and_then(|extension| extension.to_str());
        if matches!(kind, Some("filter" | "delta")) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The filter and the SHA-256 of its file.
fn read(path: &Path) -> Result<(CRLiteClubcard, String), ConfigError> {
    let bytes = read_up_to(path, MAX_FILTER_BYTES).map_err(|problem| unread(path, problem))?;
    let filter = CRLiteClubcard::from_bytes(&bytes)
        .map_err(|error| unread(path, LoadProblem::NotAFilter(error.to_string().into())))?;
    Ok((filter, base16(&Sha256::digest(&bytes))))
}

fn unread(path: &Path, problem: LoadProblem) -> ConfigError {
    ConfigError::ReadFilters {
        location: shown_path(path).display().to_string(),
        problem,
    }
}
