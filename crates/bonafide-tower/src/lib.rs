//! tower middleware that makes a stack of HTTP clients demand verified HTTPS.
//!
//! | middleware | refuses |
//! |---|---|
//! | [`require_https::RequireHttps`] | a request whose URI is not `https://`, before the inner service sees it |
//! | [`require_verified::RequireVerified`] | a response whose connection has no receipt, a grant's, or no pin where one is demanded |
//!
//! Both go around any service that takes an [`http::Request`]; the second looks for the receipt that the client has put into the extensions of the
//! [`http::Response`] as `Arc<`[`Receipt`](bonafide_verify::Receipt)`>`. `bonafide::Client` does that; so does hyper-util's client over the
//! `VerifiedConnector` of this crate.
//!
//! Their error is [`BoxError`], as everywhere in tower, so that they stack with tower's own middleware in any order. In it is either a refusal,
//! [`NotHttps`](require_https::NotHttps) or [`NotVerified`](require_verified::NotVerified), or the error of the inner service as it is: find
//! out with `downcast_ref`.
//!
//! # Over hyper-util's client
//!
#![cfg_attr(feature = "hyper-rustls", doc = "```")]
#![cfg_attr(not(feature = "hyper-rustls"), doc = "```ignore")]
//! use std::sync::Arc;
//!
//! use bonafide_testkit::{Recipe, TestCa, TestServer};
//! use bonafide_tower::BoxError;
//! use bonafide_tower::connector::VerifiedConnector;
//! use bonafide_tower::require_https::RequireHttpsLayer;
//! use bonafide_tower::require_verified::RequireVerifiedLayer;
//! use bonafide_verify::{Anchors, Policy, Receipt};
//! use bytes::Bytes;
//! use http::Request;
//! use http_body_util::Empty;
//! use hyper_util::client::legacy::Client;
//! use hyper_util::rt::TokioExecutor;
//! use tower::{Service, ServiceBuilder, ServiceExt};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! let ca = TestCa::new();
//! let server = TestServer::http2(ca.issue(Recipe::for_host("localhost"))).await;
//!
//! let policy = Policy::builder().anchors(Anchors::only(ca.certificate().clone())).build()?;
//! let mut client = ServiceBuilder::new()
//!     .layer(RequireHttpsLayer::new())
//!     .layer(RequireVerifiedLayer::new())
//!     .service(Client::builder(TokioExecutor::new()).build(VerifiedConnector::new(policy)));
//!
//! let request = Request::get(server.url("/")).body(Empty::<Bytes>::new())?;
//! let response = client.ready().await?.call(request).await?;
//! let receipt = response.extensions().get::<Arc<Receipt>>().ok_or("no receipt")?;
//! println!("{receipt}");
//! # assert!(receipt.is_verified());
//! # Ok(())
//! # }
//! ```
//!
//! # Over bonafide's client
//!
//! `bonafide::Client` verifies and attaches receipts by itself. The layers above go around it unchanged, `.service(bonafide::Client::new())` in
//! place of hyper-util's client, and then say of the stack what the client does by default: they hold when somebody builds it another way. The
//! example `tower_stack` of the repository runs it.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `hyper-rustls` | | the module `connector`: receipts for hyper-util's client |
//!
//! Without it the crate depends on no runtime.

#[cfg(feature = "hyper-rustls")]
pub mod connector;
pub mod require_https;
pub mod require_verified;

/// What the services of a stack fail with, as in tower.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[cfg(all(doctest, feature = "hyper-rustls"))]
#[doc = include_str!("../README.md")]
struct Readme;
