/// How far a request got on its way to the server. Whether it may be sent again rests on this.
///
/// If it is not known, it is [`MaybeProcessed`](Self::MaybeProcessed). Values are ordered by how
/// far the request got, the least first. For several attempts, take the largest:
///
/// ```
/// use bonafide_tower::retry::Delivery;
///
/// let attempts = [Delivery::MaybeProcessed, Delivery::NotSent];
/// assert_eq!(attempts.into_iter().max(), Some(Delivery::MaybeProcessed));
/// ```
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
    /// The server answered it, in whole or in part.
    Answered,
}

impl Delivery {
    /// Whether the server provably did nothing with the request.
    pub const fn is_unprocessed(self) -> bool {
        matches!(self, Self::NotSent | Self::RefusedUnprocessed)
    }
}
