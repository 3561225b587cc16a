//! Why a capsule cannot be read.

use crate::files::json_error::JsonError;

/// Why a capsule cannot be read. Positions are members of the JSON, for example `untrusted_intermediates[1]`.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CapsuleError {
    /// The file is larger than any capsule of a handshake.
    #[error("{bytes} bytes, where a capsule has {allowed} at most")]
    TooLarge {
        /// How many there are.
        bytes: usize,
        /// How many there may be.
        allowed: usize,
    },
    /// It is not JSON, or not of the schema: a member is missing or of another type.
    #[error("not a capsule in the limbo schema (line {}, column {})", source.line(), source.column())]
    Json {
        /// What is wrong, and at which line and column.
        #[source]
        source: JsonError,
    },
    /// The schema has another version than 1.
    #[error("limbo schema version {found}, of which only 1 is known")]
    Version {
        /// The version.
        found: u64,
    },
    /// A capsule has exactly one case.
    #[error("{found} test cases, where a capsule has one")]
    Cases {
        /// How many there are.
        found: usize,
    },
    /// The case is about a client, or expects the peer to be believed.
    #[error("{at} is not `{expected}`")]
    Kind {
        /// The member.
        at: &'static str,
        /// What it is in a capsule.
        expected: &'static str,
    },
    /// There is a private key in the file. Whoever has it should treat the key as known to others.
    #[error("{at} has a private key, which belongs into no capsule")]
    Key {
        /// The member.
        at: String,
    },
    /// Not exactly one certificate in PEM (RFC 7468, 5).
    #[error("{at} is not one certificate in PEM")]
    Certificate {
        /// Where.
        at: String,
    },
    /// Not a time since 1970 in RFC 3339.
    #[error("validation_time is not a time since 1970 as RFC 3339 writes it")]
    Time,
    /// Neither a DNS name nor an address, or not of the kind that the case says.
    #[error("expected_peer_name is not a name of its kind")]
    Name,
    /// Not a code.
    #[error("bonafide.code is not a refusal code")]
    Code,
    /// Not Base64.
    #[error("{at} is not Base64")]
    Base64 {
        /// Where.
        at: &'static str,
    },
    /// Not a SHA-256 of 64 hexadecimal digits.
    #[error("bonafide.anchors_sha256[{position}] is not a SHA-256 in hexadecimal")]
    Hash {
        /// Which one.
        position: usize,
    },
}
