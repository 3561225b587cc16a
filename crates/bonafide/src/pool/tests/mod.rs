//! The pool with fake connections.
//!
//! `model` drives the state machine of one partition, `partitions` drives a whole pool; both with
//! random events. The others are scenarios, each of one idea. Time is paused unless a test advances
//! it.

mod attempts;
pub(crate) mod bench;
mod bursts;
mod evictions;
mod fake;
mod fresh;
mod keys;
mod limits;
mod model;
mod partitions;
mod reaper;
mod recalls;
mod returns;
mod silence;
mod streams;
