#![doc = include_str!("../README.md")]
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test kit fails its test with a clear message; no caller could do better"
)]

mod certificate;
mod client;
pub mod conformance;
mod patience;
mod proxy;
mod server;

pub use certificate::{
    Case, Catalogue, CrlRecipe, CrlScope, Draft, ExtendedKeyUsage, Identity, KeyKind, Moment,
    OcspHash, OcspRecipe, OcspStatus, Recipe, TestCa, TestCaBuilder, TestLog,
};
pub use proxy::{AfterReply, ConnectRequest, ProxyStats, TestProxy, TestProxyBuilder};
pub use server::{
    AcceptedConnection, Alpn, BindAddr, BodySender, ClientAuth, ClientMove, Ending, PlainServer,
    PlainServerBuilder, RecordedRequest, ServerStats, Serving, TestBody, TestServer,
    TestServerBuilder, WeakServer, Weakness,
};
