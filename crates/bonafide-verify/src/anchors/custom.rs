//! Anchors from files, directories and memory.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use super::origin::Origin;
use super::set::Loading;
use crate::bounded_file::read_bounded;
use crate::load_report::{LoadProblem, SourceReport};

/// Your own certificate authorities.
///
/// ```
/// use bonafide_verify::{Anchors, CustomCa};
///
/// # let ca = bonafide_testkit::TestCa::new();
/// # let pem = ca.pem();
/// let anchors = Anchors::only(CustomCa::pem("corp root", pem)).load()?;
/// assert_eq!(anchors.len(), 1);
/// # Ok::<(), bonafide_verify::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct CustomCa(Kind);

#[derive(Clone, Debug)]
enum Kind {
    File(PathBuf),
    Directory(PathBuf),
    Bytes {
        label: String,
        bytes: Arc<[u8]>,
    },
    Certificates {
        label: String,
        certificates: Arc<[CertificateDer<'static>]>,
    },
}

impl CustomCa {
    /// A file with one certificate in DER or any number in PEM; it is read when the policy is built.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(Kind::File(path.into()))
    }

    /// Every regular file of a directory, as [`CustomCa::file`] reads it; sub-directories are not entered.
    pub fn directory(path: impl Into<PathBuf>) -> Self {
        Self(Kind::Directory(path.into()))
    }

    /// PEM with any number of certificates, or the DER of one, from memory. `label` names it on receipts and in reports.
    pub fn pem(label: impl Into<String>, pem: impl AsRef<[u8]>) -> Self {
        Self(Kind::Bytes {
            label: label.into(),
            bytes: Arc::from(pem.as_ref()),
        })
    }

    /// Certificates that are parsed already, labelled `certificates`.
    pub fn certificates(certificates: impl IntoIterator<Item = CertificateDer<'static>>) -> Self {
        Self(Kind::Certificates {
            label: "certificates".to_owned(),
            certificates: certificates.into_iter().collect(),
        })
    }

    pub(super) fn load(&self, set: &mut Loading) {
        match &self.0 {
            Kind::File(path) => {
                let mut report = SourceReport::new(path.display().to_string());
                load_file(
                    path,
                    &Arc::new(Origin::File(path.clone())),
                    set,
                    &mut report,
                );
                set.report(report);
            }
            Kind::Directory(path) => {
                let mut report = SourceReport::new(path.display().to_string());
                load_directory(
                    path,
                    &|file| Origin::File(file.to_owned()),
                    set,
                    &mut report,
                );
                set.report(report);
            }
            Kind::Bytes { label, bytes } => {
                let origin = Arc::new(Origin::Memory(label.clone()));
                let mut report = SourceReport::new(origin.to_string());
                load_bytes(bytes, &origin, label, set, &mut report);
                set.report(report);
            }
            Kind::Certificates {
                label,
                certificates,
            } => {
                let origin = Arc::new(Origin::Memory(label.clone()));
                let mut report = SourceReport::new(origin.to_string());
                for (index, certificate) in certificates.iter().enumerate() {
                    set.add(certificate.clone(), index + 1, &origin, label, &mut report);
                }
                if certificates.is_empty() {
                    report.fail(label, LoadProblem::NoCertificate);
                }
                set.report(report);
            }
        }
    }
}

/// Reads a file, or every file of a directory.
pub(super) fn load_path(
    path: &Path,
    origin: &dyn Fn(&Path) -> Origin,
    set: &mut Loading,
    report: &mut SourceReport,
) {
    if path.is_dir() {
        load_directory(path, origin, set, report);
    } else {
        load_file(path, &Arc::new(origin(path)), set, report);
    }
}

fn load_directory(
    path: &Path,
    origin: &dyn Fn(&Path) -> Origin,
    set: &mut Loading,
    report: &mut SourceReport,
) {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) => {
            return report.fail(path.display().to_string(), LoadProblem::Io(Arc::new(error)));
        }
    };
    let mut files = Vec::new();
    for entry in entries {
        match entry {
            Ok(entry) => files.push(entry.path()),
            Err(error) => report.fail(path.display().to_string(), LoadProblem::Io(Arc::new(error))),
        }
    }
    files.sort();
    // `openssl rehash` links every file under the hash of its subject: one read of each is enough.
    let mut seen = HashSet::new();
    let new = |file: &&PathBuf| {
        file.is_file() && fs::canonicalize(file).map_or(true, |target| seen.insert(target))
    };
    for file in files.iter().filter(new) {
        load_file(file, &Arc::new(origin(file)), set, report);
    }
}

fn load_file(path: &Path, origin: &Arc<Origin>, set: &mut Loading, report: &mut SourceReport) {
    let location = path.display().to_string();
    match read_bounded(path) {
        Ok(bytes) => load_bytes(&bytes, origin, &location, set, report),
        Err(problem) => report.fail(location, problem),
    }
}

fn load_bytes(
    bytes: &[u8],
    origin: &Arc<Origin>,
    location: &str,
    set: &mut Loading,
    report: &mut SourceReport,
) {
    const DER_SEQUENCE: u8 = 0x30;
    if bytes.first() == Some(&DER_SEQUENCE) {
        return set.add(
            CertificateDer::from(bytes.to_vec()),
            1,
            origin,
            location,
            report,
        );
    }
    let mut found = 0;
    for section in CertificateDer::pem_slice_iter(bytes) {
        found += 1;
        match section {
            Ok(certificate) => set.add(certificate, found, origin, location, report),
            Err(error) => report.fail(location, LoadProblem::Pem(Arc::new(error))),
        }
    }
    if found == 0 {
        report.fail(location, LoadProblem::NoCertificate);
    }
}
