//! Where the time of a request went.

use std::time::Duration;

/// How long it took to open the connection that a response came over.
///
/// The connection may be older than the request; see [`Timings::reused`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OpeningTimes {
    /// Name lookup; `None` where the address was known without one, or the proxy looked it up.
    pub resolve: Option<Duration>,
    /// The TCP connection, with the proxy's answer where there is a proxy.
    pub connect: Duration,
    /// The TLS handshake; `None` over plain http.
    pub tls: Option<Duration>,
}

/// Where the time of one request went, for the last hop if there were redirects.
///
/// ```
/// # async fn show() -> Result<(), bonafide::Error> {
/// let response = bonafide::get("https://example.com/").await?;
/// if let Some(timings) = response.timings() {
///     println!("waited {:?} for a connection", timings.connection());
///     println!("then {:?} for the headers", timings.headers());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timings {
    pub(crate) connection: Duration,
    pub(crate) headers: Duration,
    pub(crate) reused: bool,
    pub(crate) opening: OpeningTimes,
}

impl Timings {
    /// The wait for a connection, pooled or new.
    pub fn connection(&self) -> Duration {
        self.connection
    }

    /// From having a connection to the response's headers: sending the request and waiting for the
    /// first byte.
    pub fn headers(&self) -> Duration {
        self.headers
    }

    /// Whether the connection had carried a request before this one.
    pub fn reused(&self) -> bool {
        self.reused
    }

    /// How long opening the connection took, by whichever request opened it.
    pub fn opening(&self) -> OpeningTimes {
        self.opening
    }
}
