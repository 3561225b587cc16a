//! The system's store, read once in a process.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustls_native_certs::ErrorKind;

use super::environment::{load_named, value_of};
use super::origin::{Origin, Origins};
use super::set::{AnchorSet, Loading};
use crate::files::load_report::{LoadProblem, SourceReport};
use crate::files::pem::PemError;

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
    let (file, directories) = (value_of(CERT_FILE), directories());
    if file.is_none() && directories.is_empty() {
        let mut report = SourceReport::new(Origin::System.to_string());
        read_platform(&mut set, &mut report);
        set.report(report);
    }
    if let Some(file) = file {
        let mut report = SourceReport::new(CERT_FILE);
        load_named(CERT_FILE, Path::new(&file), &mut set, &mut report);
        set.report(report);
    }
    if !directories.is_empty() {
        let mut report = SourceReport::new(CERT_DIR);
        for directory in directories {
            load_named(CERT_DIR, &directory, &mut set, &mut report);
        }
        set.report(report);
    }
    set.finish()
}

/// The directories that the variable names; empty if it contains only separators.
fn directories() -> Vec<PathBuf> {
    let value = value_of(CERT_DIR).unwrap_or_default();
    let paths = env::split_paths(&value);
    paths.filter(|path| !path.as_os_str().is_empty()).collect()
}

fn read_platform(set: &mut Loading, report: &mut SourceReport) {
    let origins = Origins::one(Origin::System);
    let location = origins.own.to_string();
    let found = native();
    for error in found.errors {
        report.fail(&location, LoadProblem::Store(text_of(&error)));
    }
    for (index, certificate) in found.certs.into_iter().enumerate() {
        set.add(certificate, index + 1, &origins, &location, report);
    }
}

/// The platform's store. rustls-native-certs uses the variables even if they are empty; in that
/// case the default places are read here.
#[cfg(all(unix, not(target_os = "macos")))]
fn native() -> rustls_native_certs::CertificateResult {
    if env::var_os(CERT_FILE).is_none() && env::var_os(CERT_DIR).is_none() {
        return rustls_native_certs::load_native_certs();
    }
    let places = openssl_probe::probe();
    let mut found = rustls_native_certs::load_certs_from_paths(places.cert_file.as_deref(), None);
    for directory in &places.cert_dir {
        let more = rustls_native_certs::load_certs_from_paths(None, Some(directory));
        found.certs.extend(more.certs);
        found.errors.extend(more.errors);
    }
    found
}

/// The platform's store.
#[cfg(not(all(unix, not(target_os = "macos"))))]
fn native() -> rustls_native_certs::CertificateResult {
    rustls_native_certs::load_native_certs()
}

/// The text of an error of rustls-native-certs, without the content that a PEM error includes.
fn text_of(error: &rustls_native_certs::Error) -> String {
    match &error.kind {
        ErrorKind::Pem(malformed) => {
            format!("{}: {}", error.context, PemError::of(malformed, None))
        }
        _ => error.to_string(),
    }
}
