//! A connector for hyper-util's client over which every response carries its receipt.
//!
//! [`VerifiedConnector`] makes a [`hyper_rustls::HttpsConnector`] out of a
//! [`Policy`](bonafide_verify::Policy) for each connection, takes the receipt when the handshake is
//! done, and puts it as `Arc<Receipt>` into the extensions of every response of that connection,
//! resumed sessions included. If there is no receipt, connecting fails with a [`ConnectError`],
//! before a byte of a request is sent.
//!
//! It is made from a policy and not from a finished `HttpsConnector`. This crate could not know
//! whether another configuration verifies anything, least of all the handshake's key, so a receipt
//! for it would be a guess.
//!
//! # Zones
//!
//! Every zone of the policy has a rustls configuration of its own, made at the first connection to
//! one of its hosts. Each zone therefore has its own client certificate and its own lowest TLS
//! version, and no zone resumes the sessions of another. With a client certificate that can change
//! ([`IdentityHandle`](bonafide_verify::identity::IdentityHandle)), each handshake uses the current
//! one, and no session is resumed.
//!
//! # What hyper-util's pool does not know
//!
//! The pool keeps connections by scheme and authority. Give each policy a client of its own; then
//! the pool shares nothing between policies. It cannot evict a connection when a policy or a client
//! certificate is replaced, nor when the [deadline](bonafide_verify::Receipt::deadline) of its
//! receipt has passed: set `pool_idle_timeout` to what you can accept, or use `bonafide::Client`,
//! whose pool knows both. A connection under a grant is never reused.
//!
//! # Example
//!
//! ```
//! use std::sync::Arc;
//!
//! use bonafide_testkit::{Recipe, TestCa, TestServer};
//! use bonafide_tower::BoxError;
//! use bonafide_tower::connector::VerifiedConnector;
//! use bonafide_verify::{Anchors, Policy, Receipt, Refusal};
//! use bytes::Bytes;
//! use http_body_util::Empty;
//! use hyper_util::client::legacy::Client;
//! use hyper_util::rt::TokioExecutor;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! let ca = TestCa::new();
//! let server = TestServer::http2(ca.issue(Recipe::for_host("localhost"))).await;
//!
//! let policy = Policy::builder().anchors(Anchors::only(ca.certificate().clone())).build()?;
//! let client: Client<_, Empty<Bytes>> =
//!     Client::builder(TokioExecutor::new()).build(VerifiedConnector::new(policy));
//! let response = client.get(server.url("/").parse()?).await?;
//! let receipt = response.extensions().get::<Arc<Receipt>>().ok_or("no receipt")?;
//! assert!(receipt.is_verified());
//!
//! // A server that the policy refuses: the refusal is a source of the client's error.
//! let stranger = TestServer::http2(TestCa::new().issue(Recipe::for_host("localhost"))).await;
//! let error = client.get(stranger.url("/").parse()?).await.unwrap_err();
//! let refusal = Refusal::find_in(&error).ok_or("no refusal")?;
//! assert_eq!(refusal.code().as_str(), "BF-UNKNOWN-ISSUER");
//! assert_eq!(stranger.request_count(), 0);
//! # Ok(())
//! # }
//! ```

mod configs;
mod error;
mod future;
mod protocols;
mod service;
mod stream;

pub use self::error::ConnectError;
pub use self::future::Connecting;
pub use self::protocols::Protocols;
pub use self::service::VerifiedConnector;
pub use self::stream::ReceiptStream;
