//! How far a request got.

/// How far a request got on its way to the server. Whether it may be sent again rests on this alone; where it is not
/// known, it is [`MaybeProcessed`](Self::MaybeProcessed).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// Not a byte of it was sent.
    NotSent,
    /// The server said that it did nothing with it (RFC 9113 sections 6.8 and 8.7).
    RefusedUnprocessed,
    /// The server may have acted on it.
    MaybeProcessed,
    /// The server answered it.
    Answered,
}

impl Delivery {
    /// Whether the server provably did nothing with the request.
    pub(crate) fn is_unprocessed(self) -> bool {
        matches!(self, Self::NotSent | Self::RefusedUnprocessed)
    }
}
