//! From a response that redirects to the next request.

use http::header::{HOST, LOCATION};
use url::Url;

use crate::body::Body;
use crate::error::{Failure, Kind, Phase};
use crate::exchange::{Answer, Call};
use crate::origin::{Parsed, Scheme, Written};
use crate::redirect::{
    Credentials, Hop, Redirects, location, next_method, strip_body_headers, strip_credentials,
    unusable,
};
use crate::router::Router;

/// Makes `call` the request that `answer` redirects to; `false` if `answer` is the response.
pub(super) fn follow(
    redirects: Redirects,
    router: &Router,
    call: &mut Call,
    answer: &Answer,
    spare: Option<Body>,
    hops: &mut Vec<Hop>,
) -> Result<bool, Failure> {
    let status = answer.head.status;
    if !status.is_redirection() || redirects.limit() == 0 {
        return Ok(false);
    }
    let headers = &answer.head.headers;
    let (Some(next), Some(value)) = (next_method(status, &call.method), headers.get(LOCATION))
    else {
        return Ok(false);
    };
    let body = match (next.keeps_body, spare) {
        (true, None) => return Ok(false),
        (true, Some(body)) => body,
        (false, _) => Body::empty(),
    };
    let Some(here) = call.url() else {
        return Ok(false);
    };
    let Some(there) = location(&here, headers)? else {
        return Ok(false);
    };
    let limit = redirects.limit();
    if hops.len() >= limit {
        let what = format!(
            "more than {limit} redirects, the next one to {}",
            place_of(&there)
        );
        return Err(Failure::new(Kind::TooManyRedirects, what).during(Phase::Headers));
    }
    let from = call.origin();
    if from.scheme == Scheme::Https && there.scheme() == "http" {
        let what = format!("a redirect from https to {} is refused", place_of(&there));
        return Err(Failure::new(Kind::InsecureRedirect, what).during(Phase::Headers));
    }
    let parsed = Parsed::new(Written::Url(&there), |scheme, host, port| {
        router.find(scheme, host, port)
    })
    .map_err(|error| unusable(value.as_bytes()).caused_by(error.without_url()))?;
    hops.push(Hop { url: here, status });
    call.place = parsed.place;
    call.path = parsed.path;
    call.method = next.method;
    call.body = body;
    if !next.keeps_body {
        strip_body_headers(&mut call.headers);
    }
    if call.origin() != from {
        strip_credentials(&mut call.headers);
        call.headers.remove(HOST);
        call.credentials = Credentials::LeftOut;
    }
    tracing::debug!(%status, to = %place_of(&there), "following a redirect");
    Ok(true)
}

/// Scheme, host and port of a URL: what an error may repeat of a foreign address.
fn place_of(url: &Url) -> String {
    url.origin().ascii_serialization()
}
