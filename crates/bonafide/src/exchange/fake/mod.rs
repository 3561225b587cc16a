//! A fake server in the place of connections, for tests. What may be sent, and for how long it may
//! be waited, is decided as for a real one.

mod reading;

use std::time::Duration;
use std::{future, mem};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Request, Version};
use hyper::ext::ReasonPhrase;
use tokio::runtime::Handle;
use tokio::time::Instant;

use self::reading::Reading;
use super::{Answered, Call, Found, framing};
use crate::body::{Body, next_chunk};
use crate::error::{Delivery, Error, Failure, Kind, Phase};
use crate::events::Event;
use crate::limits::{Deadline, RequestLimits};
use crate::router::Router;
use crate::testing::{InPlace, Outcome, Reply};

/// Most bytes that a fake server takes of one request's body: 64 MiB.
const MAX_BODY_BYTES: usize = 64 << 20;

/// As [`exchange`](super::exchange), without a connection and so without repeating anything.
pub(super) async fn exchange(
    fake: &InPlace,
    router: &Router,
    call: &mut Call,
    deadline: Deadline,
) -> Result<Box<Answered>, Error> {
    let request = request(fake, router, call).map_err(|failure| {
        let failure = failure.delivered(Delivery::NotSent);
        Error::from(failure)
    })?;
    let RequestLimits { headers, read, .. } = call.limits;
    let request = received(request, headers, deadline).await?;
    let reply = async {
        let Reply(outcome) = fake.server.answer(request).await;
        match outcome {
            Outcome::Response(response) => Ok(response),
            Outcome::Failure(failure) => Err(failure),
            Outcome::Silence => future::pending().await,
        }
    };
    let response = match within(headers, deadline, reply).await {
        Ok(Ok(response)) => response,
        Ok(Err(failure)) => return Err(failure.into()),
        Err(late) => {
            let failure = late.failure("no response", headers).during(Phase::Headers);
            return Err(failure.into());
        }
    };
    let (mut head, body) = response.into_parts();
    // A response of another client would bring its receipt with it. A reason phrase claims nothing.
    let reason = head.extensions.remove::<ReasonPhrase>();
    head.extensions.clear();
    if let Some(reason) = reason {
        head.extensions.insert(reason);
    }
    let framing = framing::of(&mut head, &call.method, Version::HTTP_2)?;
    call.events.notify(|call| Event::ResponseHead {
        call,
        status: head.status,
        version: head.version,
    });
    let body = if framing.bodiless {
        Body::empty()
    } else {
        body
    };
    Ok(Box::new(Answered {
        head,
        body: Body::arriving(Reading::new(body, read, deadline)),
        found: Found::default(),
    }))
}

/// The request as it would be sent, if it may be sent at all.
fn request(fake: &InPlace, router: &Router, call: &mut Call) -> Result<Request<Body>, Failure> {
    if Handle::try_current().is_err() {
        return Err(Failure::outside_a_runtime("the request"));
    }
    let origin = call.origin();
    router.check_scheme(&origin)?;
    if fake.has_policy {
        // Connections that were never made.
        drop(router.connections(&origin, call.versions)?);
    }
    if let Some(attachments) = &call.attachments {
        attachments.for_fake_server(call)?;
    }
    let wire = fake.default_headers.wire(&origin, Version::HTTP_2, None)?;
    let mut request = wire.request(
        call.method.clone(),
        call.path.clone(),
        &call.headers,
        call.credentials,
        mem::take(&mut call.body),
    )?;
    *request.version_mut() = Version::HTTP_2;
    Ok(request)
}

/// The request with its whole body, each piece of which must come within `limit`.
async fn received(
    request: Request<Body>,
    limit: Option<Duration>,
    deadline: Deadline,
) -> Result<Request<Bytes>, Error> {
    let (mut head, mut body) = request.into_parts();
    let mut trailers = None;
    let mut all = BytesMut::new();
    loop {
        let next = within(limit, deadline, next_chunk(&mut body, &mut trailers)).await;
        let next = next.map_err(|late| {
            let what = "no more of the request's body could be sent";
            late.failure(what, limit).during(Phase::Send)
        })?;
        let Some(chunk) = next? else { break };
        if all.len() + chunk.len() > MAX_BODY_BYTES {
            let what = format!("a fake server takes {MAX_BODY_BYTES} bytes of a body at most");
            return Err(Failure::new(Kind::Body, what).during(Phase::Send).into());
        }
        all.extend_from_slice(&chunk);
    }
    if let Some(trailers) = trailers {
        head.extensions.insert::<HeaderMap>(trailers);
    }
    Ok(Request::from_parts(head, all.freeze()))
}

/// Which limit ended a wait.
enum Late {
    /// That of the step.
    Step,
    /// That of the whole request.
    Total(Duration),
}

impl Late {
    fn failure(self, what: &str, limit: Option<Duration>) -> Failure {
        match self {
            Self::Total(total) => Failure::overdue(total),
            Self::Step => {
                let limit = limit.unwrap_or_default();
                Failure::new(Kind::Timeout, format!("{what} within {limit:?}"))
            }
        }
    }
}

/// Waits for `work`, at most `limit` and not beyond `deadline`.
async fn within<T>(
    limit: Option<Duration>,
    deadline: Deadline,
    work: impl Future<Output = T>,
) -> Result<T, Late> {
    let step = limit.and_then(|limit| Instant::now().checked_add(limit));
    let (at, late) = match (step, deadline) {
        (None, None) => return Ok(work.await),
        (Some(step), Some((total, limit))) if total <= step => (total, Late::Total(limit)),
        (Some(step), _) => (step, Late::Step),
        (None, Some((total, limit))) => (total, Late::Total(limit)),
    };
    tokio::time::timeout_at(at, work).await.map_err(|_| late)
}
