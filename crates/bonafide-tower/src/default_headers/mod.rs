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
//! A header is added where the request has none of its name. A value for the origin of the request
//! goes before one for all.
//!
//! What is secret is always for one `https` origin: a value that is
//! [sensitive](http::HeaderValue::set_sensitive), and `Authorization` and `Cookie`. What is a
//! connection's or a body's is refused; see [`DefaultHeaderError`].
//!
//! The layer looks at the origin of the request that it is given. Put it inside of a layer that
//! follows redirects: then it sees each hop, and a redirect to another origin carries nothing
//! bound.
//!
//! The layer does not fail: what the service fails with is the error of the inner service.

mod error;
mod layer;
mod rule;
mod service;
#[cfg(test)]
mod tests;

pub use self::error::DefaultHeaderError;
pub use self::layer::DefaultHeadersLayer;
pub use self::rule::DefaultHeaderValues;
pub use self::service::DefaultHeaders;
