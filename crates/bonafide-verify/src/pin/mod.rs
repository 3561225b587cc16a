//! Pins: the keys that a host's verified path must contain.

mod pattern;
mod set;
mod spki;

pub use self::pattern::{HostPattern, PatternError};
pub use self::set::{OnExpiredPins, PinRole, Pins, PinsBuilder};
pub use self::spki::{PinError, SpkiSha256};
