//! Requests.

mod builder;

use http::header::AUTHORIZATION;
use http::{Method, Request};

pub use self::builder::RequestBuilder;
use super::Inner;
use crate::body::Body;
use crate::error::Error;
use crate::exchange::Call;
use crate::limits::RequestTimeouts;
use crate::origin::{Parsed, Written};
use crate::redirect::Credentials;

/// A call of `method` to what the caller wrote as a URL.
fn new_call(client: &Inner, method: Method, url: Written<'_>) -> Result<Call, Error> {
    let Parsed { place, path, basic } =
        Parsed::new(url, |scheme, host, port| client.find(scheme, host, port))?;
    let mut headers = http::HeaderMap::new();
    if let Some(basic) = basic {
        headers.insert(AUTHORIZATION, basic);
    }
    Ok(Call {
        method,
        place,
        path,
        headers,
        credentials: Credentials::Sent,
        body: Body::empty(),
        limits: client.limits,
    })
}

/// A request of the `http` crate as a call.
pub(crate) fn call_of(client: &Inner, request: Request<Body>) -> Result<Call, Error> {
    let (head, body) = request.into_parts();
    let mut call = new_call(client, head.method, Written::Uri(&head.uri))?;
    if let Some(timeouts) = head.extensions.get::<RequestTimeouts>() {
        timeouts.apply(&mut call.limits);
    }
    let basic = call.headers.remove(AUTHORIZATION);
    call.headers = head.headers;
    if let Some(basic) = basic {
        call.headers.entry(AUTHORIZATION).or_insert(basic);
    }
    call.body = body;
    Ok(call)
}
