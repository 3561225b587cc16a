//! Middleware that sends credentials to the origin that they are bound to, and nowhere else.
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
//! A [`Credential`] is bound to one `https` origin, or to the hosts of a zone; there is no switch
//! that binds it to `http`. A request to anything else is sent as it is. So is one that has an
//! `Authorization` of the caller's own, and its response is the caller's, whatever its status.
//!
//! | credential | is sent | after a 401 |
//! |---|---|---|
//! | [`Basic`] (RFC 7617) | with each request | the 401 is the response |
//! | [`Bearer`] (RFC 6750) | with each request | the 401 is the response |
//! | [`RefreshingToken`] | with each request | one request has the token fetched again, and each is sent once more |
//! | [`Digest`] (RFC 7616) | from the first challenge on | the challenge is answered, twice at most; never with `Basic` |
//! | [`Authenticator`] | as it says | it is asked, twice at most |
//!
//! The layer looks at the origin of the request that it is given. Put it inside of a layer that
//! follows redirects: then it sees each hop, and a redirect to another origin carries no credential.
//! A redirect that comes back to the first origin has it again.
//!
//! A request is sent again only if its body [can be repeated](crate::redirect::RepeatBody); else the
//! 401 is the response, and the next request has what was learned from it: the nonce, or another
//! token. Of a 401 that is not the response, up to 64 KiB of the body are read, for one second at
//! most, so that its connection can be used again. The inner service is cloned for each request that
//! has a credential.
//!
//! In a runtime of tokio, its timer has to be enabled.
//!
//! # What the layer cannot know
//!
//! Over any client, the layer knows the origin of a request and not its connection. Whether that is
//! verified is the client's part: let it be one that refuses what it cannot verify, such as
//! hyper-util's over [`connector`](crate::connector). A [zone](Credential::for_zone) is compared by
//! its hosts alone, and [`pinned`](Credential::pinned) demands no more than `https`.
//!
//! A client that knows the zone and the pins of a connection drives the rule without the layer, and
//! writes the credential when it has the connection: [`Credential::rounds_for`].
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
pub use self::prepared::{Prepared, Preparing, Presented};
pub use self::rule::{MAX_ROUNDS, Rounds, Seen, Step};
pub use self::scheme::{AuthScheme, Basic, Bearer};
pub use self::secret::Secret;
pub use self::service::Auth;
pub use self::token::{FetchToken, RefreshingToken, Token, TokenError, TokenSource};
pub use self::zone_pattern::ZonePattern;
