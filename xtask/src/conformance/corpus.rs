//! Reading a corpus in the limbo schema.

use std::collections::BTreeSet;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::{fmt, fs};

use flate2::read::MultiGzDecoder;
use serde::{Deserialize, Serialize};

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Why a corpus cannot be run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CorpusError {
    /// The file is unreadable, or not the gzip that it begins as.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system or the decoder said.
        source: io::Error,
    },
    /// The file does not follow the schema.
    #[error("{path} is not in the limbo schema")]
    Schema {
        /// The file.
        path: PathBuf,
        /// Where it departs.
        source: serde_json::Error,
    },
    /// The schema has another version.
    #[error("limbo schema version {0}, of which only 1 is known")]
    Version(u32),
    /// Two cases have one name, so that a result could not be told apart.
    #[error("the case `{0}` is there twice")]
    Duplicate(String),
}

/// All cases of a suite.
#[derive(Debug, Deserialize)]
pub(crate) struct Corpus {
    version: u32,
    /// The cases, in the order of the file.
    pub(crate) testcases: Vec<Case>,
}

/// One case, as far as a judge of servers needs it.
#[derive(Debug, Deserialize)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) validation_kind: ValidationKind,
    /// PEM, one certificate each.
    pub(crate) trusted_certs: Vec<String>,
    /// PEM, one certificate each.
    pub(crate) untrusted_intermediates: Vec<String>,
    /// PEM.
    pub(crate) peer_certificate: String,
    /// RFC 3339; now, where there is none.
    #[serde(default)]
    pub(crate) validation_time: Option<String>,
    #[serde(default)]
    pub(crate) signature_algorithms: Vec<String>,
    #[serde(default)]
    pub(crate) key_usage: Vec<String>,
    /// How many intermediates a path may have, self-issued ones not counted.
    #[serde(default)]
    pub(crate) max_chain_depth: Option<usize>,
    pub(crate) expected_result: Expected,
    #[serde(default)]
    pub(crate) expected_peer_name: Option<PeerName>,
    /// PEM, one list each.
    #[serde(default)]
    pub(crate) crls: Vec<String>,
}

/// Who judges whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum ValidationKind {
    /// A server judges a client.
    Client,
    /// A client judges a server.
    Server,
}

/// What the suite says of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Expected {
    /// To be accepted.
    Success,
    /// To be refused.
    Failure,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Success => "SUCCESS",
            Self::Failure => "FAILURE",
        })
    }
}

/// The name that the peer is asked for.
#[derive(Debug, Deserialize)]
pub(crate) struct PeerName {
    pub(crate) kind: PeerKind,
    pub(crate) value: String,
}

/// Which kind of name it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum PeerKind {
    /// A mailbox.
    Rfc822,
    /// A host name.
    Dns,
    /// An address.
    Ip,
}

impl Corpus {
    /// Reads a file, plain or gzip by its first bytes.
    ///
    /// # Errors
    /// [`CorpusError`] where the file cannot be read or does not follow the schema.
    pub(crate) fn read(path: &Path) -> Result<Self, CorpusError> {
        let failed = |source| CorpusError::Read {
            path: path.to_owned(),
            source,
        };
        let mut bytes = fs::read(path).map_err(failed)?;
        if bytes.starts_with(&GZIP_MAGIC) {
            let mut plain = Vec::new();
            MultiGzDecoder::new(bytes.as_slice())
                .read_to_end(&mut plain)
                .map_err(failed)?;
            bytes = plain;
        }
        let corpus: Self =
            serde_json::from_slice(&bytes).map_err(|source| CorpusError::Schema {
                path: path.to_owned(),
                source,
            })?;
        if corpus.version != 1 {
            return Err(CorpusError::Version(corpus.version));
        }
        let mut seen = BTreeSet::new();
        match corpus.testcases.iter().find(|case| !seen.insert(&case.id)) {
            Some(case) => Err(CorpusError::Duplicate(case.id.clone())),
            None => Ok(corpus),
        }
    }
}
