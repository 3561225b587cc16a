//! Where the time of a request went.

use std::time::Duration;

/// How long it took to open a connection, by step. A step that was not needed, or not reached, is
/// `None`. One that failed has the time until it failed.
///
/// The connection may be older than the request; see [`Timings::reused`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OpeningTimes {
    /// Name lookup; `None` where the address was known without one, or the proxy looked it up.
    pub resolve: Option<Duration>,
    /// The TCP connection, to the server or to the proxy.
    pub connect: Option<Duration>,
    /// The proxy's answer; `None` without a proxy.
    pub proxy: Option<Duration>,
    /// The TLS handshake; `None` over plain http.
    pub tls: Option<Duration>,
}

/// Where the time of one request went until its response's headers arrived, or until it failed: for
/// the last hop and attempt, and [in all](Self::total). A part that was not reached is zero.
///
/// It is taken at the headers and does not change afterwards; the end of the body is an
/// [event](crate::events).
///
/// ```
/// # async fn show() -> Result<(), bonafide::Error> {
/// let response = bonafide::get("https://example.com/").await?;
/// if let Some(timings) = response.timings() {
///     println!("{:?} until there was a connection", timings.connection());
///     println!("{:?} to send the request", timings.send());
///     println!("{:?} until the headers", timings.wait());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timings {
    pub(crate) connection: Duration,
    pub(crate) send: Duration,
    pub(crate) wait: Duration,
    pub(crate) total: Duration,
    pub(crate) reused: bool,
    pub(crate) opening: OpeningTimes,
}

impl Timings {
    /// The wait for a connection, pooled or new, with earlier sendings of the same attempt that
    /// provably were not processed.
    pub fn connection(&self) -> Duration {
        self.connection
    }

    /// From having a connection until the connection had taken the whole request. Zero for a
    /// request without a body, or with at most 64 KiB in memory, which it takes at once.
    pub fn send(&self) -> Duration {
        self.send
    }

    /// From the end of [sending](Self::send) to the response's headers.
    pub fn wait(&self) -> Duration {
        self.wait
    }

    /// From having a connection to the response's headers: [`send`](Self::send) and
    /// [`wait`](Self::wait).
    pub fn headers(&self) -> Duration {
        self.send + self.wait
    }

    /// From the start of the call, with all its redirects and retries, to the headers of the last
    /// response.
    pub fn total(&self) -> Duration {
        self.total
    }

    /// Whether the connection was made for another request or was kept idle.
    pub fn reused(&self) -> bool {
        self.reused
    }

    /// How long opening the connection took, for whichever request it was opened, or the attempt to
    /// open it that failed.
    pub fn opening(&self) -> OpeningTimes {
        self.opening
    }
}
