//! Middleware that keeps cookies, and the rule by which it does.
//!
#![cfg_attr(feature = "connector", doc = "```")]
#![cfg_attr(not(feature = "connector"), doc = "```ignore")]
//! use bonafide_testkit::{Recipe, TestCa, TestServer};
//! use bonafide_tower::BoxError;
//! use bonafide_tower::connector::VerifiedConnector;
//! use bonafide_tower::cookies::{CookiesLayer, Jar};
//! use bonafide_verify::{Anchors, Policy};
//! use bytes::Bytes;
//! use http::{HeaderValue, Request, Response};
//! use http_body_util::{BodyExt, Empty};
//! use hyper_util::client::legacy::Client;
//! use hyper_util::rt::TokioExecutor;
//! use tower::{ServiceBuilder, ServiceExt};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! let ca = TestCa::new();
//! let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
//!     .handler(|request| async move {
//!         let cookie = request.headers().get("cookie").map(HeaderValue::as_bytes);
//!         let mut response = Response::new(Bytes::copy_from_slice(cookie.unwrap_or(b"none")));
//!         let id = HeaderValue::from_static("__Host-id=7; Secure; Path=/; HttpOnly");
//!         response.headers_mut().insert("set-cookie", id);
//!         response
//!     })
//!     .start()
//!     .await;
//!
//! let policy = Policy::builder().anchors(Anchors::only(ca.certificate().clone())).build()?;
//! // One jar for each user.
//! let client = ServiceBuilder::new()
//!     .layer(CookiesLayer::new(Jar::new()))
//!     .service(Client::builder(TokioExecutor::new()).build(VerifiedConnector::new(policy)));
//!
//! for expected in ["none", "__Host-id=7"] {
//!     let request = Request::get(server.url("/")).body(Empty::<Bytes>::new())?;
//!     let response = client.clone().oneshot(request).await?;
//!     assert_eq!(response.into_body().collect().await?.to_bytes(), expected);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A [`Jar`] belongs to one user of a service. A jar in a `static`, or one client for all users,
//! sends the cookies of one user with the requests of another. Where a program acts for many, each
//! has a jar, or a [`Partition`](crate::store::Partition) of one.
//!
//! # The rule
//!
//! RFC 6265bis, the successor of RFC 6265, as browsers follow it:
//!
//! | what | how |
//! |---|---|
//! | reading `Set-Cookie` | section 5.6, as lenient as it says; a control character, or name and value of more than 4,096 bytes, refuse the cookie; a longer attribute than 1,024 bytes is ignored |
//! | `Expires` | the algorithm of section 5.1.1; with `Max-Age`, that counts; 400 days at most |
//! | `Domain` | the host itself or one that it is under; never a public suffix; for an IP address the address alone |
//! | `Path` | by whole segments; without it, the folder of the request, of 1,024 bytes at most |
//! | `Secure` | sent over, and set over, verified https alone |
//! | a cookie that `http://` sets | never in the place of a `Secure` one of its name |
//! | `__Secure-`, `__Host-`, in any case | refused where the cookie does not keep the promise |
//! | `HttpOnly`, `SameSite` | shown, without an effect: there are no scripts and no pages here. Every request counts as one that its own site caused |
//! | order | the longest path first, then the oldest |
//! | bounds | 50 of a domain and 3,000 in all: [`JarLimits`] |
//!
//! # Verified connections
//!
//! A response sets cookies if it came over `http://` or shows by its
//! [receipt](crate::assurance::Assurance::of) that its server was verified. A connection under a
//! grant sets none, and neither does an `https://` client without receipts.
//!
//! The layer adds cookies before the connection is chosen. It expects that a server of an
//! `https://` URL will be verified; a program whose policy has grants says for which hosts it is
//! not, by [`CookiesLayer::with_expectation`]. A client that drives the [`Jar`] itself asks when it
//! knows.
//!
//! # With other middleware
//!
//! The layer acts on one request. Inside of [`redirect`](crate::redirect) it acts on each hop, and
//! belongs there; inside of [`hsts`](crate::hsts) it sees the URL that is requested in the end.
//!
//! A request with a `Cookie` header of the caller's is sent as it is, and the jar adds nothing (as
//! reqwest does). What its response sets is kept.
//!
//! # Between runs
//!
//! [`Jar::load`] and [`Jar::save`] take a [`Store`](crate::store::Store). No request waits for it.
//! Cookies of the session, those without `Expires` and `Max-Age`, are not stored.
//!
//! # Secrets
//!
//! The value of a cookie is shown by [`Cookie::value`] and by no `Debug` and no `Display`. The
//! `Cookie` header is marked as sensitive.

mod cookie;
mod date;
mod error;
mod future;
mod jar;
mod kept;
mod layer;
mod matching;
mod rule;
mod service;
mod set_cookie;
mod shelf;
mod source;
#[cfg(test)]
mod tests;

pub use self::cookie::{Cookie, SameSite};
pub use self::error::CookieError;
pub use self::future::ResponseFuture;
pub use self::jar::{Jar, JarLimits};
pub use self::layer::CookiesLayer;
pub use self::rule::MAX_AGE;
pub use self::service::Cookies;
