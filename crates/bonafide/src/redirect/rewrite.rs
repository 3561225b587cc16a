//! What a redirect makes of a request.

use http::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION,
    CONTENT_TYPE, COOKIE, PROXY_AUTHORIZATION, TRANSFER_ENCODING, WWW_AUTHENTICATE,
};
use http::{HeaderMap, Method, StatusCode};

/// The method and the fate of the body after a redirect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Next {
    pub(crate) method: Method,
    /// Whether the body is sent again; otherwise it is dropped with its describing headers.
    pub(crate) keeps_body: bool,
}

/// What follows `status`, or `None` if it is no redirect that is followed.
///
/// RFC 9110 section 15.4 with the rewriting that it permits for 301 and 302 and that the Fetch
/// standard ("HTTP-redirect fetch", step 12) made the rule.
pub(crate) fn next_method(status: StatusCode, method: &Method) -> Option<Next> {
    let to_get = match status {
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => method == Method::POST,
        StatusCode::SEE_OTHER => method != Method::HEAD && method != Method::GET,
        StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => false,
        _ => return None,
    };
    Some(Next {
        method: if to_get { Method::GET } else { method.clone() },
        keeps_body: !to_get,
    })
}

/// Whether a request may carry what proves who its sender is to the origin that it was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Credentials {
    /// It has been at one origin only.
    Sent,
    /// A redirect has led to another origin: none are sent from there on.
    LeftOut,
}

/// Removes what must not reach another origin.
pub(crate) fn strip_credentials(headers: &mut HeaderMap) {
    for name in [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION, WWW_AUTHENTICATE] {
        headers.remove(name);
    }
    headers.remove("cookie2");
}

/// Removes what described a body that is no longer sent.
pub(crate) fn strip_body_headers(headers: &mut HeaderMap) {
    for name in [
        CONTENT_ENCODING,
        CONTENT_LANGUAGE,
        CONTENT_LENGTH,
        CONTENT_LOCATION,
        CONTENT_TYPE,
        TRANSFER_ENCODING,
    ] {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_change_as_browsers_change_them() {
        // status, method before, method after (None: not followed), body kept
        for (status, before, after) in [
            (301, "GET", Some(("GET", true))),
            (301, "POST", Some(("GET", false))),
            (301, "PUT", Some(("PUT", true))),
            (302, "POST", Some(("GET", false))),
            (302, "HEAD", Some(("HEAD", true))),
            (302, "DELETE", Some(("DELETE", true))),
            (303, "GET", Some(("GET", true))),
            (303, "POST", Some(("GET", false))),
            (303, "PUT", Some(("GET", false))),
            (303, "HEAD", Some(("HEAD", true))),
            (307, "POST", Some(("POST", true))),
            (308, "PUT", Some(("PUT", true))),
            (300, "GET", None),
            (304, "GET", None),
            (305, "GET", None),
            (306, "GET", None),
            (200, "GET", None),
            (400, "GET", None),
        ] {
            let status = StatusCode::from_u16(status).expect("a status");
            let method = Method::from_bytes(before.as_bytes()).expect("a method");
            let next = next_method(status, &method);
            let after = after.map(|(method, keeps_body)| Next {
                method: Method::from_bytes(method.as_bytes()).expect("a method"),
                keeps_body,
            });
            assert_eq!(next, after, "{status} {before}");
        }
    }

    #[test]
    fn credentials_are_stripped_and_the_rest_stays() {
        let mut headers = HeaderMap::new();
        for name in [
            "authorization",
            "cookie",
            "cookie2",
            "proxy-authorization",
            "www-authenticate",
            "accept",
        ] {
            headers.insert(name, "x".parse().expect("a value"));
        }
        strip_credentials(&mut headers);
        assert_eq!(headers.keys().collect::<Vec<_>>(), ["accept"]);
    }
}
