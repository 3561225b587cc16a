//! What happens to a request: it is counted, recorded, answered, and the answer is
//! spoiled where the script says so.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::service::Service;

use super::body::TestBody;
use super::connection::{AcceptedConnection, Protocol};
use super::control::Control;
use super::ending::Ending;
use super::plan::Core;
use super::record::Trailers;
use super::served_body::{Closing, ServedBody};
use super::wire::Parting;

/// The service of one connection.
#[derive(Clone)]
pub(super) struct Answering(Arc<Exchange>);

struct Exchange {
    core: Arc<Core>,
    connection: AcceptedConnection,
    ending: Ending,
    protocol: Protocol,
    control: Arc<Control>,
}

impl Answering {
    pub(super) fn new(
        core: Arc<Core>,
        connection: AcceptedConnection,
        ending: Ending,
        protocol: Protocol,
        control: Arc<Control>,
    ) -> Self {
        Self(Arc::new(Exchange {
            core,
            connection,
            ending,
            protocol,
            control,
        }))
    }
}

impl Service<Request<Incoming>> for Answering {
    type Response = Response<ServedBody>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Response<ServedBody>>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let exchange = Arc::clone(&self.0);
        Box::pin(async move { exchange.run(request).await })
    }
}

impl Exchange {
    async fn run(&self, request: Request<Incoming>) -> io::Result<Response<ServedBody>> {
        let response = if self.core.answers_at_once() {
            self.drained(request).await?;
            self.core.count_request();
            Response::new(TestBody::from("ok"))
        } else {
            let request = self.collected(request).await?;
            self.answered(request).await?
        };
        let ending = response.extensions().get().copied().unwrap_or(self.ending);
        self.ended(response, ending).await
    }

    async fn drained(&self, request: Request<Incoming>) -> io::Result<()> {
        let mut body = request.into_body();
        while let Some(frame) = body.frame().await {
            frame.map_err(io::Error::other)?;
        }
        Ok(())
    }

    async fn collected(&self, request: Request<Incoming>) -> io::Result<Request<Bytes>> {
        let (mut parts, body) = request.into_parts();
        let body = if body.is_end_stream() {
            Bytes::new()
        } else {
            let collected = body.collect().await.map_err(io::Error::other)?;
            if let Some(trailers) = collected.trailers() {
                parts.extensions.insert(Trailers(trailers.clone()));
            }
            collected.to_bytes()
        };
        Ok(Request::from_parts(parts, body))
    }

    async fn answered(&self, mut request: Request<Bytes>) -> io::Result<Response<TestBody>> {
        self.core.record(&request, &self.connection);
        self.core.count_request();
        let Some(handler) = self.core.handler() else {
            return Ok(Response::new(TestBody::from("ok")));
        };
        request.extensions_mut().insert(self.connection.clone());
        self.core
            .failures()
            .guard("a handler of the test server", async {
                handler.answer(request).await
            })
            .await
            .ok_or_else(|| io::Error::other("the handler panicked"))
    }

    async fn ended(
        &self,
        response: Response<TestBody>,
        ending: Ending,
    ) -> io::Result<Response<ServedBody>> {
        let control = || Arc::clone(&self.control);
        let cut = |declared, sent, parting| ServedBody::Cut {
            declared,
            left: sent,
            control: control(),
            parting,
        };
        let (mut parts, body) = response.into_parts();
        let body = match ending {
            Ending::CloseNotify
            | Ending::StallInHandshake
            | Ending::CloseInHandshake
            | Ending::ResetInHandshake => {
                // HTTP/2 has a frame for it; hyper's HTTP/1.1 would drop what it has
                // not written yet.
                let cut_off = self.protocol == Protocol::Http1 && body.can_fail();
                ServedBody::Untouched(body, cut_off.then(control))
            }
            Ending::NoCloseNotify | Ending::CloseDelimited => {
                if ending == Ending::NoCloseNotify {
                    self.control.close_silently();
                }
                // An HTTP/1.0 response without a length ends with the connection.
                if self.protocol == Protocol::Http1 {
                    parts.version = Version::HTTP_10;
                }
                ServedBody::Delimiting {
                    body,
                    _then: Closing(control()),
                }
            }
            Ending::CloseAfterResponse => ServedBody::Last {
                body,
                _then: Closing(control()),
            },
            Ending::StallAfterHeaders => ServedBody::Stalled(body),
            Ending::ResetAfterHeaders => cut(body.size_hint().exact(), 0, Parting::Reset),
            Ending::TruncatedBody { declared, sent } => {
                parts.headers.remove(http::header::CONTENT_LENGTH);
                cut(Some(declared), sent, Parting::Shutdown)
            }
            Ending::StallBeforeHeaders => std::future::pending().await,
            Ending::CloseAfterRequest => self.parted(Parting::Shutdown).await,
            Ending::Reset => self.parted(Parting::Reset).await,
            Ending::Freeze => self.parted(Parting::Freeze).await,
        };
        Ok(Response::from_parts(parts, body))
    }

    async fn parted<T>(&self, parting: Parting) -> T {
        self.control.part(parting);
        std::future::pending().await
    }
}
