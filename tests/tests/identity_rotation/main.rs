//! A client certificate that is replaced in a running client: the very next request shows the new
//! one.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod broken;
mod callback;
mod overlap;
mod rotation;
mod signer;
mod stage;
mod storm;
mod zones;
