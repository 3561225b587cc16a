//! Settings of what every request is sent with.

use http::header::USER_AGENT;
use http::{HeaderMap, HeaderValue};

use super::ClientBuilder;
use crate::error::{Failure, Kind};

/// Headers that cannot be defaults.
const NOT_FOR_EVERY_REQUEST: [&str; 12] = [
    "expect",
    "host",
    "proxy-authorization",
    "content-length",
    "transfer-encoding",
    "trailer",
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "upgrade",
    "http2-settings",
];

impl ClientBuilder {
    /// `User-Agent` of every request. Default: `bonafide/` and the version of this crate.
    pub fn user_agent(mut self, user_agent: impl AsRef<str>) -> Self {
        match HeaderValue::from_str(user_agent.as_ref()) {
            Ok(value) => {
                self.default_headers.insert(USER_AGENT, value);
            }
            Err(error) => {
                let failure =
                    Failure::new(Kind::Request, "the user agent is not a valid header value");
                self.mistake = Some(failure.caused_by(error));
            }
        }
        self
    }

    /// Headers of every request that does not set its own header of that name. They replace earlier
    /// defaults of the same name. Default: `Accept: */*` and the user agent.
    ///
    /// `Authorization`, `Cookie` and `WWW-Authenticate` are left out once a redirect has led to
    /// another origin; see [`Redirects`](crate::redirect::Redirects). Headers that cannot be the
    /// same for every request are refused: `Host`; `Proxy-Authorization` (credentials for a proxy
    /// belong in the URL of [`Proxy`](crate::Proxy), or in
    /// [`Proxy::header`](crate::Proxy::header)); `Content-Length`, `Transfer-Encoding`, `Trailer`
    /// and `Expect`, which belong to a body; and the fields about a connection, `Connection`,
    /// `Keep-Alive`, `Proxy-Connection`, `TE`, `Upgrade` and `HTTP2-Settings`.
    pub fn default_headers(mut self, headers: HeaderMap) -> Self {
        for name in NOT_FOR_EVERY_REQUEST {
            if headers.contains_key(name) {
                let what = format!("{name} cannot be a default header");
                self.mistake = Some(Failure::new(Kind::Config, what));
            }
        }
        for name in headers.keys() {
            self.default_headers.remove(name);
        }
        self.default_headers.extend(headers);
        self
    }
}
