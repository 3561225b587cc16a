/// How far a request got on its way to the server. Whether it may be sent again rests on this.
///
/// Where it is not known, it is [`MaybeProcessed`](Self::MaybeProcessed). The order is from the
/// request that got least far; of several attempts, the furthest counts:
///
/// ```
/// use bonafide_tower::retry::Delivery;
///
/// let attempts = [Delivery::MaybeProcessed, Delivery::NotSent];
/// assert_eq!(attempts.into_iter().max(), Some(Delivery::MaybeProcessed));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Delivery {
    /// Not a byte of it was sent.
    NotSent,
    /// The server said that it did nothing with it: it refused the HTTP/2 stream, or named an
    /// earlier one as the last it processed when it closed the connection (RFC 9113 sections 8.7
    /// and 6.8).
    RefusedUnprocessed,
    /// The server may have acted on it: some of it was sent, and no answer came.
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
