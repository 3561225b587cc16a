//! A test CA, broken certificates by recipe, and loopback servers and proxies that fail on command,
//! to test **any** TLS or HTTPS client. The kit depends on rustls, rcgen and hyper, not on
//! bonafide.
//!
//! ```
//! use bonafide_testkit::{Recipe, TestCa, TestServer};
//! # use tokio::io::{AsyncReadExt, AsyncWriteExt};
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let ca = TestCa::new();
//!     let server = TestServer::http1(ca.issue(Recipe::for_host("localhost"))).await;
//!
//!     // Give `ca.pem()` to your client as its only root, and let it get `server.url("/hello")`.
//! #   let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(ca.client_config()));
//! #   let tcp = tokio::net::TcpStream::connect(server.addr()).await?;
//! #   let mut tls = connector.connect("localhost".try_into()?, tcp).await?;
//! #   tls.write_all(b"GET /hello HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await?;
//! #   tls.read_to_string(&mut String::new()).await?;
//!
//!     assert_eq!(server.requests()[0].uri.path(), "/hello");
//!     assert_eq!(server.tls_handshakes(), 1);
//!     server.shutdown().await; // fails the test if a handler has panicked
//!     Ok(())
//! }
//! ```
//!
//! | to get | use |
//! |---|---|
//! | a root, an intermediate, a certificate | [`TestCa`], [`Recipe`], [`Identity`] |
//! | one certificate for every mistake | [`certificate::Catalogue`] |
//! | a certificate that is wrong byte by byte | [`certificate::Draft`] |
//! | revocation lists, OCSP responses | [`CrlRecipe`], [`revocation`] |
//! | logs of Certificate Transparency | [`TestLog`] |
//! | a server over TLS, with a handler | [`TestServer`], [`Alpn`], [`ClientAuth`] |
//! | a server without TLS | [`PlainServer`] |
//! | responses one after another, by script | [`Scripted`] |
//! | a connection or a stream that ends badly | [`Ending`] |
//! | a proxy | [`TestProxy`] |
//! | a server with weak cryptography | [`weak::WeakServer`] |
//! | a test that your client refuses every bad server | [`conformance::assert_rejects_all`] |
//!
//! Keys and certificates are made when the test runs, and nothing leaves the loopback. The kit
//! panics with a clear message if the environment fails: it is for tests.
//!
//! The README of the crate describes each part at more length. The crate has no features.

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
pub use server::{Alpn, ClientAuth, Ending, PlainServer, Scripted, TestServer};

/// The examples of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
