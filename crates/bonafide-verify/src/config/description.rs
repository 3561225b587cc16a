//! The description of a part of a policy: its settings, its files and what of it expires.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use rustls_pki_types::UnixTime;
use serde::Serialize;
use serde_json::Value;

/// The description of a part of a policy, such as a [`Check`](crate::Check).
///
/// The effective policy shows the settings, a watched policy watches the files, and the forecast
/// reports what expires.
///
/// ```
/// use bonafide_verify::effective::Description;
///
/// let mut description = Description::default();
/// description.setting("max-age-days", 7);
/// description.file("/etc/corp/list.json");
/// assert_eq!(description.settings()["max-age-days"], 7);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    settings: BTreeMap<String, Value>,
    files: Vec<PathBuf>,
    expiries: Vec<Expiry>,
}

/// Something that a policy depends on, and when it expires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// What kind of thing it is.
    pub kind: ExpiryKind,
    /// Which one: a host, a subject, a file.
    pub what: String,
    /// The last moment at which it holds.
    pub at: UnixTime,
}

/// The kinds of things that expire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ExpiryKind {
    /// A server's certificate.
    Leaf,
    /// The certificate of an intermediate authority.
    Intermediate,
    /// The certificate of an anchor.
    Anchor,
    /// The pins of a host.
    Pin,
    /// A client certificate.
    ClientCertificate,
    /// A certificate revocation list, by its `nextUpdate` (RFC 5280, 5.1.2.5).
    Crl,
    /// A grant.
    Grant,
    /// The list of Certificate Transparency logs, by its maximum age.
    LogList,
}

impl ExpiryKind {
    /// The kind as it is serialised.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Leaf => "leaf",
            Self::Intermediate => "intermediate",
            Self::Anchor => "anchor",
            Self::Pin => "pin",
            Self::ClientCertificate => "client-certificate",
            Self::Crl => "crl",
            Self::Grant => "grant",
            Self::LogList => "log-list",
        }
    }
}

impl fmt::Display for ExpiryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Description {
    /// Adds a setting on which decisions depend: a name in kebab case, and a value. Equal decisions
    /// must have equal values. A value that cannot be serialised is shown as `null`.
    pub fn setting(&mut self, name: impl Into<String>, value: impl Serialize) {
        let value = serde_json::to_value(value).unwrap_or_default();
        self.settings.insert(name.into(), value);
    }

    /// Adds a file or a directory that was read. When it changes, the policy is out of date.
    pub fn file(&mut self, path: impl Into<PathBuf>) {
        self.files.push(path.into());
    }

    /// Adds something that expires.
    pub fn expires(&mut self, kind: ExpiryKind, what: impl Into<String>, at: UnixTime) {
        let what = what.into();
        self.expiries.push(Expiry { kind, what, at });
    }

    /// The settings, ordered by name.
    pub fn settings(&self) -> &BTreeMap<String, Value> {
        &self.settings
    }

    /// The files and directories that were read.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(PathBuf::as_path)
    }

    /// What expires, in the order in which it was added.
    pub fn expiries(&self) -> &[Expiry] {
        &self.expiries
    }
}
