//! The outcome of an attempt, from a response or an error.

use std::error::Error as StdError;
use std::io;
use std::iter;

use bonafide_verify::{Code, ConfigError, HandshakeError, Refusal};
use http::{StatusCode, response};

use super::RetryError;
use crate::BoxError;
use crate::delivery::Delivery;

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The call ends with this response or error: another attempt would end in the same way, or
    /// must not be made. A refused server is such an error.
    Final,
    /// The attempt failed, and another one may succeed. Whether the request may be sent again
    /// depends on how far it got: see [`Retry`](super::Retry).
    Failed(Delivery),
    /// A 421: the server does not answer for this origin on this connection, and did not process
    /// the request (RFC 9110 section 15.5.20). The request is sent again, once, with any method,
    /// over a fresh connection.
    Misdirected,
    /// `HTTP_1_1_REQUIRED`: the server accepts this request only over HTTP/1.1, and did not process
    /// it (RFC 9113 section 7). The request is sent again, once, with any method, over HTTP/1.1.
    Http1Required,
}

/// Classifies an attempt by the head of its response or by its error.
///
/// [`Standard`] is the default. A closure is one too:
///
/// ```
/// use bonafide_tower::BoxError;
/// use bonafide_tower::delivery::Delivery;
/// use bonafide_tower::retry::{Outcome, RetryLayer, Standard};
/// use http::{StatusCode, response};
///
/// // 404 as well: this service answers it until its data has arrived.
/// let layer = RetryLayer::new().with_classifier(
///     |attempt: Result<&response::Parts, &BoxError>| match attempt {
///         Ok(head) if head.status == StatusCode::NOT_FOUND => Outcome::Failed(Delivery::Answered),
///         Ok(head) => Standard::of_status(head.status),
///         Err(error) => Standard::of_error(&**error),
///     },
/// );
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not classify errors of type `{E}`",
    note = "`Standard` classifies `BoxError`; with `with_error::<E>()`, set `with_classifier(…)` to \
            one for `E`, which may call `Standard::of_status` and `Standard::of_error`"
)]
pub trait Classify<E> {
    /// The outcome of an attempt with this response or this error. The error already has the error
    /// type of the service: see [`RetryLayer::with_error`](super::RetryLayer::with_error).
    fn classify(&self, attempt: Result<&response::Parts, &E>) -> Outcome;
}

impl<F, E> Classify<E> for F
where
    F: Fn(Result<&response::Parts, &E>) -> Outcome,
{
    fn classify(&self, attempt: Result<&response::Parts, &E>) -> Outcome {
        self(attempt)
    }
}

/// The default classifier: 408, 429, 500, 502, 503 and 504 failed, 421 was misdirected, and an
/// error failed unless it is a decision of this side or of TLS.
///
/// See [`of_status`](Self::of_status) and [`of_error`](Self::of_error).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Standard;

impl Standard {
    /// The outcome for a response with this status.
    ///
    /// - 408, 429, 500, 502, 503 and 504 are [`Failed`](Outcome::Failed), as
    ///   [`Answered`](Delivery::Answered): the server may have acted before it said so;
    /// - 421 is [`Misdirected`](Outcome::Misdirected);
    /// - any other is [`Final`](Outcome::Final). This includes 425, which answers TLS early data
    ///   (RFC 8470 section 5.2): only a client that sent early data must repeat the request.
    pub const fn of_status(status: StatusCode) -> Outcome {
        match status.as_u16() {
            408 | 429 | 500 | 502 | 503 | 504 => Outcome::Failed(Delivery::Answered),
            421 => Outcome::Misdirected,
            _ => Outcome::Final,
        }
    }

    /// The outcome for an error of any client, from the error and its sources.
    ///
    /// - [`Final`](Outcome::Final): a [`Refusal`], a policy that cannot be used, a TLS alert and
    ///   any other failure of TLS but a reset of the connection in the handshake, and the errors of
    ///   this crate's middleware. Errors of rustls are recognized in the errors of any client.
    /// - [`NotSent`](Delivery::NotSent): hyper-util's client made no connection.
    /// - [`RefusedUnprocessed`](Delivery::RefusedUnprocessed): the server refused the HTTP/2
    ///   stream, or closed the connection with a GOAWAY that leaves the stream out.
    /// - [`Http1Required`](Outcome::Http1Required): the server reset the stream, or closed the
    ///   connection, with `HTTP_1_1_REQUIRED`.
    /// - [`MaybeProcessed`](Delivery::MaybeProcessed): anything else.
    ///
    /// Errors of hyper and hyper-util are recognized with the feature `connector`.
    pub fn of_error(error: &(dyn StdError + 'static)) -> Outcome {
        if Refusal::find_in(error).is_some() {
            return Outcome::Final;
        }
        if let Some(known) = causes(error).find_map(by_cause) {
            return known;
        }
        // An error of rustls on an open connection, most often an alert of the server.
        if HandshakeError::find_in(error).is_some() {
            return Outcome::Final;
        }
        causes(error)
            .find_map(of_client)
            .unwrap_or(Outcome::Failed(Delivery::MaybeProcessed))
    }
}

impl Classify<BoxError> for Standard {
    fn classify(&self, attempt: Result<&response::Parts, &BoxError>) -> Outcome {
        match attempt {
            Ok(head) => Self::of_status(head.status),
            Err(error) => Self::of_error(&**error),
        }
    }
}

/// What the verifier or a middleware of this crate says.
fn by_cause(cause: &(dyn StdError + 'static)) -> Option<Outcome> {
    if let Some(handshake) = cause.downcast_ref::<HandshakeError>() {
        return Some(match handshake.code() {
            Code::HandshakeReset => Outcome::Failed(Delivery::NotSent),
            _ => Outcome::Final,
        });
    }
    let is_decision = cause.is::<ConfigError>() || cause.is::<RetryError>() || is_of_layer(cause);
    is_decision.then_some(Outcome::Final)
}

/// Whether it is the error of another middleware of this crate.
fn is_of_layer(cause: &(dyn StdError + 'static)) -> bool {
    #[cfg(feature = "auth")]
    if cause.is::<crate::auth::AuthError>() {
        return true;
    }
    #[cfg(feature = "decompression")]
    if cause.is::<crate::decompression::DecompressionError>() {
        return true;
    }
    #[cfg(feature = "require-https")]
    if cause.is::<crate::require_https::NotHttps>() {
        return true;
    }
    #[cfg(feature = "require-verified")]
    if cause.is::<crate::require_verified::NotVerified>() {
        return true;
    }
    #[cfg(feature = "redirect")]
    if cause.is::<crate::redirect::RedirectError>() {
        return true;
    }
    let _ = cause;
    false
}

/// What hyper and hyper-util say.
#[cfg(feature = "connector")]
fn of_client(cause: &(dyn StdError + 'static)) -> Option<Outcome> {
    if let Some(error) = cause.downcast_ref::<hyper_util::client::legacy::Error>() {
        return error
            .is_connect()
            .then_some(Outcome::Failed(Delivery::NotSent));
    }
    let error = cause.downcast_ref::<h2::Error>()?;
    if !error.is_remote() {
        return None;
    }
    match error.reason() {
        Some(h2::Reason::HTTP_1_1_REQUIRED) => Some(Outcome::Http1Required),
        Some(h2::Reason::REFUSED_STREAM) => Some(Outcome::Failed(Delivery::RefusedUnprocessed)),
        // h2 fails only the streams above the last one that the GOAWAY names with this error.
        _ if error.is_go_away() => Some(Outcome::Failed(Delivery::RefusedUnprocessed)),
        _ => None,
    }
}

#[cfg(not(feature = "connector"))]
fn of_client(_: &(dyn StdError + 'static)) -> Option<Outcome> {
    None
}

/// An error and those beneath, what an `io::Error` wraps included.
fn causes<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    iter::successors(Some(error), |&error| {
        let wrapped = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        match wrapped {
            Some(wrapped) => Some(wrapped as &(dyn StdError + 'static)),
            None => error.source(),
        }
    })
}
