use std::time::Duration;

use tokio::time::Instant;

/// When a call must be over: in the extensions of a request, by the caller or by a layer further
/// out that ends calls. No retry waits until then or longer; the last response or error is given
/// instead.
///
/// ```
/// use std::time::Duration;
///
/// use bonafide_tower::retry::Deadline;
/// use http::Request;
///
/// let request = Request::get("https://example.com/")
///     .extension(Deadline::after(Duration::from_secs(30)))
///     .body(())?;
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(pub Instant);

impl Deadline {
    /// The moment that is `limit` from now.
    pub fn after(limit: Duration) -> Self {
        let now = Instant::now();
        // A limit beyond what a clock counts is a long time.
        let far = now + Duration::from_secs(86_400 * 365);
        Self(now.checked_add(limit).unwrap_or(far))
    }
}
