//! What happens to a request: it is counted, recorded, answered, and the answer is
//! spoiled where the script says so.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::{Request, Response, StatusCode, Version};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::service::Service;

use super::body::TestBody;
use super::connection::{AcceptedConnection, Protocol};
use super::control::Control;
use super::ending::Ending;
use super::http2::{self, ErrorCode};
use super::interim;
use super::plan::Core;
use super::record::Received;
use super::script::{Next, Scripted};
use super::served_body::{Closing, Fault, ServedBody};
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
    requests: AtomicU64,
}

/// An error of h2 among its causes has the code of the stream's reset.
type BoxError = Box<dyn std::error::Error + Send + Sync>;

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
            requests: AtomicU64::new(0),
        }))
    }
}

impl Service<Request<Incoming>> for Answering {
    type Response = Response<ServedBody>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<ServedBody>, BoxError>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let exchange = Arc::clone(&self.0);
        let sequence = exchange.requests.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move { exchange.run(request, sequence).await })
    }
}

impl Exchange {
    async fn run(
        &self,
        request: Request<Incoming>,
        sequence: u64,
    ) -> Result<Response<ServedBody>, BoxError> {
        let script = self.core.script().next();
        let ending = match &script {
            Next::Response(scripted) => scripted.chosen_ending(),
            Next::Unscripted | Next::Exhausted => None,
        };
        let stop = match ending.unwrap_or(self.ending) {
            Ending::ResetInRequest { received } => Some(received),
            _ => None,
        };
        let (request, received) = self.received(request, sequence, stop).await?;
        self.core.record(&request, received, &self.connection);
        if stop.is_some() {
            return self.parted(Parting::Reset).await;
        }
        let response = match script {
            Next::Response(scripted) => self.scripted(*scripted, sequence).await,
            Next::Unscripted => self.handled(request).await?,
            Next::Exhausted if self.core.handler().is_some() => self.handled(request).await?,
            Next::Exhausted => self.unexpected(&request, sequence),
        };
        let ending = response.extensions().get().copied().unwrap_or(self.ending);
        if ending.is_of_streams() && self.protocol != Protocol::Http2 {
            let message = format!("{ending:?} needs HTTP/2, and this connection is not");
            self.core.failures().note(message.clone());
            return Err(message.into());
        }
        self.ended(response, ending, sequence).await
    }

    /// The request with as much of its body as is of use, and no more read than until `stop`.
    async fn received(
        &self,
        request: Request<Incoming>,
        sequence: u64,
        stop: Option<u64>,
    ) -> Result<(Request<Bytes>, Received), BoxError> {
        let wanted = self.core.wanted_body_bytes();
        let (head, mut body) = request.into_parts();
        let mut received = Received {
            sequence,
            body_len: 0,
            trailers: None,
        };
        let mut kept = Kept::default();
        while stop.is_none_or(|stop| received.body_len < stop) {
            let Some(frame) = body.frame().await else {
                break;
            };
            match frame?.into_data() {
                Ok(data) => {
                    received.body_len += data.len() as u64;
                    kept.add(data, wanted);
                }
                Err(frame) => received.trailers = frame.into_trailers().ok(),
            }
        }
        Ok((Request::from_parts(head, kept.into_bytes()), received))
    }

    async fn scripted(&self, scripted: Scripted, sequence: u64) -> Response<TestBody> {
        for (status, headers) in scripted.interim_responses() {
            self.control.insert(match self.protocol {
                Protocol::Http1 => interim::http1(*status, headers),
                Protocol::Http2 => interim::http2(http2::stream(sequence), *status, headers),
            });
        }
        let delay = scripted.head_delay();
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        scripted.into_response()
    }

    async fn handled(&self, mut request: Request<Bytes>) -> io::Result<Response<TestBody>> {
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

    /// The response to a request that the script has none for. It fails the test.
    fn unexpected(&self, request: &Request<Bytes>, sequence: u64) -> Response<TestBody> {
        let message = format!(
            "the script of the test server has no response for {} {} (connection {}, request \
             {sequence})",
            request.method(),
            request.uri(),
            self.connection.number,
        );
        self.core.failures().note(message.clone());
        let mut response = Response::new(TestBody::from(message));
        *response.status_mut() = StatusCode::NOT_IMPLEMENTED;
        response
    }

    async fn ended(
        &self,
        response: Response<TestBody>,
        ending: Ending,
        sequence: u64,
    ) -> Result<Response<ServedBody>, BoxError> {
        let control = || Arc::clone(&self.control);
        let stream = http2::stream(sequence);
        let cut = |declared, sent, parting| ServedBody::Cut {
            declared,
            left: sent,
            control: control(),
            parting,
        };
        let faulty = |body: TestBody, sent, fault| ServedBody::Faulty {
            // Of an empty body hyper would not ask for the first byte.
            declared: body.size_hint().exact().filter(|length| *length > 0),
            body,
            left: sent,
            control: control(),
            fault,
        };
        let (mut parts, body) = response.into_parts();
        let body = match ending {
            Ending::CloseNotify
            | Ending::ResetInRequest { .. }
            | Ending::ResetOnAccept
            | Ending::StallInHandshake
            | Ending::AlertInHandshake(_)
            | Ending::CloseInHandshake
            | Ending::ResetInHandshake => self.untouched(body),
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
            Ending::CutBody { sent } => faulty(body, sent, Fault::Part(Parting::Shutdown)),
            Ending::ResetInBody { sent } => faulty(body, sent, Fault::Part(Parting::Reset)),
            Ending::ResetStreamInBody { sent, code } => {
                faulty(body, sent, Fault::ResetStream { stream, code })
            }
            Ending::ResetStream(code) => {
                return Err(h2::Error::from(h2::Reason::from(code.0)).into());
            }
            Ending::GoAway { last, code } => {
                let last = last.number(stream);
                self.control.insert(http2::go_away(last, code));
                if code != ErrorCode::NO_ERROR {
                    return self.parted(Parting::Shutdown).await;
                }
                if last < stream {
                    return std::future::pending().await;
                }
                self.untouched(body)
            }
            Ending::StallBeforeHeaders => std::future::pending().await,
            Ending::CloseAfterRequest => self.parted(Parting::Shutdown).await,
            Ending::Reset => self.parted(Parting::Reset).await,
            Ending::Freeze => self.parted(Parting::Freeze).await,
        };
        Ok(Response::from_parts(parts, body))
    }

    fn untouched(&self, body: TestBody) -> ServedBody {
        // HTTP/2 has a frame for a body that fails; hyper's HTTP/1.1 would drop what it has not
        // written yet.
        let cut_off = self.protocol == Protocol::Http1 && body.can_fail();
        ServedBody::Untouched(body, cut_off.then(|| Arc::clone(&self.control)))
    }

    async fn parted<T>(&self, parting: Parting) -> T {
        self.control.part(parting);
        std::future::pending().await
    }
}

/// The part of a request's body that is kept.
#[derive(Default)]
struct Kept {
    /// The whole body, where it has come in one piece.
    first: Bytes,
    all: Vec<u8>,
}

impl Kept {
    fn add(&mut self, mut data: Bytes, limit: usize) {
        data.truncate(limit.saturating_sub(self.first.len() + self.all.len()));
        if self.first.is_empty() && self.all.is_empty() {
            self.first = data;
        } else {
            self.all.extend_from_slice(&std::mem::take(&mut self.first));
            self.all.extend_from_slice(&data);
        }
    }

    fn into_bytes(self) -> Bytes {
        if self.all.is_empty() {
            self.first
        } else {
            self.all.into()
        }
    }
}
