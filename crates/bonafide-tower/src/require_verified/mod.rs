//! Middleware that refuses responses whose connection does not show that its server was verified.
//!
//! It looks for an `Arc<Receipt>` in the extensions of the response: `bonafide::Client` puts it
//! there, and so does hyper-util's client over a `VerifiedConnector` (feature `connector`). It
//! refuses a response without a receipt, or with a receipt under a grant. If a [pin is
//! required](RequireVerifiedLayer::pinned), it refuses a response whose server was verified without
//! a pin. It refuses a response whose server was accepted by its key alone, unless [that is
//! allowed](RequireVerifiedLayer::or_known_key). The body of a refused response is dropped unread.
//!
//! This layer verifies nothing itself: the client verifies in the handshake, before it sends the
//! request. The layer makes sure that this happened, for any client and any later configuration. A
//! request that was sent cannot be recalled, so pair this layer with
//! [`RequireHttps`](crate::require_https::RequireHttps), which refuses before anything is sent.
//!
//! The receipt is that of the connection that the response came over. Under a service that follows
//! redirects this is the last server's, so put the middleware innermost to look at every hop.
//!
//! # Example
//!
//! ```
//! use std::sync::Arc;
//!
//! use bonafide_testkit::{Recipe, TestCa};
//! use bonafide_tower::BoxError;
//! use bonafide_tower::require_verified::{NotVerified, RequireVerifiedLayer};
//! use bonafide_verify::pki_types::ServerName;
//! use bonafide_verify::{Anchors, Peer, Policy};
//! use http::{Request, Response};
//! use tower::{ServiceBuilder, ServiceExt};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! # let ca = TestCa::new();
//! # let server = ca.issue(Recipe::for_host("example.com"));
//! # let policy = Policy::builder().anchors(Anchors::only(ca.certificate().clone())).build()?;
//! # let receipt = policy.verify(&Peer::new(server.chain(), &ServerName::try_from("example.com")?))?;
//! // A client that attaches the receipt of its connection, and one that does not.
//! let careful = tower::service_fn(move |_: Request<()>| {
//!     let mut response = Response::new("hello");
//!     response.extensions_mut().insert(Arc::clone(&receipt));
//!     async { Ok::<_, BoxError>(response) }
//! });
//! let careless = tower::service_fn(async |_: Request<()>| Ok::<_, BoxError>(Response::new("hello")));
//!
//! let client = ServiceBuilder::new().layer(RequireVerifiedLayer::new()).service(careful);
//! assert_eq!(client.oneshot(Request::new(())).await?.into_body(), "hello");
//!
//! let client = ServiceBuilder::new().layer(RequireVerifiedLayer::new()).service(careless);
//! let error = client.oneshot(Request::new(())).await.unwrap_err();
//! assert!(matches!(error.downcast_ref(), Some(NotVerified::NoReceipt)));
//! # Ok(())
//! # }
//! ```

mod demand;
mod error;
mod future;
mod layer;
mod service;
#[cfg(test)]
mod tests;

pub use self::error::NotVerified;
pub use self::future::ResponseFuture;
pub use self::layer::RequireVerifiedLayer;
pub use self::service::RequireVerified;
