//! Middleware that follows redirects, and the rule by which it does.
//!
//! | status | method | then |
//! |---|---|---|
//! | 301, 302 | `POST` | `GET` without body |
//! | 301, 302 | any other | the same method and body |
//! | 303 | `GET`, `HEAD` | the same method and body |
//! | 303 | any other | `GET` without body |
//! | 307, 308 | any | the same method and body |
//!
//! This is RFC 9110 section 15.4, and what browsers do by the Fetch standard ("HTTP-redirect
//! fetch"). Any other 3xx is the response.
//!
//! # The response is the redirect itself
//!
//! - where [none are followed](Redirects::none), or not [that far](Redirects::with_scope);
//! - where the caller's [policy](Redirects::with_policy) stops;
//! - without a `Location`, or with an empty one;
//! - where a body would have to be sent once more, and [cannot be](RepeatBody): one that was
//!   streamed;
//! - where the URI of the request is not an `https` or `http` URL, so that a `Location` cannot be
//!   resolved.
//!
//! # A redirect is an error
//!
//! - from `https://` to `http://`: this cannot be allowed. A host of an [HSTS
//!   table](Redirects::with_upgrade) is requested over https instead;
//! - beyond the [limit](Redirects::up_to), 10 by default;
//! - with several `Location` fields that differ, or one that is not a usable `https` or `http` URL.
//!
//! See [`RedirectError`].
//!
//! # What is sent where
//!
//! A `Location` is resolved by the URL standard: `///host` leads to `host`, and octets that are not
//! UTF-8 are percent-encoded. A user name and a password in it are left out.
//!
//! When the origin (scheme, host and port) changes, [`PRIVATE_HEADERS`] (`Authorization`, `Cookie`
//! and the usual names of API keys), [those that the caller adds](Redirects::with_private_header),
//! values that are marked as [sensitive](http::HeaderValue::set_sensitive), and `Host` are left out
//! from there on: they do not come back with a redirect to the first origin. With the body,
//! `Content-Encoding`, `Content-Language`, `Content-Length`, `Content-Location`, `Content-Type` and
//! `Transfer-Encoding` are left out. All other headers, the HTTP version and the extensions are
//! those of the first request. No `Referer` is added.
//!
//! The layer sees the headers of the request that it receives. Headers that an inner service adds
//! are added to every request, so put a layer that adds credentials outside this one, or let it
//! check the origin. Put a layer that refuses requests or responses, such as `RequireHttps` or
//! `RequireVerified`, inside this one: inside it checks every hop, outside only the first request
//! or the last response.
//!
//! # Hops and bodies
//!
//! If redirects were followed, the response has [`Hops`] in its extensions. The body of a redirect
//! that is followed is dropped unread, before the next request is sent. The client decides whether
//! to keep its connection: over HTTP/1.1, `bonafide::Client` reads up to 64 KiB and keeps the
//! connection, and hyper-util's client closes it unless the rest of the body has arrived.
//!
//! The inner service is cloned for each call, and the request's head is copied unless [none are
//! followed](Redirects::none).
//!
//! # Over hyper-util's client
//!
#![cfg_attr(feature = "connector", doc = "```")]
#![cfg_attr(not(feature = "connector"), doc = "```ignore")]
//! use bonafide_testkit::{Recipe, TestCa, TestServer};
//! use bonafide_tower::BoxError;
//! use bonafide_tower::connector::VerifiedConnector;
//! use bonafide_tower::redirect::{Hops, RedirectError, RedirectLayer, Redirects};
//! use bonafide_verify::{Anchors, Policy};
//! use bytes::Bytes;
//! use http::{HeaderValue, Request, Response, StatusCode};
//! use http_body_util::Empty;
//! use hyper_util::client::legacy::Client;
//! use hyper_util::rt::TokioExecutor;
//! use tower::{ServiceBuilder, ServiceExt};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! let ca = TestCa::new();
//! let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
//!     .handler(|request| async move {
//!         let mut response = Response::new("hello");
//!         let location = match request.uri().path() {
//!             "/old" => HeaderValue::from_static("/new"),
//!             "/insecure" => HeaderValue::from_static("http://localhost/"),
//!             _ => return response,
//!         };
//!         *response.status_mut() = StatusCode::FOUND;
//!         response.headers_mut().insert("location", location);
//!         response
//!     })
//!     .start()
//!     .await;
//!
//! let policy = Policy::builder().anchors(Anchors::only(ca.certificate().clone())).build()?;
//! let client = ServiceBuilder::new()
//!     .layer(RedirectLayer::new().with_redirects(Redirects::up_to(3)))
//!     .service(Client::builder(TokioExecutor::new()).build(VerifiedConnector::new(policy)));
//! let get = |path: &str| Request::get(server.url(path)).body(Empty::<Bytes>::new());
//!
//! let response = client.clone().oneshot(get("/old")?).await?;
//! assert_eq!(response.status(), StatusCode::OK);
//! let hops = response.extensions().get::<Hops>().ok_or("no redirect")?;
//! assert_eq!(hops.as_slice()[0].url.path(), "/old");
//!
//! let error = client.oneshot(get("/insecure")?).await.unwrap_err();
//! assert!(matches!(error.downcast_ref(), Some(RedirectError::Insecure { .. })));
//! # Ok(())
//! # }
//! ```
//!
//! # Without the layer
//!
//! A client that follows redirects itself can use the rule without the layer: [`Redirects::judge`],
//! [`Redirects::prepare`] and [`strip_credentials`].

mod chain;
mod error;
mod future;
mod hop;
mod layer;
mod location;
mod policy;
mod private;
mod rule;
mod service;
#[cfg(test)]
mod tests;
mod upgrade;

pub use self::error::RedirectError;
pub use self::future::ResponseFuture;
pub use self::hop::{Hop, Hops};
pub use self::layer::RedirectLayer;
pub use self::policy::{Choice, Proposal, Scope};
pub use self::private::{PRIVATE_HEADERS, strip_credentials};
pub use self::rule::{Follow, Redirects, Seen, Step, Target};
pub use self::service::Redirect;
pub use crate::repeat_body::RepeatBody;
