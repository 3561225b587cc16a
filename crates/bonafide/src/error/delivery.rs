//! How far a request got.

/// How far a request got on its way to the server.
///
/// Ask [`Error::delivery`](crate::Error::delivery). Whether a request may be sent again rests on this
/// alone. Where it is not known, it is [`MaybeProcessed`](Self::MaybeProcessed).
///
/// ```
/// use bonafide::Delivery;
///
/// # async fn show(client: bonafide::Client) {
/// let order = client.post("https://shop.example/orders").body("one cake");
/// if let Err(error) = order.send().await {
///     match error.delivery() {
///         Delivery::NotSent | Delivery::RefusedUnprocessed => println!("no cake yet: order again"),
///         Delivery::MaybeProcessed => println!("ask the shop before you order again"),
///         Delivery::Answered => println!("the shop has the order"),
///     }
/// }
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// Not a byte of it was sent.
    NotSent,
    /// The server said that it did nothing with it: it refused the HTTP/2 stream, or named an earlier
    /// one as the last it processed when it closed the connection (RFC 9113 sections 8.7 and 6.8).
    RefusedUnprocessed,
    /// The server may have acted on it: some of it was sent, and no answer came.
    MaybeProcessed,
    /// The server answered it, in whole or in part.
    Answered,
}

impl Delivery {
    /// Whether the server provably did nothing with the request.
    pub fn is_unprocessed(self) -> bool {
        matches!(self, Self::NotSent | Self::RefusedUnprocessed)
    }

    /// How far a request got that was sent twice: as far as the sending that got further.
    pub(crate) fn or_further(self, other: Self) -> Self {
        if other as u8 > self as u8 {
            other
        } else {
            self
        }
    }
}
