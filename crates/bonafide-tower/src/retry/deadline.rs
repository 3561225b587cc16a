use std::time::Duration;

use tokio::time::Instant;

/// The time at which a call must have ended. The caller, or an outer layer with a time limit, puts
/// it into the extensions of a request. If the wait before a retry would reach the deadline, the
/// layer does not wait and returns the last response or error.
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
    /// The deadline `limit` from now.
    pub fn after(limit: Duration) -> Self {
        let now = Instant::now();
        // If the clock cannot represent the limit, use a very long time.
        let far = now + Duration::from_secs(86_400 * 365);
        Self(now.checked_add(limit).unwrap_or(far))
    }
}
