//! Why a bundle does not open.

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
        /// Why not.
        problem: LoadProblem,
    },
    /// The bundle or its payload is too large.
    #[error("larger than {limit_bytes} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit_bytes: usize,
    },
    /// The envelope is not JSON of the form that it must have; the source has line and column.
    #[error("the envelope of the bundle is malformed: {0}")]
    Envelope(JsonError),
    /// The version of the envelope is not a known one.
    #[error("version {found} of the envelope is not known; this reads version 1")]
    UnsupportedVersion {
        /// What the envelope says.
        found: u64,
    },
    /// The payload is not Base64.
    #[error("the payload of the bundle is not Base64")]
    Base64,
    /// A key is not `ed25519/` and the Base64 of 32 bytes, nor a public key of that kind.
    #[error("`{key}` is no Ed25519 key: write `ed25519/` and the Base64 of its 32 bytes")]
    Key {
        /// What was given; its length alone where it may be a secret.
        key: String,
    },
    /// The signature with this position, from 1, is not the Base64 of 64 bytes.
    #[error("signature {position} is not the Base64 of 64 bytes")]
    Signature {
        /// The position, from 1.
        position: usize,
    },
    /// There are too many signatures.
    #[error("more than {limit} signatures")]
    TooManySignatures {
        /// How many there may be.
        limit: usize,
    },
    /// There are too many keys to trust.
    #[error("more than {limit} keys")]
    TooManyKeys {
        /// How many there may be.
        limit: usize,
    },
    /// A threshold of no signatures, or of more than there are different keys.
    #[error("a threshold of {threshold} with {keys} different keys")]
    Threshold {
        /// How many signatures are asked for.
        threshold: usize,
        /// How many different keys there are.
        keys: usize,
    },
    /// A name is not 1 to 64 letters, digits and `.-_`.
    #[error("`{name}` cannot be the name of a bundle: write 1 to 64 letters, digits and .-_")]
    Name {
        /// What was given; its length alone where it may be a secret.
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
        /// Why not.
        reason: String,
    },
    /// A signature in the name of a trusted key is not by that key over these bytes: the bundle was changed.
    #[error("the signature of {key} is not over this payload")]
    BadSignature {
        /// The trusted key.
        key: BundleKey,
    },
    /// Too few different trusted keys have signed.
    #[error(
        "{valid} of the {needed} signatures that are needed; {strangers} by keys that are not trusted"
    )]
    TooFewSignatures {
        /// How many different trusted keys have signed.
        valid: usize,
        /// How many must.
        needed: usize,
        /// How many signatures are by keys that are not trusted.
        strangers: usize,
    },
    /// The payload was signed, but not as a bundle: it does not begin with the line that all bundles begin with.
    #[error("what was signed is no pin bundle: its first line is not `# bonafide pin bundle 1`")]
    NotABundle,
    /// The payload is malformed, which only who signed it can mend.
    #[error(transparent)]
    Payload(#[from] PinFileError),
    /// The pins of the payload cannot be used together.
    #[error(transparent)]
    Pin(PinError),
    /// The bundle is another one than was asked for.
    #[error("this is the bundle `{found}`, not `{expected}`")]
    OtherBundle {
        /// The name that was asked for.
        expected: String,
        /// The name that it has.
        found: String,
    },
    /// The bundle has expired.
    #[error("the bundle expired at {}; it is {} now", Rfc3339Time(*expired), Rfc3339Time(*now))]
    Expired {
        /// When.
        expired: UnixTime,
        /// The time that it was opened at.
        now: UnixTime,
    },
    /// A later version was opened before: somebody plays an old bundle back.
    #[error("version {offered} of the bundle, after version {seen} was in use")]
    Rollback {
        /// The version of this bundle.
        offered: u64,
        /// The version that was opened before.
        seen: u64,
    },
    /// The same version was opened before, with other content.
    #[error("version {version} of the bundle was in use with other content")]
    SameVersionOtherContent {
        /// The version of both.
        version: u64,
    },
    /// The store of versions cannot be used; without it an old bundle would not be told from a new one.
    #[error(transparent)]
    Store(#[from] VersionStoreError),
}
