//! tower middleware for stacks of HTTP clients: verified HTTPS, demanded of whatever client the
//! stack ends in.
//!
//! Each middleware is a module behind a feature of the same name. None is on by default.
//!
//! | feature and module | what it does |
//! |---|---|
//! | `require-https`: [`RequireHttps`](require_https::RequireHttps) | refuses a request whose URI is not `https://`, before the inner service sees it |
//! | `require-verified`: [`RequireVerified`](require_verified::RequireVerified) | refuses a response whose connection has no receipt, a grant's, or no pin where one is demanded |
//! | `redirect`: [`Redirect`](redirect::Redirect) | follows redirects, never from https to http, and keeps credentials to their origin |
//! | `hsts`: [`Hsts`](hsts::Hsts) | asks hosts over https alone where a verified response said so |
//! | `cookies`: [`Cookies`](cookies::Cookies) | keeps cookies by RFC 6265bis, over verified connections alone, one jar for each user |
//! | `file-store`: [`FileStore`](store::FileStore) | not a middleware: keeps cookies and HSTS hosts in files, crash-safe |
//! | `connector`: [`VerifiedConnector`](connector::VerifiedConnector) | has hyper-util's client verify by a policy, and puts receipts into its responses |
//!
//! A middleware goes around any service that takes an [`http::Request`]. A receipt is an
//! `Arc<`[`Receipt`](bonafide_verify::Receipt)`>` in the extensions of the [`http::Response`]:
//! `bonafide::Client` puts it there, and so does hyper-util's client over the connector of this
//! crate.
//!
//! `connector` needs tokio; the others depend on no runtime. `bonafide-verify` comes with
//! `connector`, `cookies`, `hsts` and `require-verified` alone. What shows URLs comes with the
//! module [`shown`], which keeps their secrets out of errors and logs. What is kept between runs
//! goes through the module [`store`].
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
//! # Over bonafide's client
//!
//! `bonafide::Client` verifies and attaches receipts by itself. The layers above go around it
//! unchanged, `.service(bonafide::Client::new())` in place of hyper-util's client, and then say of
//! the stack what the client does by default: they hold when somebody builds it another way. The
//! example `tower_stack` of the repository runs it.

#[cfg(any(feature = "cookies", feature = "hsts"))]
pub mod assurance;
#[cfg(feature = "connector")]
pub mod connector;
#[cfg(feature = "cookies")]
pub mod cookies;
#[cfg(feature = "hsts")]
pub mod hsts;
#[cfg(feature = "redirect")]
pub mod redirect;
#[cfg(feature = "require-https")]
pub mod require_https;
#[cfg(feature = "require-verified")]
pub mod require_verified;
#[cfg(feature = "redirect")]
pub mod shown;
#[cfg(any(feature = "cookies", feature = "file-store", feature = "hsts"))]
pub mod store;

/// What the services of a stack fail with by default, as in tower.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[cfg(all(doctest, feature = "connector", feature = "require-verified"))]
#[doc = include_str!("../README.md")]
struct Readme;
