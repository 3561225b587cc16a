//! Taking times, in rounds that the contenders take turns in.

mod quantity;
mod rounds;
mod sample;
mod statistics;

pub(crate) use self::quantity::Quantity;
pub(crate) use self::rounds::{Contender, take_turns};
pub(crate) use self::sample::{Sample, Stopwatch};
pub(crate) use self::statistics::{Summary, median_ratio};
