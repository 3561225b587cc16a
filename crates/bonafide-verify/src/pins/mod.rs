//! Pins as a check: a host's verified path must contain one of its keys.

mod break_glass;
mod entry;
mod file;
mod set;
mod verdict;

pub use self::entry::{OnExpiredPins, PinRole, Pins, PinsBuilder};
pub use self::file::{PinFileError, PinFileProblem};
pub use self::set::PinSet;
