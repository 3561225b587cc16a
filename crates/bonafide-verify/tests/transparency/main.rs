//! Certificate Transparency: which timestamps count, how many are needed, and for whom.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod anchors;
mod beside;
mod counting;
mod lists;
mod malformed;
mod stage;
mod staleness;
mod states;
