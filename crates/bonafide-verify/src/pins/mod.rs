//! Pins as a check: a host's verified path must contain one of its keys.

mod advice;
mod break_glass;
mod bundle;
mod entry;
mod file;
mod set;
mod verdict;

pub use self::advice::{PinAdvice, PinAdviceError, PinSource, PinWarning};
pub use self::bundle::{
    BundleError, BundleKey, BundleKeys, BundleSigner, BundleVersion, FileVersionStore,
    MemoryVersionStore, PinBundle, VersionStore, VersionStoreError,
};
pub use self::entry::{OnExpiredPins, PinRole, Pins, PinsBuilder};
pub use self::file::{PinFileError, PinFileProblem};
pub use self::set::PinSet;
