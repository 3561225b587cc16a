//! tower middleware for HTTP clients: it enforces verified HTTPS over any client.
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
//! Each middleware is a module behind a feature of the same name; of [`decompression`], each coding
//! is a feature. None is on by default.
//!
//! | feature and module | what it does |
//! |---|---|
//! | `require-https`: [`RequireHttps`](require_https::RequireHttps) | refuses a request whose URI is not `https://`, before the inner service sees it |
//! | `require-verified`: [`RequireVerified`](require_verified::RequireVerified) | refuses a response whose connection has no receipt, or one under a grant, or no pin where one is required |
//! | `redirect`: [`Redirect`](redirect::Redirect) | follows redirects, never from https to http; credentials stay with their origin |
//! | `hsts`: [`Hsts`](hsts::Hsts) | requests a host only over https once a verified response has asked for it |
//! | `cookies`: [`Cookies`](cookies::Cookies) | stores and sends cookies (RFC 6265bis), only over verified https or plain http; one jar for each user |
//! | `retry`: [`RetryLayer`](retry::RetryLayer) | sends failed requests again where that is safe, within a budget; never a refused one |
//! | `auth`: [`Auth`](auth::Auth) | sends credentials to the origin that they are bound to, answers its challenges, refreshes tokens |
//! | `default-headers`: [`DefaultHeaders`](default_headers::DefaultHeaders) | adds headers that a request does not have, for all origins or for one |
//! | `decompression-br`, `-deflate`, `-gzip`, `-zstd`: [`Decompression`](decompression::Decompression) | requests encoded bodies and decodes them as they arrive, within limits |
//! | `file-store`: [`FileStore`](store::FileStore) | not a middleware: keeps cookies and HSTS hosts in files, crash-safe |
//! | `connector`: [`VerifiedConnector`](connector::VerifiedConnector) | makes hyper-util's client verify servers by a policy, and puts receipts into its responses |
//!
//! A middleware wraps any service that takes an [`http::Request`]. A receipt is an
//! `Arc<`[`Receipt`](bonafide_verify::Receipt)`>` in the extensions of the [`http::Response`]:
//! `bonafide::Client` puts it there, and so does hyper-util's client over the connector of this
//! crate.
//!
//! `connector`, `file-store` and `retry` need tokio; the others work on any runtime. `auth` uses
//! tokio's clock inside a tokio runtime. `connector`, `cookies`, `hsts`, `require-verified` and
//! `retry` depend on `bonafide-verify`. The feature `redirect` includes the module [`shown`], which
//! keeps secrets in URLs out of errors and logs. The module [`store`] keeps cookies and HSTS hosts
//! between runs. The module [`delivery`] is always there: how far a request got.
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

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(any(feature = "cookies", feature = "hsts"))]
pub mod assurance;
#[cfg(feature = "auth")]
pub mod auth;
#[cfg(feature = "connector")]
pub mod connector;
#[cfg(feature = "cookies")]
pub mod cookies;
#[cfg(feature = "decompression")]
pub mod decompression;
#[cfg(feature = "default-headers")]
pub mod default_headers;
pub mod delivery;
#[cfg(feature = "hsts")]
pub mod hsts;
#[cfg(any(feature = "auth", feature = "default-headers"))]
pub mod origin;
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
#[cfg(any(
    feature = "auth",
    feature = "cookies",
    feature = "hsts",
    feature = "redirect"
))]
mod site;
#[cfg(any(feature = "cookies", feature = "file-store", feature = "hsts"))]
pub mod store;

/// The default error of the services, as in tower.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[cfg(all(doctest, feature = "connector", feature = "require-verified"))]
#[doc = include_str!("../README.md")]
struct Readme;
