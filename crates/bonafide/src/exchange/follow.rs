//! A request with its redirects.

use http::header::{HOST, LOCATION};
use url::Url;

use super::call::Call;
use super::{Answer, broken, exchange, sendable};
use crate::body::Body;
use crate::client::Inner;
use crate::error::{Delivery, Error, Failure, Kind, Phase};
use crate::pool::Scheme;
use crate::redirect::{
    Credentials, Hop, location, next_method, strip_body_headers, strip_credentials, unusable,
};
use crate::response::Response;
use crate::target::{Parsed, Written};

/// Sends `call` and follows redirects, each of which is judged by the policy anew.
pub(crate) async fn run(client: &Inner, call: &mut Call) -> Result<Response, Error> {
    sendable::settle(call).map_err(|failure| Error::from(failure).at(|| call.url()))?;
    let deadline = call.limits.deadline();
    let repeatable = broken::is_idempotent(&call.method);
    let mut hops = Vec::new();
    loop {
        let spare = call.body.try_clone();
        let answer = match exchange(client, call, deadline).await {
            Ok(answer) => answer,
            Err(error) => {
                let error = error.at(|| call.url());
                // The servers that redirected did process the request.
                let safe = hops.is_empty() || repeatable;
                return Err(if safe {
                    error
                } else {
                    error.delivered(Delivery::Answered)
                });
            }
        };
        match follow(client, call, &answer, spare, &mut hops) {
            Ok(true) => {}
            Ok(false) => {
                let path = call.path.clone();
                return Ok(Response::new(answer, path, hops, client.body_cap));
            }
            Err(failure) => {
                return Err(Error::from(failure)
                    .at(|| call.url())
                    .over(answer.meta.info.receipt()));
            }
        }
    }
}

/// Makes `call` the request that `answer` redirects to; `false` if `answer` is the response.
fn follow(
    client: &Inner,
    call: &mut Call,
    answer: &Answer,
    spare: Option<Body>,
    hops: &mut Vec<Hop>,
) -> Result<bool, Failure> {
    let status = answer.head.status;
    if !status.is_redirection() || client.redirects.limit() == 0 {
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
    let limit = client.redirects.limit();
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
        client.find(scheme, host, port)
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
