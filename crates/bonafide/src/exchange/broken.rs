//! What an error of hyper means for a request.

use std::error::Error as StdError;
use std::io;
use std::sync::Arc;

use bonafide_verify::{HandshakeError, TlsError};
use http::Method;

use crate::error::{Cause, Failure, Kind, Phase};

/// Whether a second try of `method` has the effect of one (RFC 9110 section 9.2.2).
pub(super) fn is_idempotent(method: &Method) -> bool {
    matches!(
        *method,
        Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE | Method::PUT | Method::DELETE
    )
}

/// Whether the server says that it did nothing with the request (RFC 9113 section 8.7).
pub(super) fn is_unprocessed(error: &hyper::Error) -> bool {
    h2_cause(error).is_some_and(|error| {
        error.is_remote() && error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM)
    })
}

/// Whether the connection ended before the response began.
pub(super) fn is_connection_gone(error: &hyper::Error) -> bool {
    if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        return true;
    }
    match h2_cause(error) {
        Some(error) => error.is_io() || error.is_go_away(),
        None => causes(error).any(|cause| cause.is::<io::Error>()),
    }
}

/// The failure of a request whose connection the server ended with a TLS alert. A TLS 1.3 server that
/// misses a client certificate does so after the handshake is done for the client.
#[cold]
pub(super) fn by_alert(alert: &HandshakeError) -> Failure {
    Failure {
        cause: Cause::Tls(Arc::new(TlsError::Handshake(alert.clone()))),
        ..Failure::new(Kind::Tls, "the TLS connection failed").during(Phase::Tls)
    }
}

/// The failure of a request that got no response.
#[cold]
pub(super) fn failure(error: hyper::Error) -> Failure {
    let (kind, what) = if error.is_timeout() {
        (Kind::Timeout, "the connection does not answer pings")
    } else if is_connection_gone(&error) {
        (Kind::Closed, "the connection closed before a response came")
    } else if h2_cause(&error).is_some_and(|error| error.is_remote() && error.is_reset()) {
        (Kind::Protocol, "the server gave up the request")
    } else if error.is_user() {
        (Kind::Canceled, "the connection's task is gone")
    } else {
        (Kind::Protocol, "the response breaks the rules of HTTP")
    };
    Failure::new(kind, what)
        .during(Phase::Headers)
        .caused_by(error)
}

fn h2_cause(error: &hyper::Error) -> Option<&h2::Error> {
    causes(error).find_map(|cause| cause.downcast_ref::<h2::Error>())
}

fn causes<'a>(error: &'a hyper::Error) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(error.source(), |&cause| cause.source())
}
