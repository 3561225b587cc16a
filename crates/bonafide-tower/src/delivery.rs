//! How far a request got, and whether it may be sent again.

use http::Method;

/// How far a request got on its way to the server. It alone decides whether the request may be
/// sent again.
///
/// Where it is not known, it is [`MaybeProcessed`](Self::MaybeProcessed). Values are ordered by how
/// far the request got, the least first. For several attempts, take the largest:
///
/// ```
/// use bonafide_tower::delivery::Delivery;
///
/// let attempts = [Delivery::MaybeProcessed, Delivery::NotSent];
/// assert_eq!(attempts.into_iter().max(), Some(Delivery::MaybeProcessed));
/// ```
///
/// `bonafide::Delivery` is this type: the client's errors have one each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Delivery {
    /// No byte of the request was sent.
    NotSent,
    /// The server reported that it did not process the request: it refused the HTTP/2 stream, or
    /// closed the connection with a GOAWAY that names an earlier stream as the last one processed
    /// (RFC 9113 sections 8.7 and 6.8).
    RefusedUnprocessed,
    /// The server may have processed the request: some of it was sent, and no response arrived.
    MaybeProcessed,
    /// The server responded, in whole or in part.
    Answered,
}

impl Delivery {
    /// Whether the server provably did not process the request.
    pub const fn is_unprocessed(self) -> bool {
        matches!(self, Self::NotSent | Self::RefusedUnprocessed)
    }
}

/// Whether a request of `method` that is processed twice has the effect of one: `GET`, `HEAD`,
/// `OPTIONS`, `TRACE`, `PUT` and `DELETE` (RFC 9110 section 9.2.2).
///
/// ```
/// use bonafide_tower::delivery::is_idempotent;
/// use http::Method;
///
/// assert!(is_idempotent(&Method::PUT));
/// assert!(!is_idempotent(&Method::POST));
/// ```
pub fn is_idempotent(method: &Method) -> bool {
    matches!(
        *method,
        Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE | Method::PUT | Method::DELETE
    )
}
