//! Peers that are believed by their key: zones, the store in a file, and what a killed process
//! leaves of it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[cfg(unix)]
mod crash;
mod file;
mod handshakes;
mod malformed;
mod zones;
