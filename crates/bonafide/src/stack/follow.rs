//! From a response that redirects to the next request: the rule of `bonafide_tower::redirect`, for
//! the client's own hosts and bodies.

use std::mem;

use bonafide_tower::redirect::{Choice, Hop, RedirectError, Redirects, Seen, Step, Target};
use bonafide_tower::shown::quoted;
use http::header::LOCATION;

use crate::body::Body;
use crate::error::{Delivery, Failure, Kind, Phase};
use crate::exchange::{Answered, Call, Delivered, Wanted, settle};
use crate::header_names::mark_secrets;
use crate::origin::{Parsed, Written};
use crate::protocol::Credentials;
use crate::router::Router;

/// Makes `call` the request that `answer` redirects to; `false` if `answer` is the response.
pub(super) fn follow(
    redirects: &Redirects,
    router: &Router,
    call: &mut Call,
    answer: &Answered,
    spare: Option<Body>,
    hops: &mut Vec<Hop>,
) -> Result<bool, Failure> {
    let status = answer.head.status;
    if !redirects.follows(status) {
        return Ok(false);
    }
    let Some(here) = call.url() else {
        return Ok(false);
    };
    let headers = &answer.head.headers;
    let seen = Seen {
        url: &here,
        method: &call.method,
        status,
        headers,
        followed: hops.len(),
        can_repeat_body: spare.is_some(),
    };
    let Step::Follow(follow) = redirects.judge(&seen).map_err(failed)? else {
        return Ok(false);
    };
    if follow.url.scheme() == "http"
        && let Some(answered) = answer.found.delivered.as_ref().map(Delivered::url)
    {
        // A hop layer may have upgraded the request from http to https: a redirect must not undo
        // that.
        let seen = Seen {
            url: &answered,
            ..seen
        };
        redirects.judge(&seen).map_err(failed)?;
    }
    let versions = call.versions;
    let parsed = Parsed::new(Written::Url(&follow.url), |scheme, host, port| {
        router.find(scheme, host, port, versions)
    })
    .map_err(|error| {
        let value = headers
            .get(LOCATION)
            .map_or(&[][..], |value| value.as_bytes());
        failed(RedirectError::Unusable {
            location: quoted(value),
            source: error.without_url().into(),
        })
    })?;
    let from = call.origin();
    let before = mem::replace(&mut call.endpoint, parsed.endpoint);
    let target = if call.origin() == from {
        Target::SameOrigin
    } else {
        Target::OtherOrigin
    };
    if redirects.prepare(&seen, &follow, target, &mut call.headers) == Choice::Stop {
        call.endpoint = before;
        return Ok(false);
    }
    hops.push(Hop::new(here, status));
    call.path = parsed.path;
    if target == Target::OtherOrigin {
        call.credentials = Credentials::LeftOut;
    }
    call.body = spare.filter(|_| follow.keeps_body).unwrap_or_default();
    call.method = follow.method;
    call.connection = Wanted::Any;
    if redirects.has_policy() {
        // The caller's policy may have written headers that say where the request ends, or secrets.
        settle(call)?;
        mark_secrets(&mut call.headers);
    }
    tracing::debug!(%status, to = %call.origin(), "following a redirect");
    Ok(true)
}

/// The failure of a call whose redirect is not followed.
#[cold]
fn failed(error: RedirectError) -> Failure {
    let kind = match error {
        RedirectError::TooMany { .. } => Kind::TooManyRedirects,
        RedirectError::Insecure { .. } => Kind::InsecureRedirect,
        _ => Kind::Redirect,
    };
    let failure = Failure::new(kind, error.to_string())
        .during(Phase::Headers)
        .delivered(Delivery::Answered);
    match error {
        RedirectError::Unusable { source, .. } => failure.caused_by_boxed(source),
        _ => failure,
    }
}
