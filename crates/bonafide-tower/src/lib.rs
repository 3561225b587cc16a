//! tower middleware for HTTP clients: it enforces verified HTTPS over any client.
//! tower middleware for stacks of HTTP clients: verified HTTPS, demanded of whatever client the
//! stack ends in.
//!
//! Each middleware is a module behind a feature of the same name; of [`decompression`], each coding
//! is a feature. None is on by default.
//!
//! | feature and module | what it does |
//! |---|---|
//! | `require-https`: [`RequireHttps`](require_https::RequireHttps) | refuses a request whose URI is not `https://`, before the inner service sees it |
//! | `require-verified`: [`RequireVerified`](require_verified::RequireVerified) | refuses a response whose connection has no receipt, a grant's, or no pin where one is demanded |
//! | `redirect`: [`Redirect`](redirect::Redirect) | follows redirects, never from https to http, and keeps credentials to their origin |
//! | `auth`: [`Auth`](auth::Auth) | sends credentials to the origin that they are bound to, answers its challenges, refreshes tokens |
//! | `default-headers`: [`DefaultHeaders`](default_headers::DefaultHeaders) | adds headers that a request does not have, for all origins or for one |
//! | `retry`: [`RetryLayer`](retry::RetryLayer) | sends failed requests again where that is safe, by a budget, and never a refused one |
//! | `decompression-br`, `-deflate`, `-gzip`, `-zstd`: [`Decompression`](decompression::Decompression) | asks for encoded bodies and decodes them as they come, within limits |
//! | `connector`: [`VerifiedConnector`](connector::VerifiedConnector) | has hyper-util's client verify by a policy, and puts receipts into its responses |
//!
//! A middleware goes around any service that takes an [`http::Request`]. A receipt is an
//! `Arc<`[`Receipt`](bonafide_verify::Receipt)`>` in the extensions of the [`http::Response`]:
//! `bonafide::Client` puts it there, and so does hyper-util's client over the connector of this
//! crate.
//!
//! `connector` needs tokio; the others depend on no runtime, and `auth` uses tokio's clock.
//! `bonafide-verify` comes with `connector` and `require-verified` alone. What shows URLs comes with
//! the module [`shown`], which keeps their secrets out of errors and logs.
//! `connector` and `retry` need tokio; the others depend on no runtime. `bonafide-verify` comes with
//! `connector`, `require-verified` and `retry` alone. What shows URLs comes with the module [`shown`], which
//! keeps their secrets out of errors and logs.
//!
//! # Errors
//!
//! A layer made by `new()` has its service fail with [`BoxError`], as everywhere in tower, so that
//! it stacks with tower's own middleware in any order. In it is either the error of the middleware,
//! such as [`NotHttps`](require_https::NotHttps), or the error of the inner service as it is: find
//! out with `downcast_ref`.
//!
//! A program whose errors are typed needs no downcast: `.with_error::<E>()` has the service fail
//! with any `E` that is made `From` the error of the middleware, and that the error of the inner
//! service turns `Into`.
//!
//! # Over hyper-util's client
//!
#![cfg_attr(all(feature = "connector", feature = "require-verified"), doc = "```")]
#![cfg_attr(
    not(all(feature = "connector", feature = "require-verified")),
    doc = "```ignore"
)]
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
//! Each middleware is a module behind a feature of the same name. None is on by default.
//!
//! | feature and module | what it does |
//! |---|---|
//! | `require-https`: [`RequireHttps`](require_https::RequireHttps) | refuses a request whose URI is not `https://`, before the inner service sees it |
//! | `require-verified`: [`RequireVerified`](require_verified::RequireVerified) | refuses a response whose connection has no receipt, or one under a grant, or no pin where one is required |
//! | `redirect`: [`Redirect`](redirect::Redirect) | follows redirects, never from https to http; credentials stay with their origin |
//! | `connector`: [`VerifiedConnector`](connector::VerifiedConnector) | makes hyper-util's client verify servers by a policy, and puts receipts into its responses |
//!
//! A middleware wraps any service that takes an [`http::Request`]. A receipt is an
//! `Arc<`[`Receipt`](bonafide_verify::Receipt)`>` in the extensions of the [`http::Response`]:
//! `bonafide::Client` puts it there, and so does hyper-util's client over the connector of this
//! crate.
//!
//! `connector` needs tokio; the others work on any runtime. Only `connector` and `require-verified`
//! depend on `bonafide-verify`. The feature `redirect` includes the module [`shown`], which keeps
//! secrets in URLs out of errors and logs.
//!
//! # Errors
//!
//! The service of a layer made by `new()` fails with [`BoxError`], like tower's own middleware, so
//! that layers stack in any order. The box holds either the error of the middleware, such as
//! [`NotHttps`](require_https::NotHttps), or the unchanged error of the inner service;
//! `downcast_ref` distinguishes them.
//!
//! A program with typed errors needs no downcast: after `.with_error::<E>()` the service fails with
//! `E`. `E` must be `From` the error of the middleware, and the error of the inner service must be
//! `Into<E>`.
//!
//! # Over bonafide's client
//!
//! `bonafide::Client` verifies and attaches receipts by itself. The layers above wrap it unchanged,
//! with `.service(bonafide::Client::new())` in place of hyper-util's client. They then enforce what
//! the client does by default, even if its configuration changes later. The example `tower_stack`
//! of the repository runs it.

#[cfg(feature = "auth")]
pub mod auth;
#[cfg(feature = "connector")]
pub mod connector;
#[cfg(feature = "default-headers")]
pub mod default_headers;
#[cfg(any(feature = "auth", feature = "default-headers"))]
pub mod origin;
#[cfg(feature = "decompression")]
pub mod decompression;
#[cfg(feature = "redirect")]
pub mod redirect;
#[cfg(any(feature = "redirect", feature = "retry"))]
mod repeat_body;
#[cfg(feature = "require-https")]
pub mod require_https;
#[cfg(feature = "require-verified")]
pub mod require_verified;
#[cfg(feature = "retry")]
pub mod retry;
#[cfg(feature = "redirect")]
pub mod shown;

/// The default error of the services, as in tower.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[cfg(all(doctest, feature = "connector", feature = "require-verified"))]
#[doc = include_str!("../README.md")]
struct Readme;
