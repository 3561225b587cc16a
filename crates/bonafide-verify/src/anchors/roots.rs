//! The sources of a set of anchors.

use std::path::PathBuf;
use std::sync::Arc;

use rustls_pki_types::CertificateDer;

#[cfg(feature = "bundled")]
use super::bundled;
use super::custom::CustomCa;
use super::set::{self, AnchorSet};
use super::{environment, system};
use crate::config::description::Description;
use crate::config::error::ConfigError;

/// Which roots a path may end in, as a value that you compose.
///
/// ```
/// use bonafide_verify::{Anchors, CustomCa};
///
/// let private = Anchors::only(CustomCa::file("/etc/corp/ca.pem"));
/// let both = Anchors::system().plus(CustomCa::file("/etc/corp/ca.pem"));
/// # let _ = (private, both);
/// ```
///
/// A source that cannot be read is not an error while other sources have anchors: a policy is built
/// of `both` also without the file, and the servers of that CA are then refused as
/// `BF-UNKNOWN-ISSUER`. The explanation of that refusal names the source, and so does the report:
///
/// ```
/// # use bonafide_verify::{Anchors, ConfigError, CustomCa};
/// # let mine = CustomCa::pem("mine", bonafide_testkit::TestCa::new().pem());
/// let anchors = Anchors::only(mine).plus(CustomCa::file("/nowhere/ca.pem")).load()?;
/// for failure in anchors.report().failures() {
///     eprintln!("not read: {failure}"); // /nowhere/ca.pem: No such file or directory …
/// }
/// # assert_eq!(anchors.report().failures().count(), 1);
/// # Ok::<(), ConfigError>(())
/// ```
///
/// If no anchor is loaded at all, that is a [`ConfigError`] that lists the sources.
#[derive(Clone, Debug)]
pub struct Anchors {
    pub(crate) sources: Vec<AnchorSource>,
}

#[derive(Clone, Debug)]
pub(crate) enum AnchorSource {
    System,
    #[cfg(feature = "bundled")]
    Bundled,
    Custom(CustomCa),
    Environment(String),
}

impl Anchors {
    /// No anchors: no path ends in one.
    pub(crate) fn none() -> Self {
        Self {
            sources: Vec::new(),
        }
    }

    /// The system's store, as rustls-native-certs finds it. The default of a policy.
    ///
    /// It is read once in a process, when it is first needed. The variables `SSL_CERT_FILE` and
    /// `SSL_CERT_DIR` work as in OpenSSL: if one is set and not empty, its file or directories
    /// replace the system's store, and the [`Origin`](super::Origin) of every such anchor shows
    /// that on the receipt. Differences to OpenSSL: either variable replaces the whole store, every
    /// file of the directories is read whatever its name, and setuid programs read the variables
    /// too.
    pub fn system() -> Self {
        Self {
            sources: vec![AnchorSource::System],
        }
    }

    /// Only `ca`: paths to public roots are refused.
    #[doc(alias = "tls_certs_only")]
    pub fn only(ca: impl Into<CustomCa>) -> Self {
        Self {
            sources: vec![AnchorSource::Custom(ca.into())],
        }
    }

    /// Mozilla's roots, compiled into this program by webpki-root-certs.
    #[cfg(feature = "bundled")]
    pub fn bundled() -> Self {
        Self {
            sources: vec![AnchorSource::Bundled],
        }
    }

    /// Adds `ca` to the other sources.
    #[doc(alias("add_root_certificate", "tls_certs_merge"))]
    pub fn plus(mut self, ca: impl Into<CustomCa>) -> Self {
        self.sources.push(AnchorSource::Custom(ca.into()));
        self
    }

    /// Adds the file or directory that the environment variable `variable` names, if it is set when
    /// the anchors are loaded.
    ///
    /// No other variable adds anchors. An unset or empty variable adds nothing and is listed in the
    /// [`AnchorReport`](crate::files::AnchorReport).
    pub fn plus_from_env(mut self, variable: impl Into<String>) -> Self {
        self.sources
            .push(AnchorSource::Environment(variable.into()));
        self
    }

    /// Reads all sources now, on this thread.
    ///
    /// # Errors
    /// [`ConfigError::NoAnchors`] if no anchor could be loaded; it lists the sources.
    /// [`ConfigError::Fence`] for a name that was given to [`CustomCa::only_for`] and is not valid.
    pub fn load(&self) -> Result<Arc<AnchorSet>, ConfigError> {
        if let [AnchorSource::System] = self.sources[..] {
            return non_empty(system::shared());
        }
        let mut set = set::Loading::default();
        let mut reports = vec![Vec::new(); self.sources.len()];
        // Fenced authorities are loaded first, so that copies without a fence are skipped.
        let is_fenced =
            |source: &AnchorSource| matches!(source, AnchorSource::Custom(ca) if ca.is_fenced());
        for fenced in [true, false] {
            for (source, reports) in self.sources.iter().zip(&mut reports) {
                if is_fenced(source) == fenced {
                    source.load(&mut set)?;
                    *reports = set.take_reports();
                }
            }
        }
        for report in reports.into_iter().flatten() {
            set.report(report);
        }
        non_empty(Arc::new(set.finish()))
    }

    /// Adds the files that are read. The system's store adds none: it is read once in a process.
    pub(crate) fn describe(&self, description: &mut Description) {
        for source in &self.sources {
            match source {
                AnchorSource::Custom(ca) => ca.describe(description),
                AnchorSource::Environment(variable) => {
                    environment::describe(variable, description);
                }
                AnchorSource::System => {}
                #[cfg(feature = "bundled")]
                AnchorSource::Bundled => {}
            }
        }
    }

    /// Checks the fences of all sources, without reading the sources.
    pub(crate) fn check_fences(&self) -> Result<(), ConfigError> {
        for source in &self.sources {
            if let AnchorSource::Custom(ca) = source {
                ca.fences()?;
            }
        }
        Ok(())
    }

    /// Whether the system's store is one of the sources.
    pub(crate) fn uses_system_store(&self) -> bool {
        self.sources
            .iter()
            .any(|source| matches!(source, AnchorSource::System))
    }

    /// Whether loading would read the system's store, which is postponed until it is needed.
    pub(crate) fn needs_system_store(&self) -> bool {
        !system::is_read() && self.uses_system_store()
    }
}

impl AnchorSource {
    fn load(&self, set: &mut set::Loading) -> Result<(), ConfigError> {
        match self {
            Self::System => set.extend_from(&system::shared()),
            #[cfg(feature = "bundled")]
            Self::Bundled => bundled::load(set),
            Self::Custom(ca) => ca.load(set)?,
            Self::Environment(variable) => environment::load(variable, set),
        }
        Ok(())
    }
}

impl From<CertificateDer<'static>> for CustomCa {
    fn from(certificate: CertificateDer<'static>) -> Self {
        Self::certificates([certificate])
    }
}

impl From<Vec<CertificateDer<'static>>> for CustomCa {
    fn from(certificates: Vec<CertificateDer<'static>>) -> Self {
        Self::certificates(certificates)
    }
}

impl From<PathBuf> for CustomCa {
    fn from(path: PathBuf) -> Self {
        Self::file(path)
    }
}

fn non_empty(set: Arc<AnchorSet>) -> Result<Arc<AnchorSet>, ConfigError> {
    if set.is_empty() {
        Err(ConfigError::NoAnchors {
            report: set.report().clone(),
        })
    } else {
        Ok(set)
    }
}
