//! Anchors from files, directories and memory.

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;

use rustls_pki_types::CertificateDer;

use super::fence::Fence;
use super::origin::{Origin, Origins};
use super::set::Loading;
use crate::config::description::Description;
use crate::config::error::ConfigError;
use crate::config::source::{Source, SourcePosition};
use crate::files::load_report::{LoadProblem, SourceReport};

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
pub struct CustomCa {
    kind: Kind,
    fences: Vec<Vec<String>>,
}

#[derive(Clone, Debug)]
enum Kind {
    Source(Source),
    Certificates {
        label: String,
        certificates: Arc<[CertificateDer<'static>]>,
    },
}

impl CustomCa {
    /// A file with one certificate in DER or any number in PEM; it is read when the policy is built.
    ///
    /// The labels `CERTIFICATE`, `X509 CERTIFICATE` and `TRUSTED CERTIFICATE` are read; the trust
    /// settings that OpenSSL keeps behind the last one are not. Everything else that opens with
    /// `-----BEGIN` is in the [`AnchorReport`](crate::files::AnchorReport) with its kind, unless the line
    /// begins with `#`, `;` or `//`.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::of(Kind::Source(Source::File(path.into())))
    }

    /// Every regular file of a directory, as [`CustomCa::file`] reads it; sub-directories are not entered.
    /// A link that leads to no file, and a directory without files, are in the report. Texts count all
    /// anchors of a directory as one origin.
    pub fn directory(path: impl Into<PathBuf>) -> Self {
        Self::of(Kind::Source(Source::Directory(path.into())))
    }

    /// PEM with any number of certificates, or the DER of one, from memory. `label` names it on receipts and in reports.
    pub fn pem(label: impl Into<String>, pem: impl AsRef<[u8]>) -> Self {
        Self::of(Kind::Source(Source::bytes(label, pem)))
    }

    /// Certificates that are parsed already, labelled `certificates`.
    pub fn certificates(certificates: impl IntoIterator<Item = CertificateDer<'static>>) -> Self {
        Self::of(Kind::Certificates {
            label: "certificates".to_owned(),
            certificates: certificates.into_iter().collect(),
        })
    }

    /// Believes these authorities for nothing but these names: puts name constraints (RFC 5280, 4.2.1.10) on each, or narrows those that it has.
    ///
    /// | name | covers |
    /// |---|---|
    /// | `corp.example` | it and everything below it |
    /// | `.corp.example` | everything below it, and not it |
    /// | `10.0.0.0/8`, `fd00::/8` | the addresses of that network |
    /// | `10.1.2.3`, `::1` | that address |
    ///
    /// A certificate is believed only if **all** its DNS names and addresses are covered, wildcards with all that they stand for. A fence of DNS names alone
    /// lets no address in, and the other way round; other kinds of names, which no server is believed for, are not restricted. Where an authority has name
    /// constraints of its own, both hold, and so do both of two calls.
    ///
    /// A fence is around an authority, told by its key, and not around a file: **a copy of it without a fence that another source of the same
    /// [`Anchors`](crate::Anchors) has, the system's store for example, is left out**. Copies with different fences are different anchors: what one of them
    /// lets in is believed. Paths to other anchors are not concerned, even where they lead through a certificate of that authority.
    ///
    /// A name that cannot be read is a [`ConfigError::Fence`] when the policy is built; an authority whose own constraints cannot be read is not
    /// loaded, and is in the [`AnchorReport`](crate::files::AnchorReport). Receipts show the fence beside the origin of the anchor.
    ///
    /// ```
    /// use bonafide_verify::{Anchors, CustomCa};
    ///
    /// # let ca = bonafide_testkit::TestCa::new();
    /// # let pem = ca.pem();
    /// let corp = CustomCa::pem("corp root", pem).only_for(["corp.example", "10.0.0.0/8"]);
    /// let anchors = Anchors::only(corp).load()?;
    /// assert_eq!(
    ///     anchors.counts().to_string(),
    ///     "1 from memory (corp root) only for corp.example and 10.0.0.0/8"
    /// );
    /// # Ok::<(), bonafide_verify::ConfigError>(())
    /// ```
    pub fn only_for<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.fences
            .push(names.into_iter().map(Into::into).collect());
        self
    }

    fn of(kind: Kind) -> Self {
        let fences = Vec::new();
        Self { kind, fences }
    }

    pub(super) fn describe(&self, description: &mut Description) {
        match &self.kind {
            Kind::Source(source) => source.describe(description),
            Kind::Certificates { .. } => {}
        }
    }

    pub(super) fn is_fenced(&self) -> bool {
        !self.fences.is_empty()
    }

    pub(super) fn fences(&self) -> Result<Vec<Fence>, ConfigError> {
        self.fences
            .iter()
            .map(|names| Fence::parse(names))
            .collect()
    }

    pub(super) fn load(&self, set: &mut Loading) -> Result<(), ConfigError> {
        set.inside(self.fences()?);
        self.load_unfenced(set);
        set.inside(Vec::new());
        Ok(())
    }

    fn load_unfenced(&self, set: &mut Loading) {
        match &self.kind {
            Kind::Source(source) => {
                let origin = |place: SourcePosition<'_>| match place.path {
                    Some(path) => Origin::File(path.to_owned()),
                    None => Origin::Memory(place.location.to_owned()),
                };
                let name = match source {
                    Source::Bytes { label, .. } => Origin::Memory(label.to_string()).to_string(),
                    Source::File(_) | Source::Directory(_) => source.location(),
                };
                let directory = match source {
                    Source::Directory(path) => Some(Origin::Directory(path.clone())),
                    Source::File(_) | Source::Bytes { .. } => None,
                };
                let mut report = SourceReport::new(name);
                load_source(source, &origin, directory, set, &mut report);
                set.report(report);
            }
            Kind::Certificates {
                label,
                certificates,
            } => {
                let origins = Origins::one(Origin::Memory(label.clone()));
                let mut report = SourceReport::new(origins.own.to_string());
                for (index, certificate) in certificates.iter().enumerate() {
                    set.add(certificate.clone(), index + 1, &origins, label, &mut report);
                }
                if certificates.is_empty() {
                    report.fail(label, LoadProblem::NoCertificate);
                }
                set.report(report);
            }
        }
    }
}

/// Takes in what a source has, and notes in `report` what cannot be read. What is in a directory is
/// counted as that one's.
pub(super) fn load_source(
    source: &Source,
    origin: &dyn Fn(SourcePosition<'_>) -> Origin,
    directory: Option<Origin>,
    set: &mut Loading,
    report: &mut SourceReport,
) {
    let directory = directory.map(Arc::new);
    let mut last: Option<Origins> = None;
    let Ok(()) = source.read::<CertificateDer<'static>, Infallible>(&mut |place, found| {
        match found {
            Ok(certificate) => {
                let here = origin(place);
                // The anchors of a file share one origin.
                let same = last.take().filter(|last| *last.own == here);
                let origins = same.unwrap_or_else(|| match &directory {
                    Some(directory) => Origins {
                        own: Arc::new(here),
                        counted: Arc::clone(directory),
                    },
                    None => Origins::one(here),
                });
                set.add(
                    certificate,
                    place.position,
                    &origins,
                    place.location,
                    report,
                );
                last = Some(origins);
            }
            Err(LoadProblem::NothingFound) => {
                report.fail(place.location, LoadProblem::NoCertificate);
            }
            Err(problem) => report.fail(place.location, problem),
        }
        Ok(())
    });
}
