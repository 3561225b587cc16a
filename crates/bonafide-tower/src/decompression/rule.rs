//! Which codings to accept, and which to decode: synchronous, without a client.
//!
//! RFC 9110 sections 8.4 (`Content-Encoding`) and 12.5.3 (`Accept-Encoding`).

use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, RANGE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use super::coding::acceptable;
use super::{Coding, DecompressionError};

/// How many codings of one body are decoded, one after the other. Servers apply one; each further
/// one multiplies the memory and the work that a body can cost.
pub const MAX_CODINGS: usize = 4;

/// The `Accept-Encoding` to add to a request: all codings that this build decodes.
///
/// `None` if the caller has set one, if the request asks for a range (a part of encoded bytes
/// cannot be decoded), for `CONNECT`, and if this build decodes nothing.
///
/// ```
/// # #[cfg(feature = "decompression-gzip")]
/// # {
/// use bonafide_tower::decompression::accept_encoding;
/// use http::{HeaderMap, HeaderValue, Method};
///
/// let mut headers = HeaderMap::new();
/// assert!(accept_encoding(&Method::GET, &headers).is_some());
///
/// headers.insert("range", HeaderValue::from_static("bytes=500-"));
/// assert_eq!(accept_encoding(&Method::GET, &headers), None);
/// # }
/// ```
pub fn accept_encoding(method: &Method, headers: &HeaderMap) -> Option<HeaderValue> {
    let is_settled = headers.contains_key(ACCEPT_ENCODING) || headers.contains_key(RANGE);
    if is_settled || method == Method::CONNECT {
        return None;
    }
    acceptable()
}

/// Which codings of a response's body are decoded, and in which order.
///
/// The default is to decode nothing.
///
/// ```
/// # #[cfg(all(feature = "decompression-gzip", feature = "decompression-br"))]
/// # {
/// use bonafide_tower::decompression::{Coding, Plan};
/// use http::{HeaderMap, HeaderValue, Method, StatusCode};
///
/// let mut headers = HeaderMap::new();
/// headers.insert("content-encoding", HeaderValue::from_static("gzip, br"));
/// headers.insert("content-length", HeaderValue::from_static("612"));
/// let plan = Plan::new(&Method::GET, StatusCode::OK, &headers)?;
/// assert_eq!(plan.codings().collect::<Vec<_>>(), [Coding::Brotli, Coding::Gzip]);
///
/// plan.edit_headers(&mut headers);
/// assert!(headers.is_empty());
/// # }
/// # Ok::<(), bonafide_tower::decompression::DecompressionError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// In the order in which they are decoded; those after the first `None` are `None`.
    codings: [Option<Coding>; MAX_CODINGS],
}

impl Plan {
    /// The plan for the response with this status and these headers to a request of this method.
    ///
    /// It is empty if there is no content: for `HEAD`, a 1xx, 204, 205 and 304, a 2xx to `CONNECT`,
    /// and `Content-Length: 0`. It is empty for 206, which has a part of the encoded bytes, and
    /// where `Content-Encoding` lists a coding that this build does not decode: then the whole body
    /// stays encoded, as its headers say.
    ///
    /// # Errors
    ///
    /// [`DecompressionError::TooManyCodings`] if more than [`MAX_CODINGS`] would have to be
    /// decoded.
    pub fn new(
        method: &Method,
        status: StatusCode,
        headers: &HeaderMap,
    ) -> Result<Self, DecompressionError> {
        if !headers.contains_key(CONTENT_ENCODING) || !has_content(method, status, headers) {
            return Ok(Self::default());
        }
        let mut plan = Self::default();
        let mut count = 0_usize;
        // The coding that was applied last is decoded first.
        for value in headers.get_all(CONTENT_ENCODING).iter().rev() {
            let Ok(value) = value.to_str() else {
                return Ok(Self::default());
            };
            for token in value
                .rsplit(',')
                .map(|token| token.trim_matches([' ', '\t']))
            {
                if token.is_empty() || token.eq_ignore_ascii_case("identity") {
                    continue;
                }
                let Some(coding) = Coding::from_token(token) else {
                    return Ok(Self::default());
                };
                if let Some(place) = plan.codings.get_mut(count) {
                    *place = Some(coding);
                }
                count += 1;
            }
        }
        if count > MAX_CODINGS {
            return Err(DecompressionError::TooManyCodings { limit: MAX_CODINGS });
        }
        Ok(plan)
    }

    /// Whether nothing is decoded.
    pub const fn is_empty(&self) -> bool {
        self.codings[0].is_none()
    }

    /// The codings, in the order in which they are decoded: that of `Content-Encoding`, reversed.
    pub fn codings(&self) -> impl Iterator<Item = Coding> + use<> {
        self.codings.into_iter().flatten()
    }

    /// Removes `Content-Encoding` and `Content-Length` from the headers of a response that is
    /// decoded. Does not change the headers of other responses.
    pub fn edit_headers(&self, headers: &mut HeaderMap) {
        if !self.is_empty() {
            headers.remove(CONTENT_ENCODING);
            headers.remove(CONTENT_LENGTH);
        }
    }
}

/// Whether such a response has content (RFC 9110 section 6.4.1), and all of it.
fn has_content(method: &Method, status: StatusCode, headers: &HeaderMap) -> bool {
    let has_none = method == Method::HEAD
        || status.is_informational()
        || matches!(
            status,
            StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED
        )
        || (method == Method::CONNECT && status.is_success())
        || headers
            .get(CONTENT_LENGTH)
            .is_some_and(|length| length == "0");
    !has_none && status != StatusCode::PARTIAL_CONTENT
}
