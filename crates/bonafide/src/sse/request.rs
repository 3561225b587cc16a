//! The request of an event stream, which is sent for each connection.

use std::time::Duration;

use bonafide_tower::delivery::is_idempotent;
use bonafide_tower::retry::Attempts;
use http::header::{ACCEPT, CACHE_CONTROL};
use http::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use crate::client::RequestBuilder;
use crate::error::{Delivery, Error, Failure, Kind};
use crate::limits::EVENTS_IDLE;
use crate::origin::Origin;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A request that is sent for each connection, and what holds for each of them.
pub(super) struct Repeated {
    /// `None` once the request was sent and cannot be repeated.
    request: Option<RequestBuilder>,
    /// Whether it may be sent again after it was processed.
    is_idempotent: bool,
    /// `None` if the request has a mistake.
    pub(super) origin: Option<Origin>,
    pub(super) url: Option<Url>,
    /// From the sending of the request to the response's headers, with all redirects.
    pub(super) opening_limit: Option<Duration>,
    /// How long a connection may be silent.
    pub(super) idle_limit: Option<Duration>,
}

impl Repeated {
    pub(super) fn new(mut request: RequestBuilder) -> Self {
        let mut this = Self {
            request: None,
            is_idempotent: false,
            origin: None,
            url: None,
            opening_limit: None,
            idle_limit: Some(EVENTS_IDLE),
        };
        if let Some((call, timeouts)) = request.parts_mut() {
            // The limits of a whole request and of a pause are for bodies that end.
            this.opening_limit = timeouts.total.unwrap_or(call.limits.total);
            this.idle_limit = timeouts.read.unwrap_or(this.idle_limit);
            timeouts.total = Some(None);
            timeouts.read = Some(None);
            let headers = &mut call.headers;
            let accepted = HeaderValue::from_static("text/event-stream");
            headers.entry(ACCEPT).or_insert(accepted);
            let fresh = HeaderValue::from_static("no-store");
            headers.entry(CACHE_CONTROL).or_insert(fresh);
            this.is_idempotent = is_idempotent(&call.method) || has_idempotency_key(headers);
            this.origin = Some(call.origin());
            this.url = call.url();
        }
        this.request = Some(request);
        this
    }

    /// The request for the next connection; `None` if it cannot be sent again.
    ///
    /// # Errors
    ///
    /// [`Kind::Request`] if the ID cannot be a header.
    pub(super) fn next(
        &mut self,
        last_event_id: Option<&str>,
    ) -> Result<Option<RequestBuilder>, Error> {
        let copy = self.request.as_ref().and_then(RequestBuilder::try_clone);
        let Some(mut next) = copy.or_else(|| self.request.take()) else {
            return Ok(None);
        };
        if let Some((call, _)) = next.parts_mut() {
            // The stream alone repeats it: attempts of the client's own retries would multiply.
            call.extensions.insert(Attempts::up_to(1));
            match last_event_id {
                None => {}
                Some("") => drop(call.headers.remove(LAST_EVENT_ID)),
                Some(id) => {
                    let value = HeaderValue::from_bytes(id.as_bytes()).map_err(|error| {
                        let what = "the last event ID of the server is not a valid header value";
                        let failure = Failure::new(Kind::Request, what).caused_by(error);
                        let failure = failure.delivered(Delivery::NotSent);
                        Error::from(failure).at(|| self.url.clone())
                    })?;
                    call.headers.insert(LAST_EVENT_ID, value);
                }
            }
        }
        Ok(Some(next))
    }

    /// Whether the request may be sent again after this end of a connection. `None` is the end of
    /// the response's body.
    pub(super) fn may_repeat(&self, error: Option<&Error>) -> bool {
        let unprocessed = error.is_some_and(|error| error.delivery().is_unprocessed());
        self.request.is_some() && (self.is_idempotent || unprocessed)
    }
}

/// Whether there is exactly one key, which is not empty.
fn has_idempotency_key(headers: &HeaderMap) -> bool {
    let mut keys = headers.get_all(IDEMPOTENCY_KEY).iter();
    keys.next().is_some_and(|key| !key.is_empty()) && keys.next().is_none()
}
