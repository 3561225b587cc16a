//! What an error of hyper means for a request.

use std::io;
use std::sync::Arc;

use bonafide_verify::{HandshakeError, TlsError};

use crate::error::{Cause, Delivery, Failure, Kind, Phase, causes, h2_cause};

/// How far a request got that hyper accepted and failed with this error.
///
/// A peer that refuses a stream did nothing with it (RFC 9113 section 8.7). A peer that sends
/// GOAWAY did nothing with the streams above the last one that it names (section 6.8), whatever the
/// code is; h2 fails those with it, and the ones that were not opened yet, and no others.
pub(super) fn delivery(error: &hyper::Error) -> Delivery {
    let unprocessed = h2_cause(error).is_some_and(|error| {
        error.is_remote()
            && (error.is_go_away() || error.reason() == Some(h2::Reason::REFUSED_STREAM))
    });
    if unprocessed {
        Delivery::RefusedUnprocessed
    } else {
        Delivery::MaybeProcessed
    }
}

/// Whether the connection ended before the response began.
pub(super) fn is_connection_gone(error: &hyper::Error) -> bool {
    if error.is_incomplete_message()
        || error.is_closed()
        || error.is_canceled()
        || is_task_gone(error)
    {
        return true;
    }
    match h2_cause(error) {
        // An error that h2 itself detects is not a network error.
        Some(error) => error.is_io() || (error.is_go_away() && error.is_remote()),
        None => causes(error).any(|cause| cause.is::<io::Error>()),
    }
}

/// The failure of a request whose connection the server ended with a TLS alert. A TLS 1.3 server
/// that requires a client certificate sends this alert after the client has finished its handshake.
#[cold]
pub(super) fn by_alert(alert: &HandshakeError) -> Failure {
    Failure {
        cause: Cause::Tls(Arc::new(TlsError::Handshake(alert.clone()))),
        ..Failure::new(Kind::Tls, "the TLS connection failed").during(Phase::Tls)
    }
}

/// The failure of a request that got no response.
#[cold]
pub(super) fn failure(error: Option<hyper::Error>) -> Failure {
    let Some(error) = error else {
        let what = "the connection closed before the request was sent";
        return Failure::new(Kind::Closed, what).during(Phase::Send);
    };
    let (kind, what) = if error.is_timeout() {
        (Kind::Timeout, "the server does not answer HTTP/2 pings")
    } else if is_task_gone(&error) {
        (
            Kind::Canceled,
            "the runtime that drives the connection was shut down",
        )
    } else if is_connection_gone(&error) {
        (Kind::Closed, "the connection closed before a response came")
    } else if h2_cause(&error).is_some_and(|error| error.is_remote() && error.is_reset()) {
        (Kind::Protocol, "the server reset the stream")
    } else if h2_cause(&error).is_some_and(h2::Error::is_library) {
        (Kind::Protocol, "the server broke the rules of HTTP/2")
    } else {
        (Kind::Protocol, "the response breaks the rules of HTTP")
    };
    Failure::new(kind, what)
        .during(Phase::Headers)
        .caused_by(error)
}

/// Whether the connection's task ended while it held the request, as when its runtime is shut down.
/// hyper's other user error is a failed request body, which the caller checks first.
fn is_task_gone(error: &hyper::Error) -> bool {
    error.is_user()
}
