//! Middleware that refuses requests whose URI is not `https://`, before the inner service sees
//! them.
//!
//! Only a URI with the scheme `https` is accepted; a path alone is refused too, since its scheme is
//! unknown. Put this layer inside all layers that rewrite URIs (redirects, base URLs, load
//! balancers), so that it sees what is sent.
//!
//! # Example
//!
//! ```
//! use bonafide_tower::BoxError;
//! use bonafide_tower::require_https::{NotHttps, RequireHttpsLayer};
//! use http::{Request, Response};
//! use tower::{Service, ServiceBuilder, ServiceExt};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! // Any client that takes an `http::Request` stands where this function does.
//! let client = tower::service_fn(async |_: Request<()>| Ok::<_, BoxError>(Response::new("hello")));
//! let mut client = ServiceBuilder::new()
//!     .layer(RequireHttpsLayer::new())
//!     .service(client);
//!
//! let request = Request::get("https://example.com/").body(())?;
//! assert_eq!(client.ready().await?.call(request).await?.into_body(), "hello");
//!
//! let request = Request::get("http://example.com/").body(())?;
//! let error = client.ready().await?.call(request).await.unwrap_err();
//! assert_eq!(
//!     error.downcast_ref(),
//!     Some(&NotHttps::PlainHttp { host: "example.com".to_owned() }),
//! );
//! assert_eq!(error.to_string(), "BF-PLAIN-HTTP: the request to example.com uses plain http");
//! # Ok(())
//! # }
//! ```

mod error;
mod future;
mod layer;
mod service;
#[cfg(test)]
mod tests;

pub use self::error::NotHttps;
pub use self::future::ResponseFuture;
pub use self::layer::RequireHttpsLayer;
pub use self::service::RequireHttps;
