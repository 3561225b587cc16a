//! Why a bundle cannot be opened.

use std::path::PathBuf;

use rustls_pki_types::UnixTime;

use super::key::BundleKey;
use super::version_store::VersionStoreError;
use crate::config::clock::Rfc3339Time;
use crate::config::error::ConfigError;
use crate::files::json_error::JsonError;
use crate::files::load_report::LoadProblem;
use crate::pins::file::PinFileError;
use crate::x509::spki::PinError;

/// Why a [`PinBundle`](crate::pins::PinBundle) cannot be read, signed or opened.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// The file could not be read.
    #[error("cannot read {path}: {problem}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The reason.
        problem: LoadProblem,
    },
    /// The bundle or its payload is too large.
    #[error("larger than {limit_bytes} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit_bytes: usize,
    },
    /// The envelope is not JSON of the required form; the message has line and column.
    #[error("the envelope of the bundle is malformed: {0}")]
    Envelope(JsonError),
    /// The version of the envelope is not supported.
    #[error("version {found} of the envelope is not supported; this library reads version 1")]
    UnsupportedVersion {
        /// The version that the envelope states.
        found: u64,
    },
    /// The payload is not Base64.
    #[error("the payload of the bundle is not Base64")]
    Base64,
    /// A key is neither `ed25519/` with the Base64 of 32 bytes, nor a PEM public key of that kind.
    #[error("`{key}` is not a valid Ed25519 key: write `ed25519/` and the Base64 of its 32 bytes")]
    Key {
        /// The given text; only its length if it may be a secret.
        key: String,
    },
    /// The signature at this position is not the Base64 of 64 bytes.
    #[error("signature {position} is not the Base64 of 64 bytes")]
    Signature {
        /// The position, from 1.
        position: usize,
    },
    /// There are too many signatures.
    #[error("more than {limit} signatures")]
    TooManySignatures {
        /// Maximum number allowed.
        limit: usize,
    },
    /// There are too many keys to trust.
    #[error("more than {limit} keys")]
    TooManyKeys {
        /// Maximum number allowed.
        limit: usize,
    },
    /// The threshold is zero, or greater than the number of different keys.
    #[error("a threshold of {threshold} is not possible with {keys} different keys")]
    Threshold {
        /// Number of signatures required.
        threshold: usize,
        /// Number of different keys.
        keys: usize,
    },
    /// A name is not 1 to 64 letters, digits and `.-_`.
    #[error("`{name}` is not a valid bundle name: write 1 to 64 letters, digits and .-_")]
    Name {
        /// The given text; only its length if it may be a secret.
        name: String,
    },
    /// There is no crypto provider.
    #[error(transparent)]
    Provider(ConfigError),
    /// The crypto provider does not verify Ed25519.
    #[error("the crypto provider does not verify Ed25519")]
    NoEd25519,
    /// The crypto provider does not sign with this key.
    #[error("cannot sign: {reason}")]
    Signing {
        /// The reason.
        reason: String,
    },
    /// A signature that names a trusted key does not verify for these bytes: the bundle was
    /// modified.
    #[error("the signature of {key} does not verify for this payload")]
    BadSignature {
        /// The trusted key.
        key: BundleKey,
    },
    /// Too few different trusted keys have signed the bundle.
    #[error(
        "{valid} of {needed} required signatures; {strangers} more by keys that are not trusted"
    )]
    TooFewSignatures {
        /// Number of different trusted keys that have signed.
        valid: usize,
        /// Number required.
        needed: usize,
        /// Number of signatures by keys that are not trusted.
        strangers: usize,
    },
    /// The payload was signed, but not as a bundle: it does not begin with the first line that
    /// every bundle has.
    #[error(
        "the signed payload is not a pin bundle: its first line is not `# bonafide pin bundle 1`"
    )]
    NotABundle,
    /// The payload is malformed; only its signer can fix it.
    #[error(transparent)]
    Payload(#[from] PinFileError),
    /// The pins of the payload cannot be used together.
    #[error(transparent)]
    Pin(PinError),
    /// The bundle has another name than the expected one.
    #[error("this is the bundle `{found}`, but `{expected}` is expected")]
    OtherBundle {
        /// The expected name.
        expected: String,
        /// The bundle's name.
        found: String,
    },
    /// The bundle has expired.
    #[error("the bundle expired at {}; it is {} now", Rfc3339Time(*expired), Rfc3339Time(*now))]
    Expired {
        /// When it expired.
        expired: UnixTime,
        /// The time at which it was opened.
        now: UnixTime,
    },
    /// A later version was opened before: this is a replay of an old bundle.
    #[error(
        "version {offered} of the bundle is older than version {seen}, which was in use before"
    )]
    Rollback {
        /// The version of this bundle.
        offered: u64,
        /// The version that was opened before.
        seen: u64,
    },
    /// The same version was opened before, with other content.
    #[error("version {version} of the bundle was in use before with other content")]
    SameVersionOtherContent {
        /// The version of both.
        version: u64,
    },
    /// The version store cannot be used; without it an old bundle cannot be distinguished from a
    /// new one.
    #[error(transparent)]
    Store(#[from] VersionStoreError),
}
