//! Middleware that requests a host only over https once the host has asked for it (HSTS, RFC 6797),
//! and the rule that decides.
//!
#![cfg_attr(feature = "connector", doc = "```")]
#![cfg_attr(not(feature = "connector"), doc = "```ignore")]
//! use bonafide_testkit::{Recipe, TestCa, TestServer};
//! use bonafide_tower::BoxError;
//! use bonafide_tower::connector::VerifiedConnector;
//! use bonafide_tower::hsts::{HstsHosts, HstsLayer};
//! use bonafide_verify::{Anchors, Policy};
//! use bytes::Bytes;
//! use http::{HeaderValue, Request, Response};
//! use http_body_util::Empty;
//! use hyper_util::client::legacy::Client;
//! use hyper_util::rt::TokioExecutor;
//! use tower::{ServiceBuilder, ServiceExt};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! let ca = TestCa::new();
//! let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
//!     .handler(|_| async {
//!         let mut response = Response::new("hello");
//!         let field = HeaderValue::from_static("max-age=31536000");
//!         response.headers_mut().insert("strict-transport-security", field);
//!         response
//!     })
//!     .start()
//!     .await;
//!
//! let policy = Policy::builder().anchors(Anchors::only(ca.certificate().clone())).build()?;
//! let client = ServiceBuilder::new()
//!     .layer(HstsLayer::new(HstsHosts::new()))
//!     .service(Client::builder(TokioExecutor::new()).build(VerifiedConnector::new(policy)));
//! let get = |url: &str| Request::get(url).body(Empty::<Bytes>::new());
//!
//! let (https, http) = (server.url("/"), server.url("/").replace("https://", "http://"));
//! // The connector refuses http, and the host is not known.
//! assert!(client.clone().oneshot(get(&http)?).await.is_err());
//! client.clone().oneshot(get(&https)?).await?;
//! // It is now: the same request goes over https.
//! assert!(client.oneshot(get(&http)?).await?.status().is_success());
//! # Ok(())
//! # }
//! ```
//!
//! # The rule
//!
//! | what | how |
//! |---|---|
//! | a request to a known host | `http://` becomes `https://`, port 80 becomes 443, another port stays (section 8.3) |
//! | known | by its own name, or by a parent domain with `includeSubDomains` (section 8.2); never an IP address |
//! | learning | from the first `Strict-Transport-Security` of a response over https whose [receipt](crate::assurance::Assurance::of) shows a verified server; a field that breaks the grammar is ignored as a whole (section 8.1) |
//! | forgetting | after `max-age`, and at once with `max-age=0` |
//! | from the start | the hosts of a [`Preload`]; a server cannot remove them |
//! | bounds | at most [`MAX_HOSTS`] are learned |
//!
//! Nothing is learned over a connection under a grant. Section 8.4 forbids ignoring TLS errors;
//! here this holds for every host: only the policy has grants, and no response can add one.
//!
//! # With other middleware
//!
//! The layer acts on single requests. Put it inside of [`redirect`](crate::redirect), where it acts
//! on each hop, and outside of [`cookies`](crate::cookies), which then uses the upgraded URL.
//! [`require_https`](crate::require_https) belongs inside of it.
//!
//! `redirect` refuses a redirect from `https://` to `http://`. With the table as its
//! [`with_upgrade`](crate::redirect::Redirects::with_upgrade), it follows one to a known host, over
//! https.
//!
//! A `Host` header that the caller has set stays unchanged.
//!
//! # Between runs
//!
//! [`HstsHosts::load`] and [`HstsHosts::save`] take a [`Store`](crate::store::Store). The names in
//! the table are a history of visits: use one table for each user.

mod error;
mod field;
mod future;
mod hosts;
mod kept;
mod layer;
mod preload;
mod service;
#[cfg(test)]
mod tests;

pub use self::error::PreloadError;
pub use self::future::ResponseFuture;
pub use self::hosts::{HstsHosts, MAX_HOSTS};
pub use self::layer::HstsLayer;
pub use self::preload::{MAX_PRELOAD_BYTES, Preload};
pub use self::service::Hsts;
