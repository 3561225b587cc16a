//! Middleware that adds headers that a request does not have, for all origins or for one.
//!
//! ```
//! use bonafide_tower::BoxError;
//! use bonafide_tower::default_headers::{DefaultHeaderValues, DefaultHeadersLayer};
//! use http::{HeaderName, HeaderValue, Request, Response};
//! use tower::{ServiceBuilder, ServiceExt};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! const KEY: HeaderName = HeaderName::from_static("x-api-key");
//! let values = DefaultHeaderValues::new()
//!     .everywhere(http::header::ACCEPT_LANGUAGE, HeaderValue::from_static("sw"))?
//!     .secret_at("https://api.example.com", KEY, "abc")?;
//!
//! let client = ServiceBuilder::new()
//!     .layer(DefaultHeadersLayer::new(values))
//!     .service_fn(async |request: Request<()>| {
//!         Ok::<_, BoxError>(Response::new(request.headers().clone()))
//!     });
//! let send = |url: &str| client.clone().oneshot(Request::get(url).body(()).unwrap());
//!
//! let sent = send("https://api.example.com/v1").await?.into_body();
//! assert_eq!((&sent["accept-language"], &sent[KEY]), (&"sw".parse()?, &"abc".parse()?));
//! let sent = send("https://www.example.com/").await?.into_body();
//! assert_eq!(sent.keys().collect::<Vec<_>>(), ["accept-language"]);
//! # Ok(())
//! # }
//! ```
//!
//! A header is added if the request has no header of this name. A value for the origin of the
//! request takes precedence over a value for all requests.
//!
//! Secret headers must be bound to one `https` origin. Secret are `Authorization`, `Cookie` and
//! each value that is [sensitive](http::HeaderValue::set_sensitive). Headers that describe a
//! connection or a body are refused: see [`DefaultHeaderError`].
//!
//! The layer compares the origin of each request that it gets. Put it inside of a layer that
//! follows redirects: then it sees each hop, and a redirect to another origin is sent without the
//! headers of the first one.
//!
//! A client that knows its connections asks [`DefaultHeaderValues::at_origin`] where the server was
//! verified, and [`DefaultHeaderValues::public_at`] elsewhere.
//!
//! The layer has no errors of its own: the service returns the errors of the inner service.

mod error;
mod layer;
mod rule;
mod service;
#[cfg(test)]
mod tests;

pub use self::error::DefaultHeaderError;
pub use self::layer::DefaultHeadersLayer;
pub use self::rule::{DefaultHeaderValues, NOT_FOR_EVERY_REQUEST};
pub use self::service::DefaultHeaders;
