//! Why a capsule cannot be read.

use crate::files::json_error::JsonError;

/// Why a capsule cannot be read. A position is a member of the JSON, for example
/// `untrusted_intermediates[1]`.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CapsuleError {
    /// The file is larger than any capsule of a handshake.
    #[error("the file has {bytes} bytes; a capsule has at most {allowed}")]
    TooLarge {
        /// Number found.
        bytes: usize,
        /// Maximum number allowed.
        allowed: usize,
    },
    /// The file is not JSON, or does not follow the schema: a member is missing or has the wrong
    /// type.
    #[error(
        "not a capsule in the limbo schema (line {}, column {})",
        source.line(),
        source.column()
    )]
    Json {
        /// What is wrong, and at which line and column.
        #[source]
        source: JsonError,
    },
    /// The schema version is not 1.
    #[error("version {found} of the limbo schema is not supported, only version 1")]
    Version {
        /// The version that the file states.
        found: u64,
    },
    /// The file does not have exactly one test case.
    #[error("the file has {found} test cases; a capsule has exactly one")]
    Cases {
        /// Number found.
        found: usize,
    },
    /// The case is about a client certificate, or expects the verifier to accept the peer.
    #[error("{at} is not `{expected}`")]
    Kind {
        /// The member's name.
        at: &'static str,
        /// The value that a capsule has there.
        expected: &'static str,
    },
    /// The file contains a private key. Treat that key as disclosed and replace it.
    #[error("{at} contains a private key, which a capsule must not contain")]
    Key {
        /// The member's name.
        at: String,
    },
    /// The member must be exactly one certificate in PEM (RFC 7468, 5).
    #[error("{at} must be exactly one certificate in PEM")]
    Certificate {
        /// The member's name.
        at: String,
    },
    /// `validation_time` is not an RFC 3339 time of 1970 or later.
    #[error("validation_time is not an RFC 3339 time of 1970 or later")]
    Time,
    /// `expected_peer_name` is neither a DNS name nor an IP address, or its kind is not the stated
    /// kind.
    #[error("expected_peer_name is not a valid name of its kind")]
    Name,
    /// `bonafide.code` does not have the form of a code.
    #[error("bonafide.code is not a valid refusal code")]
    Code,
    /// The member is not Base64.
    #[error("{at} is not Base64")]
    Base64 {
        /// The member's name.
        at: &'static str,
    },
    /// An anchor's hash is not a SHA-256 of 64 hexadecimal digits.
    #[error("bonafide.anchors_sha256[{position}] is not a SHA-256 in hexadecimal")]
    Hash {
        /// Its index in the list, from 0.
        position: usize,
    },
}
