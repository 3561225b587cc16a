//! What became of an attempt, by what the client knows of its own errors.

use bonafide_tower::retry::{Classify, Outcome, Standard};
use bonafide_verify::Code;
use http::{StatusCode, response};

use crate::error::{Delivery, Error, Kind, Phase};

/// The client's default classifier: errors by how far the request got, and responses by their
/// status, as [`Standard::of_status`] does.
///
/// - [`Failed`](Outcome::Failed): what was not sent where another try may succeed
///   ([`Error::is_retryable`]), a connection that closed or a time limit that passed after the
///   request was sent, and a response's body that broke off while
///   [`fetch`](crate::RequestBuilder::fetch) read it.
/// - [`Final`](Outcome::Final): anything else. What a server refused unprocessed is part of this:
///   the client has sent it again as often as it may be, over HTTP/1.1 where the server requires
///   that.
///
/// A classifier that changes one case leaves the others to it:
///
/// ```
/// use bonafide::retry::{ByDelivery, Classify, Outcome};
/// use bonafide::{Client, Delivery, Error, StatusCode};
/// use http::response;
///
/// // 404 as well: this service answers it until its data has arrived.
/// let client = Client::builder()
///     .retry_classifier(|attempt: Result<&response::Parts, &Error>| match attempt {
///         Ok(head) if head.status == StatusCode::NOT_FOUND => Outcome::Failed(Delivery::Answered),
///         other => ByDelivery.classify(other),
///     })
///     .build()?;
/// # let _ = client;
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ByDelivery;

impl Classify<Error> for ByDelivery {
    fn classify(&self, attempt: Result<&response::Parts, &Error>) -> Outcome {
        match attempt {
            Ok(head) => Standard::of_status(head.status),
            Err(error) => of_error(error),
        }
    }
}

fn of_error(error: &Error) -> Outcome {
    let may_pass = match error.delivery() {
        // Not a refusal, a policy that cannot be used, an alert of TLS, or a mistake of the caller.
        Delivery::NotSent => error.is_retryable(),
        // The exchange has sent it again as often as it may be.
        Delivery::RefusedUnprocessed => false,
        Delivery::MaybeProcessed | Delivery::Answered => match error.kind() {
            Kind::Closed | Kind::Timeout => true,
            // The response's body broke off, and not the request's.
            Kind::Body => error.phase() == Some(Phase::Body),
            _ => false,
        },
    };
    match may_pass {
        true => Outcome::Failed(error.delivery()),
        false => Outcome::Final,
    }
}

/// The outcome that `classifier` gives, within the limits that none may leave: a decision of this
/// side or of TLS is final, and an attempt got no less far than the client knows.
pub(super) fn within_limits(
    classifier: &dyn Classify<Error>,
    attempt: Result<&response::Parts, &Error>,
) -> Outcome {
    let (least, misdirected) = match attempt {
        Ok(head) => {
            let misdirected = head.status == StatusCode::MISDIRECTED_REQUEST;
            (Delivery::Answered, misdirected)
        }
        Err(error) if is_decided(error) => return Outcome::Final,
        Err(error) => (error.delivery(), false),
    };
    match classifier.classify(attempt) {
        Outcome::Failed(delivery) => Outcome::Failed(delivery.max(least)),
        Outcome::Misdirected if !misdirected => Outcome::Failed(least),
        // Where the server did require it, the exchange has sent the request over HTTP/1.1.
        Outcome::Http1Required => Outcome::Failed(least),
        outcome => outcome,
    }
}

/// Whether another attempt would be an attempt against a decision: of the policy, of TLS, or of the
/// client about the request itself.
fn is_decided(error: &Error) -> bool {
    if error.is_retryable() {
        return false;
    }
    let by_kind = matches!(
        error.kind(),
        Kind::Url
            | Kind::Request
            | Kind::Config
            | Kind::PlainHttpRefused
            | Kind::Refused
            | Kind::TooManyRedirects
            | Kind::InsecureRedirect
            | Kind::Redirect
            | Kind::NoRuntime
    );
    let by_code = error
        .code()
        .is_some_and(|code| code != Code::HandshakeReset);
    // A layer of the caller may have wrapped the error of another client.
    by_kind || by_code || Standard::of_error(error) == Outcome::Final
}
