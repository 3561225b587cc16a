//! What is seen of a request while it runs and after. Knows nothing of how it is carried.

mod timings;

pub use self::timings::{OpeningTimes, Timings};
