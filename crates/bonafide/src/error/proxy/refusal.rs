//! The answer of a proxy that refuses a tunnel.

use std::error::Error as StdError;
use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

/// The most characters of a reason phrase that are kept. The longest registered one has 31.
const MAX_REASON: usize = 100;

/// A proxy's answer to `CONNECT` whose status is not 2xx (RFC 9110 section 9.3.6).
///
/// [`Error::proxy_refusal`](crate::Error::proxy_refusal) has it. It is the proxy's answer and never
/// the server's, which was not reached.
///
/// `Display` is one line, the status and its reason phrase. `Debug` adds the names of the header
/// fields and the size of the body; their contents may be secret.
pub struct ProxyRefusal {
    status: StatusCode,
    reason: String,
    headers: HeaderMap,
    body: Bytes,
    is_truncated: bool,
}

impl ProxyRefusal {
    /// `reason` is the phrase as the proxy sent it.
    pub(crate) fn new(
        status: StatusCode,
        reason: &[u8],
        headers: HeaderMap,
        body: Bytes,
        is_truncated: bool,
    ) -> Self {
        Self {
            status,
            reason: one_line(reason),
            headers,
            body,
            is_truncated,
        }
    }

    /// The status, for instance 407 where the proxy wants credentials.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The reason phrase that the proxy sent, on one line and at most 100 characters long. Bytes
    /// outside ASCII and control characters read `?`. May be empty.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The header fields, for instance `Proxy-Authenticate` (RFC 9110 section 11.7.1).
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The first 64 KiB of the body, or what arrived of it within a second. It is the page with the
    /// proxy's reason, if the proxy sends one. The text is not trusted, and some proxies repeat the
    /// request in it.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Whether [`body`](Self::body) is not the whole body.
    pub fn is_truncated(&self) -> bool {
        self.is_truncated
    }

    /// A status of the class 4xx is about the request, so another try gets the same; so are three
    /// of the class 5xx (RFC 9110 section 15.6, RFC 6585 section 6). A redirect is not followed.
    pub(super) fn is_retryable(&self) -> bool {
        let is_lasting = matches!(
            self.status,
            StatusCode::NOT_IMPLEMENTED
                | StatusCode::HTTP_VERSION_NOT_SUPPORTED
                | StatusCode::NETWORK_AUTHENTICATION_REQUIRED
        );
        self.status.is_server_error() && !is_lasting
    }
}

fn one_line(reason: &[u8]) -> String {
    reason
        .iter()
        .take(MAX_REASON)
        .map(|&byte| match byte {
            b' '..=b'~' => char::from(byte),
            b'\t' => ' ',
            _ => '?',
        })
        .collect::<String>()
        .trim()
        .to_owned()
}

impl fmt::Display for ProxyRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.status.as_str())?;
        if !self.reason.is_empty() {
            write!(f, " {}", self.reason)?;
        }
        Ok(())
    }
}

impl fmt::Debug for ProxyRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            status,
            reason,
            headers,
            body,
            is_truncated,
        } = self;
        f.debug_struct("ProxyRefusal")
            .field("status", &status.as_u16())
            .field("reason", reason)
            .field("headers", &headers.keys().collect::<Vec<_>>())
            .field("body_bytes", &body.len())
            .field("is_truncated", is_truncated)
            .finish()
    }
}

impl StdError for ProxyRefusal {}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn refusal(status: u16, reason: &[u8]) -> ProxyRefusal {
        let mut headers = HeaderMap::new();
        headers.insert("set-cookie", HeaderValue::from_static("id=s3cret"));
        let status = StatusCode::from_u16(status).expect("a status");
        ProxyRefusal::new(status, reason, headers, Bytes::from("s3cret"), false)
    }

    #[test]
    fn a_reason_is_one_bounded_line_without_control_characters() {
        let long = [b'a'; 300];
        for (reason, expected) in [
            (
                &b"Proxy Authentication Required"[..],
                "407 Proxy Authentication Required",
            ),
            (b" \xe9tage\t\x1b[31m2 ", "407 ?tage ?[31m2"),
            (b"", "407"),
            (&long, &format!("407 {}", "a".repeat(100))),
        ] {
            assert_eq!(refusal(407, reason).to_string(), expected);
        }
    }

    #[test]
    fn neither_text_shows_the_body_or_the_fields_values() {
        let refusal = refusal(403, b"Forbidden");
        assert_eq!(
            format!("{refusal:?}"),
            r#"ProxyRefusal { status: 403, reason: "Forbidden", headers: ["set-cookie"], body_bytes: 6, is_truncated: false }"#
        );
        assert_eq!(refusal.body(), "s3cret");
    }

    #[test]
    fn asking_again_helps_where_the_proxy_could_not_and_not_where_it_would_not() {
        for (status, expected) in [
            (101, false),
            (302, false),
            (400, false),
            (403, false),
            (407, false),
            (408, false),
            (429, false),
            (500, true),
            (501, false),
            (502, true),
            (503, true),
            (504, true),
            (505, false),
            (511, false),
            (522, true),
        ] {
            assert_eq!(refusal(status, b"").is_retryable(), expected, "{status}");
        }
    }
}
