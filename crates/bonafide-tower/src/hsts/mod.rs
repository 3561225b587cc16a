//! Middleware that asks hosts over https alone where they said so (HSTS, RFC 6797), and the rule by
//! which it does.
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
//! | known | by its own name, or by one that it is under with `includeSubDomains` (section 8.2); never an IP address |
//! | learning | from the first `Strict-Transport-Security` of a response over https whose [receipt](crate::assurance::Assurance::of) shows a verified server; a field that breaks the grammar is ignored as a whole (section 8.1) |
//! | forgetting | after `max-age`, and at once with `max-age=0` |
//! | from the start | what a [`Preload`] lists; a server cannot take it back |
//! | bounds | [`MAX_HOSTS`] are learned |
//!
//! A connection under a grant teaches nothing. That an error of a handshake must not be passed over
//! (section 8.4) holds for every host here: a grant is by the policy, and no answer of a server
//! adds one.
//!
//! # With other middleware
//!
//! The layer acts on one request. Put it inside of [`redirect`](crate::redirect), where it acts on
//! each hop, and outside of [`cookies`](crate::cookies), which then choose by the upgraded URL.
//! [`require_https`](crate::require_https) belongs inside of it. A redirect from `https://` to
//! `http://` is refused by `redirect` whatever is known of the host; a client that drives the rules
//! asks [`HstsHosts::upgrade`] for the target first.
//!
//! A `Host` header that the caller has set stays as it is.
//!
//! # Between runs
//!
//! [`HstsHosts::load`] and [`HstsHosts::save`] take a [`Store`](crate::store::Store). The names in
//! the table are a history of visits: keep one for each user.

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
