//! What went wrong, and where on the way it did.

use std::fmt;

/// What went wrong.
///
/// Ask [`Error::kind`](crate::Error::kind). The list may grow, so a `match` needs a last arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The URL cannot be used: it does not parse, has no host, names port 0, or is neither `https` nor `http`.
    Url,
    /// The request cannot be built or is not one to send: a header value, a form or a JSON body that cannot be
    /// written down, a `Content-Length` that is not the body's, a second `Host`.
    Request,
    /// The client's configuration cannot work, for instance because no trust anchor was found.
    Config,
    /// The URL says `http://` and the client is not built to
    /// [allow it](crate::ClientBuilder::allow_plain_http).
    PlainHttpRefused,
    /// The server was not believed, or the policy refuses this host.
    /// [`Error::refusal`](crate::Error::refusal) says why.
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
    /// The status is an error, and [`error_for_status`](crate::Response::error_for_status) was asked.
    Status,
    /// The request's or the response's body ended early or could not be read, or the request's is not as long as
    /// was declared.
    Body,
    /// The response's body is larger than the client's limit or the one that was asked for. The text names the
    /// setting.
    TooLarge,
    /// The response's body is not what it was to be decoded to.
    Decode,
    /// A layer that the caller has put around the client failed; the error's source is the layer's.
    Layer,
    /// The request was polled outside a tokio runtime, so that nothing could be sent.
    NoRuntime,
    /// The runtime that carried the request was shut down, or the task that connected panicked, as it does
    /// when a check of the policy does. The latter is not retryable.
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
