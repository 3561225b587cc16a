//! Which versions of HTTP a client or a request may use.

use ::http::Version;

use crate::error::{Delivery, Failure, Kind, Phase};

/// The versions of HTTP that a request may use, and so the protocols that are offered by ALPN
/// (RFC 7301).
///
/// In the extensions of an `http::Request` that is sent through the tower service, it has the
/// effect of [`RequestBuilder::http1_only`](crate::RequestBuilder::http1_only) and
/// [`http2_only`](crate::RequestBuilder::http2_only). The `version` of an `http::Request` is not
/// read: it is HTTP/1.1 unless it was set.
///
/// Connections that were opened for one choice serve no request with another one, and the limits of
/// the pool for one host hold for each choice.
///
/// ```
/// # async fn show(client: bonafide::Client) -> Result<(), Box<dyn std::error::Error>> {
/// use bonafide::versions::Versions;
/// use bonafide::{Body, http};
/// use tower::ServiceExt as _;
///
/// let mut request = http::Request::get("https://shop.example/").body(Body::empty())?;
/// request.extensions_mut().insert(Versions::Http1);
/// let response = client.clone().oneshot(request).await?;
/// assert_eq!(response.version(), http::Version::HTTP_11);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Versions {
    /// HTTP/2 where the server supports it, else HTTP/1.1. Over plain http, HTTP/1.1.
    #[default]
    Negotiated,
    /// HTTP/1.1 alone.
    Http1,
    /// HTTP/2 alone; over plain http by prior knowledge (RFC 9113 section 3.3).
    Http2,
}

impl Versions {
    /// The protocols to offer, the preferred one first.
    pub(crate) const fn alpn(self) -> &'static [&'static [u8]] {
        match self {
            Self::Negotiated => &[b"h2", b"http/1.1"],
            Self::Http1 => &[b"http/1.1"],
            Self::Http2 => &[b"h2"],
        }
    }

    /// The version for a server that has `chosen` this protocol.
    pub(crate) fn by_alpn(self, chosen: Option<&[u8]>) -> Result<Version, Failure> {
        match (chosen, self) {
            (Some(b"h2"), _) => Ok(Version::HTTP_2),
            (_, Self::Negotiated | Self::Http1) => Ok(Version::HTTP_11),
            (_, Self::Http2) => Err(Failure::new(
                Kind::Protocol,
                "the server did not select HTTP/2, the only version that the client uses",
            )
            .during(Phase::Tls)
            .delivered(Delivery::NotSent)),
        }
    }

    /// The version over plain http.
    pub(crate) const fn over_plain_http(self) -> Version {
        match self {
            Self::Negotiated | Self::Http1 => Version::HTTP_11,
            Self::Http2 => Version::HTTP_2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_selects_nothing_gets_http1_or_no_request() {
        for (versions, chosen, version) in [
            (Versions::Negotiated, None, Some(Version::HTTP_11)),
            (
                Versions::Negotiated,
                Some(&b"h2"[..]),
                Some(Version::HTTP_2),
            ),
            (Versions::Http1, None, Some(Version::HTTP_11)),
            (Versions::Http2, Some(b"h2"), Some(Version::HTTP_2)),
            (Versions::Http2, None, None),
            (Versions::Http2, Some(b"http/1.1"), None),
        ] {
            let failure = match (versions.by_alpn(chosen), version) {
                (Ok(selected), Some(version)) => {
                    assert_eq!(selected, version, "{versions:?}");
                    continue;
                }
                (Err(failure), None) => failure,
                (ended, expected) => panic!("{ended:?}, and not {expected:?}"),
            };
            assert_eq!(
                (failure.kind, failure.delivery),
                (Kind::Protocol, Delivery::NotSent)
            );
            assert!(!failure.is_retryable());
        }
    }
}
