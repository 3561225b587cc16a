//! Middleware that stores and sends cookies, and the rule that decides which.
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
//! sends the cookies of one user with the requests of another. A program that acts for many users
//! needs one jar for each, or one [`Partition`](crate::store::Partition) of a jar for each.
//!
//! # The rule
//!
//! The rules are those of RFC 6265bis, the successor of RFC 6265, which browsers follow:
//!
//! | what | how |
//! |---|---|
//! | reading `Set-Cookie` | section 5.6; a cookie with a control character, or with more than 4,096 bytes of name and value, is refused; an attribute of more than 1,024 bytes is ignored |
//! | `Expires` | the algorithm of section 5.1.1; `Max-Age` takes precedence; at most 400 days |
//! | `Domain` | the host itself or a parent domain; never a public suffix; for an IP address only the address |
//! | `Path` | compared by whole segments; default: the folder of the request's path, at most 1,024 bytes |
//! | `Secure` | sent and set only over verified https |
//! | a cookie that `http://` sets | never replaces a `Secure` cookie of the same name |
//! | `__Secure-`, `__Host-`, in any case | refused if the cookie does not meet the requirements of the prefix |
//! | `HttpOnly`, `SameSite` | can be read, without an effect: a client has no scripts and no pages, so every request counts as same-site |
//! | order | the longest path first; for equal lengths, the oldest first |
//! | bounds | 50 for each domain and 3,000 in all; 8,000 bytes of a `Cookie` field: [`JarLimits`] |
//!
//! # Verified connections
//!
//! A response can set cookies if it arrived over `http://`, or if its
//! [receipt](crate::assurance::Assurance::of) shows that its server was verified. Responses over a
//! connection under a grant cannot set cookies, nor can `https://` responses of a client without
//! receipts.
//!
//! The layer adds cookies before the client chooses a connection. It expects that the server of an
//! `https://` URL will be verified. If your policy has grants, name their hosts with
//! [`CookiesLayer::with_expectation`]. A client that uses the [`Jar`] without the layer can ask it
//! when the connection is known.
//!
//! # With other middleware
//!
//! The layer acts on single requests. Put it inside of [`redirect`](crate::redirect), where it acts
//! on each hop, and inside of [`hsts`](crate::hsts), where it sees the upgraded URL.
//!
//! If the caller has set a `Cookie` header, the layer adds nothing (like reqwest). It still stores
//! the cookies that the response sets.
//!
//! # Between runs
//!
//! [`Jar::load`] and [`Jar::save`] take a [`Store`](crate::store::Store). No request waits for the
//! store. Session cookies, which have neither `Expires` nor `Max-Age`, are not saved.
//!
//! # Secrets
//!
//! No `Debug` and no `Display` shows the value of a cookie; [`Cookie::value`] returns it. The
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
