//! The caller's tower layers.

use std::error::Error as StdError;

use bytes::Bytes;
use http::Request;
use tower_layer::Layer;
use tower_service::Service;

use super::ClientBuilder;
use crate::body::Body;
use crate::stack::{Next, wrap};

impl ClientBuilder {
    /// Puts a tower layer around whole calls: it sees the request as the caller made it, and the
    /// response after all redirects. The first layer that is added is the outermost. The time limit
    /// of the whole request ([`timeout`](Self::timeout)) holds for the layers too; the headers that
    /// every request has are added below them.
    ///
    /// The layer gets an `http::Request<`[`Body`](crate::Body)`>`, whose extensions it should pass
    /// on, and returns an `http::Response` with any body; the response has
    /// `Arc<`[`Receipt`](crate::Receipt)`>` in its extensions. Where it sends a request several
    /// times, or does not pass on the extensions, the [delivery](crate::Error::delivery) of an
    /// error is that of the sending that got furthest,
    /// [`MaybeProcessed`](crate::Delivery::MaybeProcessed) where that is not known. An
    /// [`Error`](crate::Error) that it passes on reaches the caller as it was; any other error is
    /// one of [`Kind::Layer`](crate::Kind::Layer) with that error as its source. The client checks
    /// a request that a layer has changed as it checks one that a caller has written.
    ///
    /// A new request that a layer makes is sent with the client's own credentials, like any request
    /// of the client. If a layer changes the URL of the request that it got to another origin, the
    /// request is sent without them. A layer that starts tasks when it is applied, as tower's
    /// `BufferLayer` does, needs a runtime in [`build`](Self::build).
    ///
    /// ```
    /// use bonafide::Client;
    /// use tower::limit::ConcurrencyLimitLayer;
    ///
    /// // At most eight calls at once.
    /// let client = Client::builder().layer(ConcurrencyLimitLayer::new(8)).build()?;
    /// # Ok::<(), bonafide::Error>(())
    /// ```
    #[doc(alias = "connector_layer")]
    pub fn layer<L, B>(mut self, layer: L) -> Self
    where
        L: Layer<Next> + Send + 'static,
        L::Service:
            Service<Request<Body>, Response = http::Response<B>> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request<Body>>>::Error: Into<Box<dyn StdError + Send + Sync>>,
        <L::Service as Service<Request<Body>>>::Future: Send + 'static,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        self.layers.of_calls.push(wrap(layer));
        self
    }

    /// Puts a tower layer around each hop: it sees the request to each origin on the way, redirects
    /// included, and the response of each, 3xx included. Where failed requests are sent again, it
    /// sees each attempt. Otherwise it is as [`layer`](Self::layer).
    ///
    /// A closure can be the layer, with `layer_fn` and `service_fn` of tower's feature `util`. This
    /// client begins one attempt a second at most:
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::time::Duration;
    ///
    /// use bonafide::{Client, Next};
    /// use tokio::sync::Mutex;
    /// use tokio::time::{Instant, sleep_until};
    /// use tower::ServiceExt as _;
    ///
    /// let next_slot = Arc::new(Mutex::new(None));
    /// let paced = tower::layer::layer_fn(move |next: Next| {
    ///     let next_slot = next_slot.clone();
    ///     tower::service_fn(move |request| {
    ///         let (next_slot, next) = (next_slot.clone(), next.clone());
    ///         async move {
    ///             let mut slot = next_slot.lock().await;
    ///             sleep_until(slot.unwrap_or_else(Instant::now)).await;
    ///             *slot = Some(Instant::now() + Duration::from_secs(1));
    ///             drop(slot);
    ///             next.oneshot(request).await
    ///         }
    ///     })
    /// });
    /// let client = Client::builder().hop_layer(paced).build()?;
    /// # Ok::<(), bonafide::Error>(())
    /// ```
    ///
    /// The layer does not see the cookies and credentials that the client adds: they are written
    /// when the connection is known. These, and the client's own credentials, an `Authorization`
    /// among the [default headers](Self::default_headers) for instance, are left out of a request
    /// that the layer sends to another origin, and of one whose extensions the layer did not pass
    /// on. Where the layer sends a request to another origin, the layer decides which of the
    /// caller's headers it keeps.
    pub fn hop_layer<L, B>(mut self, layer: L) -> Self
    where
        L: Layer<Next> + Send + 'static,
        L::Service:
            Service<Request<Body>, Response = http::Response<B>> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request<Body>>>::Error: Into<Box<dyn StdError + Send + Sync>>,
        <L::Service as Service<Request<Body>>>::Future: Send + 'static,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        self.layers.of_hops.push(wrap(layer));
        self
    }
}
