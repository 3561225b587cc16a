//! What every request on a connection has in common, prepared once for each connection.

use bonafide_tower::redirect::Redirects;
use http::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, HOST, HeaderName, PROXY_AUTHORIZATION, TRAILER,
    TRANSFER_ENCODING,
};
use http::uri::{Authority, PathAndQuery, Scheme as HttpScheme};
use http::{HeaderMap, HeaderValue, Method, Request, Uri, Version};
use http_body::Body as _;
use url::Url;

use crate::body::Body;
use crate::error::{Failure, Kind};
use crate::origin::Origin;

/// Whether a request may carry the credentials for the origin that it was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Credentials {
    /// It has been sent to one origin only.
    Sent,
    /// A redirect has led to another origin: none are sent from there on.
    LeftOut,
}

/// The parts of a request that are the same for all requests on one connection.
pub(crate) struct Wire {
    version: Version,
    scheme: HttpScheme,
    authority: Authority,
    /// The URL of the origin's root.
    root: Url,
    /// The client's own headers, and `Host` on HTTP/1.1.
    headers: HeaderMap,
    /// Those without what does not cross origins; `None` if all do.
    public: Option<Box<HeaderMap>>,
}

impl Wire {
    /// `defaults` are the client's own headers, of which `redirects` say what does not cross
    /// origins.
    pub(crate) fn new(
        origin: &Origin,
        version: Version,
        defaults: &HeaderMap,
        redirects: &Redirects,
    ) -> Result<Self, Failure> {
        let text = origin.authority();
        let unusable = || Failure::new(Kind::Url, format!("{text:?} is not a valid host"));
        let mut headers = HeaderMap::with_capacity(defaults.len() + 4);
        if version != Version::HTTP_2 {
            let host = HeaderValue::from_str(&text).map_err(|error| unusable().caused_by(error))?;
            headers.insert(HOST, host);
        }
        replace(&mut headers, defaults, |_| true);
        let mut public = headers.clone();
        redirects.strip_private(&mut public);
        let public = (public.len() < headers.len()).then(|| Box::new(public));
        Ok(Self {
            version,
            scheme: origin.scheme.to_http(),
            authority: Authority::try_from(text.as_str())
                .map_err(|error| unusable().caused_by(error))?,
            root: Url::parse(&origin.to_string()).map_err(|error| unusable().caused_by(error))?,
            headers,
            public,
        })
    }

    /// The URL of `path` at the origin.
    pub(crate) fn url(&self, path: &PathAndQuery) -> Url {
        let mut url = self.root.clone();
        url.set_path(path.path());
        url.set_query(path.query());
        url
    }

    /// The URI of `path` at the origin.
    #[cfg(feature = "auth")]
    pub(crate) fn uri(&self, path: &PathAndQuery) -> Uri {
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(path.clone());
        // With all three parts, a URI is never refused.
        Uri::from_parts(parts).unwrap_or_default()
    }

    /// The request as it is sent on this connection. `own` are the headers that the caller gave;
    /// they replace those of the client, whose `credentials` are sent or left out.
    ///
    /// A proxy gets its credentials when a tunnel is opened. `Proxy-Authorization` would only
    /// disclose them to the origin, so it is left out. So is `Connection` on HTTP/2 (RFC 9113
    /// section 8.2.2); hyper would remove it and every field that it names, `TE` among them. So is
    /// `Expect` on HTTP/2, where the body does not wait for the server, and on HTTP/1.1 without a
    /// body (RFC 9110 section 10.1.1).
    pub(crate) fn request(
        &self,
        method: Method,
        path: PathAndQuery,
        own: &HeaderMap,
        credentials: Credentials,
        body: Body,
    ) -> Result<Request<Body>, Failure> {
        let mut headers = match (credentials, &self.public) {
            (Credentials::LeftOut, Some(public)) => HeaderMap::clone(public),
            (Credentials::LeftOut, None) | (Credentials::Sent, _) => self.headers.clone(),
        };
        let uri = if self.version == Version::HTTP_2 {
            let authority = match own.get(HOST) {
                None => self.authority.clone(),
                Some(host) => Authority::try_from(host.as_bytes()).map_err(|error| {
                    Failure::new(Kind::Request, "the Host header is not valid").caused_by(error)
                })?,
            };
            replace(&mut headers, own, |name| {
                name != HOST && name != PROXY_AUTHORIZATION && name != CONNECTION && name != EXPECT
            });
            let mut parts = http::uri::Parts::default();
            parts.scheme = Some(self.scheme.clone());
            parts.authority = Some(authority);
            parts.path_and_query = Some(path);
            Uri::from_parts(parts).map_err(|error| {
                Failure::new(Kind::Request, "the request's target is not valid").caused_by(error)
            })?
        } else {
            let has_body = !body.is_end_stream();
            replace(&mut headers, own, |name| {
                name != PROXY_AUTHORIZATION && (name != EXPECT || has_body)
            });
            frame(&mut headers, &method, &body);
            Uri::from(path)
        };
        if let Some(names) = body.announced_trailers() {
            headers.append(TRAILER, names.clone());
        }
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        Ok(request)
    }
}

/// Adds the framing that hyper leaves out of an HTTP/1.1 request. Without a length, servers refuse
/// a `POST` that has no body (RFC 9110 section 8.6); without `chunked`, hyper leaves out a streamed
/// body of `GET` and `HEAD`.
fn frame(headers: &mut HeaderMap, method: &Method, body: &Body) {
    if body.is_end_stream() {
        if matches!(*method, Method::POST | Method::PUT | Method::PATCH) {
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
    } else if matches!(*method, Method::GET | Method::HEAD) && body.size_hint().exact().is_none() {
        headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
}

/// Puts `own` in place of headers of the same name.
fn replace(headers: &mut HeaderMap, own: &HeaderMap, wanted: impl Fn(&HeaderName) -> bool) {
    let mut last = None;
    for (name, value) in own {
        if !wanted(name) {
            continue;
        }
        if last == Some(name) {
            headers.append(name, value.clone());
        } else {
            headers.insert(name, value.clone());
            last = Some(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::Scheme;

    fn wire(host: &str, port: u16, version: Version) -> Wire {
        let origin = Origin {
            scheme: Scheme::Https,
            host: host.into(),
            port,
        };
        let mut defaults = HeaderMap::new();
        defaults.insert("accept", HeaderValue::from_static("*/*"));
        let redirects = Redirects::default();
        Wire::new(&origin, version, &defaults, &redirects).expect("a usable host")
    }

    fn sent(wire: &Wire, own: &[(&'static str, &'static str)]) -> (String, Vec<String>) {
        let mut headers = HeaderMap::new();
        for (name, value) in own {
            headers.append(*name, HeaderValue::from_static(value));
        }
        let path = PathAndQuery::from_static("/a?b");
        let request = wire
            .request(
                Method::GET,
                path,
                &headers,
                Credentials::Sent,
                Body::empty(),
            )
            .expect("a request");
        let mut lines: Vec<_> = request
            .headers()
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().expect("text")))
            .collect();
        lines.sort();
        (request.uri().to_string(), lines)
    }

    #[test]
    fn http1_names_the_host_in_a_header_and_http2_in_the_target() {
        for (host, port, version, uri, lines) in [
            (
                "h.example",
                443,
                Version::HTTP_11,
                "/a?b",
                vec!["accept: */*", "host: h.example"],
            ),
            (
                "h.example",
                8443,
                Version::HTTP_11,
                "/a?b",
                vec!["accept: */*", "host: h.example:8443"],
            ),
            (
                "::1",
                443,
                Version::HTTP_11,
                "/a?b",
                vec!["accept: */*", "host: [::1]"],
            ),
            (
                "::1",
                8443,
                Version::HTTP_2,
                "https://[::1]:8443/a?b",
                vec!["accept: */*"],
            ),
            (
                "h.example",
                443,
                Version::HTTP_2,
                "https://h.example/a?b",
                vec!["accept: */*"],
            ),
        ] {
            assert_eq!(
                sent(&wire(host, port, version), &[]),
                (
                    uri.to_owned(),
                    lines.into_iter().map(String::from).collect()
                )
            );
        }
    }

    #[test]
    fn the_callers_headers_replace_the_clients() {
        let own = [
            ("accept", "a/b"),
            ("accept", "c/d"),
            ("x-own", "1"),
            ("host", "other.example"),
        ];
        let (uri, lines) = sent(&wire("h.example", 443, Version::HTTP_11), &own);
        assert_eq!(uri, "/a?b");
        assert_eq!(
            lines,
            [
                "accept: a/b",
                "accept: c/d",
                "host: other.example",
                "x-own: 1"
            ]
        );
        let (uri, lines) = sent(&wire("h.example", 443, Version::HTTP_2), &own);
        assert_eq!(uri, "https://other.example/a?b");
        assert_eq!(lines, ["accept: a/b", "accept: c/d", "x-own: 1"]);
    }
}
