//! The kit against clients written by hand and against OpenSSL.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its support code too"
)]

mod catalogue;
mod certificates;
mod client;
mod conformance;
mod endings;
mod endings_http2;
mod exchanges;
mod faults;
mod interim;
mod keys;
mod openssl;
mod panics;
mod plain;
mod proxy;
mod scripts;
mod server;
mod sessions;
mod tls;
mod weak;
