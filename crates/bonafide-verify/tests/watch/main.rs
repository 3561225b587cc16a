//! Policies and client certificates that follow their files: what changes takes effect, and what is
//! broken does not.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod broken;
mod identity;
mod life;
mod places;
mod sources;
mod stage;
