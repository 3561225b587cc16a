//! The system's store, read once a process.

use std::env;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls_native_certs::ErrorKind;

use super::environment::load_named;
use super::origin::Origin;
use super::set::{AnchorSet, Loading};
use crate::load_report::{LoadProblem, SourceReport};
use crate::pem::PemError;

/// The variables that replace the system's store, as in OpenSSL's `X509_get_default_cert_file_env`.
const CERT_FILE: &str = "SSL_CERT_FILE";
const CERT_DIR: &str = "SSL_CERT_DIR";

static SYSTEM: OnceLock<Arc<AnchorSet>> = OnceLock::new();

/// Whether this process has read the system's store.
pub(crate) fn is_read() -> bool {
    SYSTEM.get().is_some()
}

/// The system's anchors; the first call of a process reads them, which takes some milliseconds.
pub(super) fn shared() -> Arc<AnchorSet> {
    Arc::clone(SYSTEM.get_or_init(|| Arc::new(read())))
}

fn read() -> AnchorSet {
    let mut set = Loading::default();
    let (file, directories) = (env::var_os(CERT_FILE), env::var_os(CERT_DIR));
    if file.is_none() && directories.is_none() {
        let mut report = SourceReport::new(Origin::System.to_string());
        read_platform(&mut set, &mut report);
        set.report(report);
    }
    if let Some(file) = file {
        let mut report = SourceReport::new(CERT_FILE);
        load_named(CERT_FILE, Path::new(&file), &mut set, &mut report);
        set.report(report);
    }
    if let Some(directories) = directories {
        let mut report = SourceReport::new(CERT_DIR);
        for directory in env::split_paths(&directories).filter(|path| !path.as_os_str().is_empty())
        {
            load_named(CERT_DIR, &directory, &mut set, &mut report);
        }
        set.report(report);
    }
    set.finish()
}

fn read_platform(set: &mut Loading, report: &mut SourceReport) {
    let origin = Arc::new(Origin::System);
    let location = origin.to_string();
    let found = rustls_native_certs::load_native_certs();
    for error in found.errors {
        report.fail(&location, LoadProblem::Store(text_of(&error)));
    }
    for (index, certificate) in found.certs.into_iter().enumerate() {
        set.add(certificate, index + 1, &origin, &location, report);
    }
}

/// What the reader of the store says, without the text that an error of PEM carries.
fn text_of(error: &rustls_native_certs::Error) -> String {
    match &error.kind {
        ErrorKind::Pem(malformed) => {
            format!("{}: {}", error.context, PemError::of(malformed, None))
        }
        _ => error.to_string(),
    }
}
