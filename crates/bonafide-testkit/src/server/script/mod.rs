//! Responses by script: what a request gets, in the order in which requests arrive.

mod paced;
mod queue;
mod scripted;

pub(super) use queue::{Next, Script};
pub use scripted::Scripted;
