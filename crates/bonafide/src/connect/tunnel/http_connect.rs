//! `CONNECT` (RFC 9110 section 9.3.6), over hyper's HTTP/1.1.

use std::error::Error as StdError;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http::header::{HOST, PROXY_AUTHORIZATION, USER_AGENT};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Method, Request, Response, Uri};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::ext::ReasonPhrase;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use super::first_bytes::FirstBytes;
use super::{Ask, Budget, answer_within, untouched};
use crate::error::{Failure, Kind, Phase, ProxyError, ProxyRefusal};
use crate::limits::{HttpLimits, MAX_REFUSAL_BYTES, REFUSAL_LIMIT};
use crate::origin::in_url;
use crate::proxy::Proxy;

/// hyper's default for the number of header fields.
const MAX_FIELDS: usize = 100;

/// What every answer to `CONNECT` begins with.
const HTTP: &[u8] = b"HTTP/1.";

type Exchange = http1::Connection<TokioIo<FirstBytes>, Empty<Bytes>>;

pub(super) async fn open(
    proxy: &Proxy,
    stream: TcpStream,
    ask: &Ask<'_>,
    budget: Option<Budget>,
) -> Result<TcpStream, Failure> {
    let request = request(proxy, ask)?;
    let mut builder = http1::Builder::new();
    builder.max_header_size(ask.limits.max_header_bytes as usize);
    if let Some(count) = ask.limits.max_headers {
        builder.max_headers(count);
    }
    let by_proxy = |error| Failure::by_proxy(proxy, error);
    let io = TokioIo::new(FirstBytes::new(stream));
    let (mut send, connection) = builder
        .handshake(io)
        .await
        .map_err(|error| by_proxy(fault(error, &[], ask.limits)))?;
    let mut driven = Driven::new(connection);
    let answer = async { Ok(driven.beside(send.send_request(request)).await) };
    let response = match answer_within(proxy, budget, answer).await? {
        Ok(response) => response,
        Err(error) => {
            let first = driven.connection.into_parts().io.into_inner().first;
            return Err(by_proxy(fault(error, &first, ask.limits)));
        }
    };
    if !response.status().is_success() {
        let refusal = refusal(&mut driven, response, budget).await;
        return Err(by_proxy(ProxyError::Refused(Box::new(refusal))));
    }
    // hyper treats a 204 as the end of an ordinary exchange and would wait for the next request.
    drop((send, response));
    let taking = async { Ok(driven.into_parts().await) };
    let parts = answer_within(proxy, budget, taking).await?;
    untouched(parts.io.into_inner().io, &parts.read_buf).map_err(by_proxy)
}

/// The request. The caller's fields replace the client's own.
fn request(proxy: &Proxy, ask: &Ask<'_>) -> Result<Request<Empty<Bytes>>, Failure> {
    let Ask {
        host,
        port,
        user_agent,
        limits: _,
    } = ask;
    let unusable = || {
        Failure::new(Kind::Url, format!("{host:?} is not a valid host name")).during(Phase::Proxy)
    };
    let text = format!("{}:{port}", in_url(host));
    let mut headers = HeaderMap::new();
    let value = HeaderValue::from_str(&text).map_err(|error| unusable().caused_by(error))?;
    headers.insert(HOST, value);
    if let Some(authorization) = proxy.authorization() {
        headers.insert(PROXY_AUTHORIZATION, authorization);
    }
    if let Some(user_agent) = user_agent {
        headers.insert(USER_AGENT, (*user_agent).clone());
    }
    headers.extend(proxy.headers().clone());
    let mut target = http::uri::Parts::default();
    target.authority =
        Some(Authority::try_from(text).map_err(|error| unusable().caused_by(error))?);
    let mut request = Request::new(Empty::new());
    *request.method_mut() = Method::CONNECT;
    *request.uri_mut() = Uri::from_parts(target).map_err(|error| unusable().caused_by(error))?;
    *request.headers_mut() = headers;
    Ok(request)
}

/// Reads the body of an answer that is not 2xx, as far as it goes. An error while reading does not
/// hide the refusal.
async fn refusal(
    driven: &mut Driven,
    response: Response<Incoming>,
    budget: Option<Budget>,
) -> ProxyRefusal {
    let (head, mut incoming) = response.into_parts();
    let mut body = BytesMut::new();
    let reading = driven.beside(async {
        loop {
            let frame = match incoming.frame().await {
                None => return true,
                Some(Err(_)) => return false,
                Some(Ok(frame)) => frame,
            };
            let data = frame.into_data().unwrap_or_default();
            let room = MAX_REFUSAL_BYTES.saturating_sub(body.len());
            body.extend_from_slice(data.get(..room).unwrap_or(&data));
            if data.len() > room {
                return false;
            }
        }
    });
    let end = Instant::now() + REFUSAL_LIMIT;
    let end = budget.map_or(end, |budget| end.min(budget.end));
    let is_whole = timeout_at(end, reading).await.unwrap_or(false);
    let phrase = head.extensions.get::<ReasonPhrase>();
    let canonical = head.status.canonical_reason().unwrap_or_default();
    ProxyRefusal::new(
        head.status,
        phrase.map_or(canonical.as_bytes(), ReasonPhrase::as_bytes),
        head.headers,
        body.freeze(),
        !is_whole,
    )
}

/// Why no answer could be read.
fn fault(error: hyper::Error, first: &[u8], limits: &HttpLimits) -> ProxyError {
    let common = first.len().min(HTTP.len());
    if first.get(..common) != HTTP.get(..common) {
        let first = first.to_vec();
        return ProxyError::NotHttp { first };
    }
    if error.is_parse() {
        return ProxyError::Header {
            max_bytes: limits.max_header_bytes,
            max_fields: limits.max_headers.unwrap_or(MAX_FIELDS),
            error: error.into(),
        };
    }
    let error = io_cause(&error).map(copied);
    if first.is_empty() {
        ProxyError::Closed { error }
    } else {
        ProxyError::CutOff { error }
    }
}

fn io_cause(error: &hyper::Error) -> Option<&io::Error> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref() {
            return Some(io);
        }
        cause = error.source();
    }
    None
}

/// The operating system's error, as an error of its own.
fn copied(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => error.kind().into(),
    }
}

/// hyper's connection, which runs while something else waits for it.
///
/// No task is spawned: when the attempt is dropped, so is the connection to the proxy.
struct Driven {
    connection: Exchange,
    is_over: bool,
}

impl Driven {
    fn new(connection: Exchange) -> Self {
        Self {
            connection,
            is_over: false,
        }
    }

    /// How it ended; the futures that wait for the answer or its body report it.
    fn run(&mut self, cx: &mut Context<'_>) {
        self.is_over = self.is_over || self.connection.poll_without_shutdown(cx).is_ready();
    }

    /// Runs the connection until `work` is done.
    async fn beside<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|cx| {
            self.run(cx);
            work.as_mut().poll(cx)
        })
        .await
    }

    /// Runs the connection until hyper is done with it, and takes the stream back.
    async fn into_parts(mut self) -> http1::Parts<TokioIo<FirstBytes>> {
        poll_fn(|cx| {
            self.run(cx);
            if self.is_over {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
        self.connection.into_parts()
    }
}
