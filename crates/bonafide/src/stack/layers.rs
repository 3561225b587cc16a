//! The caller's tower layers, erased: one box for each.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bonafide_tower::BoxError;
use http::{Request, Response};
use sync_wrapper::SyncWrapper;
use tower::ServiceExt as _;
use tower::util::BoxCloneSyncService;
use tower_layer::Layer;
use tower_service::Service;

use super::{CallStage, HopStage, noted};
use crate::body::Body;
use crate::error::{Delivery, Error, Failure, Kind};
use crate::exchange::Carried;

/// Layers around what is below them.
pub(super) type Layered = BoxCloneSyncService<Request<Body>, Response<Body>, Error>;

/// A layer of the caller, before the service below it is known. A layer need not be `Sync`, and a
/// builder that holds it is.
pub(crate) type Wrap = SyncWrapper<Box<dyn FnOnce(Next) -> Next + Send>>;

/// The rest of a client, below a layer of the caller; see
/// [`ClientBuilder::layer`](crate::ClientBuilder::layer).
pub struct Next {
    below: Below,
}

enum Below {
    /// Redirects and all that is below.
    Calls(Arc<CallStage>),
    /// One hop.
    Hops(Arc<HopStage>),
    Layered {
        layers: Layered,
        /// Whether `layers` are ready, and keep what that takes.
        ready: bool,
    },
}

impl Next {
    pub(super) fn calls(calls: Arc<CallStage>) -> Self {
        Self {
            below: Below::Calls(calls),
        }
    }

    pub(super) fn hops(hops: Arc<HopStage>) -> Self {
        Self {
            below: Below::Hops(hops),
        }
    }

    /// The layers, if there are any around the client's own.
    pub(super) fn into_layered(self) -> Option<Layered> {
        match self.below {
            Below::Layered { layers, .. } => Some(layers),
            Below::Calls(_) | Below::Hops(_) => None,
        }
    }
}

impl Below {
    fn layered(layers: Layered) -> Self {
        Self::Layered {
            layers,
            ready: false,
        }
    }
}

/// A clone has its own readiness, so it has to be polled again.
impl Clone for Next {
    fn clone(&self) -> Self {
        Self {
            below: match &self.below {
                Below::Calls(calls) => Below::Calls(Arc::clone(calls)),
                Below::Hops(hops) => Below::Hops(Arc::clone(hops)),
                Below::Layered { layers, .. } => Below::layered(layers.clone()),
            },
        }
    }
}

/// Wraps `layer`, to be applied when the service below it exists.
pub(crate) fn wrap<L, B>(layer: L) -> Wrap
where
    L: Layer<Next> + Send + 'static,
    L::Service: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
    <L::Service as Service<Request<Body>>>::Error: Into<BoxError>,
    <L::Service as Service<Request<Body>>>::Future: Send + 'static,
    B: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    SyncWrapper::new(Box::new(move |next| {
        let service = layer
            .layer(next)
            .map_response(|response: Response<B>| response.map(adopt))
            .map_err(|error| by_layer(error.into()));
        Next {
            below: Below::layered(BoxCloneSyncService::new(service)),
        }
    }))
}

/// The error of a layer; an error of the client itself is returned unchanged.
fn by_layer(error: BoxError) -> Error {
    match error.downcast::<Error>() {
        Ok(own) => *own,
        Err(error) => Failure::new(Kind::Layer, "a layer of the client failed")
            .caused_by_boxed(error)
            .into(),
    }
}

/// The body of a layer's response; a body of the client itself is returned unchanged.
fn adopt<B>(body: B) -> Body
where
    B: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let mut body = Some(body);
    if let Some(own) = (&mut body as &mut dyn Any).downcast_mut::<Option<Body>>() {
        return own.take().unwrap_or_default();
    }
    let broken = |error| by_layer(error).delivered(Delivery::Answered);
    body.map_or_else(Body::empty, |body| Body::of_layer(body, broken))
}

/// The response to a request that went through a client or the rest of one as a tower service.
#[must_use = "futures do nothing unless polled"]
pub struct ResponseFuture {
    response: Pin<Box<dyn Future<Output = Result<Response<Body>, Error>> + Send>>,
}

impl ResponseFuture {
    pub(crate) fn new(
        response: impl Future<Output = Result<Response<Body>, Error>> + Send + 'static,
    ) -> Self {
        Self {
            response: Box::pin(response),
        }
    }
}

impl Future for ResponseFuture {
    type Output = Result<Response<Body>, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.response.as_mut().poll(cx)
    }
}

impl fmt::Debug for ResponseFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseFuture")
    }
}

/// Ready when the layers below are ready, and always if there are none. A call without an earlier
/// `poll_ready` waits for readiness itself.
impl Service<Request<Body>> for Next {
    type Response = Response<Body>;
    type Error = Error;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        if let Below::Layered { layers, ready } = &mut self.below
            && !*ready
        {
            ready!(layers.poll_ready(cx))?;
            *ready = true;
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> ResponseFuture {
        match &mut self.below {
            Below::Calls(calls) => {
                let calls = Arc::clone(calls);
                ResponseFuture::new(noted(request, async move |request| {
                    calls.serve(request).await
                }))
            }
            Below::Hops(hops) => {
                let hops = Arc::clone(hops);
                ResponseFuture::new(noted(request, async move |request| {
                    hops.serve(request).await
                }))
            }
            Below::Layered { layers, ready } => {
                // The layer above may send an unsent request again, so it needs the delivery.
                let carried = request.extensions().get::<Carried>();
                let reached = carried.map(|carried| carried.reached.clone());
                let blame = move |error| reached.unwrap_or_default().blame(error);
                if mem::take(ready) {
                    let sending = layers.call(request);
                    ResponseFuture::new(async move { sending.await.map_err(blame) })
                } else {
                    let sending = layers.clone().oneshot(request);
                    ResponseFuture::new(async move { sending.await.map_err(blame) })
                }
            }
        }
    }
}

impl fmt::Debug for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let below = match &self.below {
            Below::Calls(_) => "redirects",
            Below::Hops(_) => "exchange",
            Below::Layered { .. } => "layers",
        };
        f.debug_tuple("Next").field(&below).finish()
    }
}
