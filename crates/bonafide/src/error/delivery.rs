//! How far a request got.

/// How far a request got on its way to the server.
///
/// [`Error::delivery`](crate::Error::delivery) returns it. It alone decides whether a request may
/// be sent again. Where it is not known, it is [`MaybeProcessed`](Self::MaybeProcessed).
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
    /// No byte of the request was sent.
    NotSent,
    /// The server reported that it did not process the request: it refused the HTTP/2 stream, or
    /// closed the connection and named an earlier stream as the last one that it processed (RFC
    /// 9113 sections 8.7 and 6.8).
    RefusedUnprocessed,
    /// The server may have processed the request: some of it was sent, and no response arrived.
    MaybeProcessed,
    /// The server responded, in whole or in part.
    Answered,
}

impl Delivery {
    /// Whether the server provably did not process the request.
    pub fn is_unprocessed(self) -> bool {
        matches!(self, Self::NotSent | Self::RefusedUnprocessed)
    }

    /// The delivery of a request that was sent twice: that of the sending that got further.
    pub(crate) fn or_further(self, other: Self) -> Self {
        if other as u8 > self as u8 {
            other
        } else {
            self
        }
    }
}
