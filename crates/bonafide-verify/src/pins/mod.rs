//! Pins: keys that a host's verified path must contain, from programs, files and signed bundles.
//!
//! A pin is a check and can only refuse. Nothing here knows a zone or a policy.
//!
//! ```
//! use std::time::Duration;
//!
//! use bonafide_verify::pins::OnExpiredPins;
//! use bonafide_verify::pki_types::UnixTime;
//! use bonafide_verify::{Pins, Policy};
//!
//! // 2030-01-01T00:00:00Z
//! let end = UnixTime::since_unix_epoch(Duration::from_secs(1_893_456_000));
//! let pins = Pins::for_host("**.example.com")
//!     .leaf("sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
//!     .ca("sha256/r/mIkG3eEpVdm+u/ko/cwxzOMo1bk4TyHIlByibiA5E=")
//!     .expires(end, OnExpiredPins::Refuse)
//!     .build()?;
//! let policy = Policy::builder().pins(pins).build()?;
//! # let _ = policy;
//! # Ok::<(), bonafide_verify::ConfigError>(())
//! ```

mod advice;
mod break_glass;
mod bundle;
pub(crate) mod entry;
mod file;
pub(crate) mod set;
mod verdict;

pub use self::advice::{PinAdvice, PinAdviceError, PinSource, PinWarning};
pub use self::bundle::{
    BundleError, BundleKey, BundleKeys, BundleSigner, BundleVersion, FileVersionStore,
    MemoryVersionStore, PinBundle, VersionStore, VersionStoreError,
};
pub(crate) use self::entry::Pins;
pub use self::entry::{OnExpiredPins, PinRole, PinsBuilder};
pub use self::file::{PinFileError, PinFileProblem};
pub(crate) use self::set::PinSet;
