//! Profiles on chains that are right but for one field: every rule refuses with its code, under the
//! profiles that have it and no other.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod chain;
mod der;
mod page;
mod properties;
mod rules;
mod table;
