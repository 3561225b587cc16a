//! Middleware that sends credentials only to the origin or zone that they are bound to.
//!
#![cfg_attr(feature = "connector", doc = "```")]
#![cfg_attr(not(feature = "connector"), doc = "```ignore")]
//! use bonafide_testkit::{Recipe, TestCa, TestServer};
//! use bonafide_tower::BoxError;
//! use bonafide_tower::auth::{AuthLayer, Bearer, Credential};
//! use bonafide_tower::connector::VerifiedConnector;
//! use bonafide_verify::{Anchors, Policy};
//! use bytes::Bytes;
//! use http::{Request, Response};
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
//!         let value = request.headers().get("authorization").cloned();
//!         Response::new(value.map_or(String::new(), |value| value.to_str().unwrap().to_owned()))
//!     })
//!     .start()
//!     .await;
//!
//! let credential = Credential::for_origin(&server.url(""), Bearer::new("mF_9.B5f-4.1JqM")?)?;
//! let policy = Policy::builder().anchors(Anchors::only(ca.certificate().clone())).build()?;
//! let client = ServiceBuilder::new()
//!     .layer(AuthLayer::new(credential))
//!     .service(Client::builder(TokioExecutor::new()).build(VerifiedConnector::new(policy)));
//!
//! let request = Request::get(server.url("/")).body(Empty::<Bytes>::new())?;
//! let body = client.oneshot(request).await?.into_body().collect().await?.to_bytes();
//! assert_eq!(body, "Bearer mF_9.B5f-4.1JqM");
//! # Ok(())
//! # }
//! ```
//!
//! # What is sent where
//!
//! A [`Credential`] is bound to one `https` origin, or to the hosts of a zone; it cannot be bound
//! to `http`. The layer does not change a request to any other origin. It does not change a request
//! in which the caller has set `Authorization` either, and returns its response with any status.
//!
//! | credential | is sent | after a 401 |
//! |---|---|---|
//! | [`Basic`] (RFC 7617) | with each request | the caller gets the 401 |
//! | [`Bearer`] (RFC 6750) | with each request | the caller gets the 401 |
//! | [`RefreshingToken`] | with each request | the token is fetched again, once for all waiting requests, and each request is sent once more |
//! | [`Digest`] (RFC 7616) | after the first challenge | the layer answers the challenge, at most twice per request; never with `Basic` |
//! | [`Authenticator`] | when it returns a value | it is called, at most twice per request |
//!
//! The layer compares the origin of each request that it gets. Put it inside of a layer that
//! follows redirects: then it sees each hop, and a redirect to another origin is sent without the
//! credential. A redirect back to the first origin is sent with it again.
//!
//! A request is sent again only if its body [can be repeated](crate::redirect::RepeatBody);
//! otherwise the caller gets the 401, and the next request uses the new nonce or token. Before a
//! request is sent again, the layer reads up to 64 KiB of the body of the 401, for at most one
//! second, so that its connection can be used again. The inner service is cloned for each request
//! that has a credential.
//!
//! A tokio runtime must have its timer enabled.
//!
//! # What the layer cannot know
//!
//! The layer knows the origin of a request, and not its connection. Only the client can verify the
//! server: use a client that refuses unverified servers, such as hyper-util's client over
//! [`connector`](crate::connector). For a [zone](Credential::for_zone) the layer compares only the
//! host, and [`pinned`](Credential::pinned) has no effect beyond `https`.
//!
//! A client that knows the zone and the pins of a connection can use the rule without the layer,
//! and write the credential when it has the connection: [`Credential::rounds_for`] and
//! [`Credential::check_peer`].
//!
//! # Secrets
//!
//! No `Debug` and no error shows a secret; headers that hold one are
//! [sensitive](http::HeaderValue::set_sensitive). A [`Secret`] overwrites its memory when it is
//! dropped.

mod attempts;
mod authenticator;
mod binding;
mod challenge;
mod credential;
mod digest;
mod drain;
mod error;
mod future;
mod layer;
mod peer;
mod prepared;
mod rule;
mod scheme;
mod secret;
mod service;
#[cfg(test)]
mod tests;
mod token;
mod zone_pattern;

pub use self::authenticator::{Answering, Authenticator, Challenged};
pub use self::binding::Binding;
pub use self::challenge::{Challenge, MAX_CHALLENGE_BYTES, MAX_CHALLENGES};
pub use self::credential::{Credential, Keyring};
pub use self::digest::Digest;
pub use self::error::{AuthError, CredentialError, UnsupportedDigest};
pub use self::future::ResponseFuture;
pub use self::layer::AuthLayer;
pub use self::peer::Peer;
pub use self::prepared::{Prepared, Preparing, Presented};
pub use self::rule::{MAX_ROUNDS, Rounds, Seen, Step};
pub use self::scheme::{AuthScheme, Basic, Bearer};
pub use self::secret::Secret;
pub use self::service::Auth;
pub use self::token::{FetchToken, RefreshingToken, Token, TokenError, TokenSource};
pub use self::zone_pattern::ZonePattern;
