//! Which requests may be sent. The client controls their framing.
//!
//! Only the client knows the body, so only the client says where a request ends on its connection.
//! If it sent a caller's wrong framing as it is, the server would read the next request as a body,
//! or a body as the next request.

use std::borrow::Cow;
use std::mem;
use std::net::Ipv6Addr;

use http::header::{CONNECTION, CONTENT_LENGTH, HOST, HeaderName, TE, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderValue, Method};
use http_body::Body as _;

use super::call::Call;
use crate::error::{Delivery, Failure, Kind};

/// `Keep-Alive` and `Proxy-Connection`, which HTTP/1.1 does not use (RFC 9112 appendix C.2.2).
const OBSOLETE: [HeaderName; 2] = [
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// RFC 7540 section 3.2.1, obsolete since RFC 9113.
const HTTP2_SETTINGS: HeaderName = HeaderName::from_static("http2-settings");

/// Refuses a request that cannot be sent, and takes the framing out of its headers: a declared
/// length of a stream becomes a property of the body.
pub(crate) fn settle(call: &mut Call) -> Result<(), Failure> {
    if call.method == Method::CONNECT || call.method.as_str() == "PRI" {
        return Err(refused(format!(
            "{} cannot be used as a request method",
            call.method
        )));
    }
    if call.method == Method::TRACE && !call.body.is_end_stream() {
        return Err(refused("a TRACE request has no body"));
    }
    if call.headers.keys().any(concerns_the_connection) {
        settle_headers(call)?;
    }
    Ok(())
}

/// Whether a field of this name affects more than the origin, such as framing or the connection.
/// Called for every header of every request, so it compares text and computes no hash.
fn concerns_the_connection(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "content-length"
            | "transfer-encoding"
            | "host"
            | "connection"
            | "te"
            | "upgrade"
            | "http2-settings"
            | "keep-alive"
            | "proxy-connection"
    )
}

#[cold]
fn settle_headers(call: &mut Call) -> Result<(), Failure> {
    check_host(&call.headers)?;
    settle_connection(&mut call.headers)?;
    let chunked = is_chunked(&call.headers)?;
    let Some(declared) = declared_length(&call.headers)? else {
        call.headers.remove(TRANSFER_ENCODING);
        return Ok(());
    };
    if chunked {
        return Err(refused(
            "a request cannot have both Content-Length and Transfer-Encoding",
        ));
    }
    if call.body.announced_trailers().is_some() {
        return Err(refused(
            "a request with trailers cannot have a Content-Length",
        ));
    }
    call.headers.remove(CONTENT_LENGTH);
    match call.body.known_length() {
        Some(length) if length != declared => Err(refused(format!(
            "the Content-Length is {declared}, and the body has {length} bytes"
        ))),
        Some(_) => Ok(()),
        None => {
            call.body = mem::take(&mut call.body).declared(declared);
            Ok(())
        }
    }
}

/// `Host` names one host (RFC 9110 section 7.2, RFC 9112 section 3.2).
fn check_host(headers: &HeaderMap) -> Result<(), Failure> {
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => Ok(()),
        (Some(_), Some(_)) => Err(refused("there is more than one Host header")),
        (Some(host), None) if is_host(host.as_bytes()) => Ok(()),
        (Some(_), None) => Err(refused(
            "the Host header is not a host with an optional port",
        )),
    }
}

/// Whether `value` is a name, an IPv4 address or an IPv6 address in brackets, with a port or
/// without. Of what RFC 3986 section 3.2.2 allows in a name, percent-encoding and `!$&'()*+,;=` are
/// left out: servers disagree about them.
fn is_host(value: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(value) else {
        return false;
    };
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let is_port = |port: &str| {
        port.bytes().all(|byte| byte.is_ascii_digit())
            && port.parse::<u16>().is_ok_and(|port| port != 0)
    };
    let literal = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let is_host = match literal {
        Some(literal) => literal.parse::<Ipv6Addr>().is_ok(),
        None => {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
            !host.is_empty() && host.bytes().all(plain)
        }
    };
    is_host && port.is_none_or(is_port)
}

/// What remains of the fields about the connection (RFC 9110 section 7.6.1): `Connection: close`,
/// and `TE: trailers`, which `Connection` then names.
fn settle_connection(headers: &mut HeaderMap) -> Result<(), Failure> {
    for name in [UPGRADE, HTTP2_SETTINGS] {
        if headers.contains_key(&name) {
            let what =
                format!("the header {name} is refused: the client does not switch protocols");
            return Err(refused(what));
        }
    }
    for name in OBSOLETE {
        headers.remove(name);
    }
    let mut close = false;
    for option in tokens(headers, CONNECTION) {
        match &*option {
            "close" => close = true,
            "keep-alive" | "te" => {}
            _ => {
                let what = "the Connection header can only be `close` or `keep-alive`";
                return Err(refused(what));
            }
        }
    }
    let te = tokens(headers, TE);
    if te.iter().any(|coding| coding != "trailers") {
        return Err(refused("the TE header can only be `trailers`"));
    }
    let trailers = !te.is_empty();
    headers.remove(TE);
    headers.remove(CONNECTION);
    if trailers {
        headers.insert(TE, HeaderValue::from_static("trailers"));
    }
    let options = match (close, trailers) {
        (false, false) => return Ok(()),
        (true, false) => "close",
        (false, true) => "te",
        (true, true) => "close, te",
    };
    headers.insert(CONNECTION, HeaderValue::from_static(options));
    Ok(())
}

/// Whether the caller set `Transfer-Encoding: chunked`.
fn is_chunked(headers: &HeaderMap) -> Result<bool, Failure> {
    let codings = tokens(headers, TRANSFER_ENCODING);
    match &codings[..] {
        [] if !headers.contains_key(TRANSFER_ENCODING) => Ok(false),
        [one] if one == "chunked" => Ok(true),
        _ => Err(refused(
            "the Transfer-Encoding header can only be `chunked`",
        )),
    }
}

/// The caller's `Content-Length`.
fn declared_length(headers: &HeaderMap) -> Result<Option<u64>, Failure> {
    let mut values = headers.get_all(CONTENT_LENGTH).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let digits = std::str::from_utf8(value.as_bytes())
        .ok()
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    match (digits.and_then(|digits| digits.parse().ok()), values.next()) {
        (Some(length), None) => Ok(Some(length)),
        _ => Err(refused("the Content-Length header is not a single number")),
    }
}

/// The members of a list (RFC 9110 section 5.6.1), in lower case. A value that is not text becomes
/// a member that matches no known one.
fn tokens(headers: &HeaderMap, name: HeaderName) -> Vec<String> {
    headers
        .get_all(name)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .map(|token| token.trim_ascii().escape_ascii().to_string())
        .filter(|token| !token.is_empty())
        .map(|token| token.to_ascii_lowercase())
        .collect()
}

#[cold]
fn refused(what: impl Into<Cow<'static, str>>) -> Failure {
    Failure::new(Kind::Request, what).delivered(Delivery::NotSent)
}
