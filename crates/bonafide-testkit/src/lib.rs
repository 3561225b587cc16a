#![doc = include_str!("../README.md")]
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test kit fails its test with a clear message; no caller could do better"
)]

pub mod certificate;
mod client;
pub mod conformance;
mod patience;
pub mod proxy;
pub mod revocation;
pub mod server;
pub mod weak;

pub use certificate::{Identity, KeyKind, Moment, Recipe, TestCa, TestCaBuilder, TestLog};
pub use proxy::TestProxy;
pub use revocation::CrlRecipe;
pub use server::{Alpn, ClientAuth, Ending, PlainServer, TestServer};
