//! What went wrong, and in which phase.

use std::fmt;

/// What went wrong.
///
/// Ask [`Error::kind`](crate::Error::kind). The list may grow, so a `match` needs a last arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The URL cannot be used: it does not parse, has no host, has port 0, or is neither `https`
    /// nor `http`.
    Url,
    /// The request cannot be built or must not be sent: a header value is not valid, a form or a
    /// JSON body cannot be serialized, the `Content-Length` differs from the body's, there is a
    /// second `Host`.
    Request,
    /// The client's configuration cannot be used, for instance because no trust anchor was found.
    Config,
    /// No credential could be made for the request, the connection lacks the proof that a
    /// credential requires (a verified server, its zone, a pin), or the server failed to prove
    /// itself in return. The source says which; a credential that was refused is not sent.
    Auth,
    /// The URL is `http://`, and the client was not built to [allow
    /// it](crate::ClientBuilder::allow_plain_http).
    PlainHttpRefused,
    /// The policy refused the server or the host. [`Error::refusal`](crate::Error::refusal) says
    /// why.
    Refused,
    /// The host name has no address, or its lookup failed.
    Resolve,
    /// No TCP connection could be made.
    Connect,
    /// The proxy opened no tunnel to the server.
    /// [`Error::proxy_error`](crate::Error::proxy_error) says why.
    Proxy,
    /// The TLS handshake failed for another reason than the server's certificate.
    Tls,
    /// A time limit passed; [`Error::phase`](crate::Error::phase) says in which phase.
    Timeout,
    /// The connection ended before a response arrived.
    Closed,
    /// The peer broke the rules of HTTP/1.1 or HTTP/2.
    Protocol,
    /// More redirects than the client follows.
    TooManyRedirects,
    /// A redirect led from `https://` to `http://`; that is never followed.
    InsecureRedirect,
    /// A redirect led to something that is not a usable URL; the text quotes its beginning.
    Redirect,
    /// The status is 4xx or 5xx, and the caller called
    /// [`error_for_status`](crate::Response::error_for_status), or it is not that of an event
    /// stream.
    Status,
    /// The request's or the response's body ended early or could not be read, or the request's body
    /// does not have its declared length.
    Body,
    /// The response's body, or a line or an event of an event stream, is larger than the limit of
    /// the client or of the method. The text names the setting.
    TooLarge,
    /// The response's body could not be decoded into the requested type, or is not an event stream.
    Decode,
    /// A file could not be written: it may not, its name is that of a folder, or there is no room.
    File,
    /// The content does not have the digest that the caller named.
    Integrity,
    /// A layer that the caller has put around the client failed; the error's source is the layer's.
    Layer,
    /// The request was polled outside a tokio runtime, so that nothing could be sent; or a blocking
    /// call was made in the destructor of a thread-local value, where there is none any more.
    NoRuntime,
    /// A call of the module `blocking` was made inside an async task, whose thread it would have
    /// stopped. Nothing was sent.
    InsideRuntime,
    /// The runtime that drove the request was shut down, or the task that connected panicked, for
    /// instance in a check of the policy. After a panic the request is not retryable.
    Canceled,
}

/// The part of the work during which a request failed, in the order of a request's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Phase {
    /// Looking up the host's addresses.
    Resolve,
    /// Making the TCP connection, to the server or to the proxy.
    Connect,
    /// Asking the proxy for a tunnel.
    Proxy,
    /// The TLS handshake, with the judgement of the server's certificate.
    Tls,
    /// Sending the request, up to the last byte of its body.
    Send,
    /// Waiting for the response's status and headers.
    Headers,
    /// Reading the response's body.
    Body,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Phase::Resolve => "resolve",
            Phase::Connect => "connect",
            Phase::Proxy => "proxy",
            Phase::Tls => "tls",
            Phase::Send => "send",
            Phase::Headers => "headers",
            Phase::Body => "body",
        })
    }
}
