//! Failed requests that are sent again: the layer of `bonafide_tower::retry`, with what the client
//! knows of its own errors.

use bonafide_tower::BoxError;
use bonafide_tower::retry::{Classify, Outcome, Retry, RetryLayer, Standard};
use http::response;

use super::{Wrap, wrap};
use crate::error::{Delivery, Error, Kind};

/// The layer, outside of the caller's hop layers: these see each attempt.
pub(crate) fn layer(retry: Retry) -> Wrap {
    wrap(
        RetryLayer::new()
            .with_retry(retry)
            .with_classifier(ByDelivery),
    )
}

/// Classifies the client's own errors by how far the request got, and others as [`Standard`] does.
#[derive(Clone, Copy, Debug)]
struct ByDelivery;

impl Classify<BoxError> for ByDelivery {
    fn classify(&self, attempt: Result<&response::Parts, &BoxError>) -> Outcome {
        match attempt {
            Ok(head) => Standard::of_status(head.status),
            Err(error) => match error.downcast_ref::<Error>() {
                Some(error) => of(error),
                None => Standard::of_error(&**error),
            },
        }
    }
}

fn of(error: &Error) -> Outcome {
    let delivery = error.delivery();
    let may_pass = match delivery {
        // Not a refusal, a policy that cannot be used, an alert of TLS, or a mistake of the caller.
        Delivery::NotSent => error.is_retryable(),
        // The exchange has sent it again as often as it may be.
        Delivery::RefusedUnprocessed => false,
        _ => matches!(error.kind(), Kind::Closed | Kind::Timeout),
    };
    match may_pass {
        true => Outcome::Failed(delivery),
        false => Outcome::Final,
    }
}
