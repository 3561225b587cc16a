//! Anchors from files, directories and memory.

use std::convert::Infallible;
use std::fmt;
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
#[doc(alias = "Certificate")]
#[derive(Clone, Debug)]
pub struct CustomCa {
    kind: Kind,
    fences: Vec<Vec<String>>,
}

#[derive(Clone)]
enum Kind {
    Source(Source),
    Certificates {
        label: String,
        certificates: Arc<[CertificateDer<'static>]>,
    },
}

/// Without the bytes of certificates.
impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(source) => f.debug_tuple("Source").field(source).finish(),
            Self::Certificates {
                label,
                certificates,
            } => f
                .debug_struct("Certificates")
                .field("label", label)
                .field("count", &certificates.len())
                .finish(),
        }
    }
}

impl CustomCa {
    /// A file with one certificate in DER or any number in PEM. It is read when the policy is
    /// built.
    ///
    /// The labels `CERTIFICATE`, `X509 CERTIFICATE` and `TRUSTED CERTIFICATE` are read, without the
    /// trust settings that OpenSSL appends to the last kind. Every other section that begins with
    /// `-----BEGIN` is listed in the [`AnchorReport`](crate::files::AnchorReport) with its kind,
    /// unless its line begins with `#`, `;` or `//`.
    #[doc(alias = "from_file")]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::of(Kind::Source(Source::File(path.into())))
    }

    /// Every regular file of a directory, as [`CustomCa::file`] reads it. Sub-directories are not
    /// entered. Broken symbolic links and empty directories are listed in the report. Receipts
    /// count all anchors of a directory as one origin.
    pub fn directory(path: impl Into<PathBuf>) -> Self {
        Self::of(Kind::Source(Source::Directory(path.into())))
    }

    /// PEM with any number of certificates, or the DER of one, from memory. Receipts and reports
    /// show it as `label`.
    #[doc(alias("from_pem", "from_pem_bundle"))]
    pub fn pem(label: impl Into<String>, pem: impl AsRef<[u8]>) -> Self {
        Self::of(Kind::Source(Source::bytes(label, pem)))
    }

    /// Certificates in DER from memory, with the label `certificates`.
    #[doc(alias = "from_der")]
    pub fn certificates(certificates: impl IntoIterator<Item = CertificateDer<'static>>) -> Self {
        Self::of(Kind::Certificates {
            label: "certificates".to_owned(),
            certificates: certificates.into_iter().collect(),
        })
    }

    /// Trusts these authorities only for these names: sets name constraints (RFC 5280, 4.2.1.10) on
    /// each of them, or narrows the existing ones.
    ///
    /// | name | covers |
    /// |---|---|
    /// | `corp.example` | the name and all names below it |
    /// | `.corp.example` | all names below it, without the name itself |
    /// | `10.0.0.0/8`, `fd00::/8` | the addresses of that network |
    /// | `10.1.2.3`, `::1` | that address |
    ///
    /// A certificate is accepted only if **all** its DNS names and addresses are covered; a
    /// wildcard only if all names that it matches are covered. A fence with DNS names only permits
    /// no address, and a fence with addresses only permits no DNS name. Other kinds of names are
    /// not restricted, because no server is accepted for them. If an authority has name constraints
    /// of its own, both apply; after two calls, both fences apply.
    ///
    /// A fence applies to an authority, which is identified by its key, and not to a file. **If
    /// another source of the same [`Anchors`](crate::Anchors), for example the system's store, has
    /// the same authority without a fence, that copy is skipped.** Copies with different fences are
    /// different anchors: a certificate is accepted if one of them permits it. Paths to other
    /// anchors are not affected, even if they contain a certificate of that authority.
    ///
    /// A name that cannot be read is a [`ConfigError::Fence`] when the policy is built. An
    /// authority whose own constraints cannot be read is not loaded, and is listed in the
    /// [`AnchorReport`](crate::files::AnchorReport). Receipts show the fence with the origin of the
    /// anchor.
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

/// Loads the certificates of a source and adds what cannot be read to `report`. Certificates of the
/// files of `directory` are counted under that directory.
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
