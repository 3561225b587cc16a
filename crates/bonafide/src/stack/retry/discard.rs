//! The wait before an attempt, and the response of the one before.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::body::Body;
use crate::limits::{Deadline, REPLACED_LIMIT};
use crate::stack::discard::discard;

/// How long to wait for the end of a body that is dropped, if the wait before the next attempt is
/// shorter: a long round trip. A new handshake takes longer.
const PATIENCE: Duration = Duration::from_millis(300);

/// Waits for `after`, and meanwhile reads the rest of `wasted`, so that its connection can serve
/// the next attempt. A body that is long or slow is dropped.
pub(super) async fn wait(after: Duration, wasted: Option<Body>, deadline: Deadline) {
    let now = Instant::now();
    // The clock can represent every wait, unless the caller has set very large limits.
    let ends = now.checked_add(after).unwrap_or(now + FAR);
    if let Some(body) = wasted {
        let patience = after.clamp(PATIENCE, REPLACED_LIMIT);
        let ends = deadline.map_or(now + patience, |(at, _)| at.min(now + patience));
        discard(body, ends).await;
    }
    if ends > Instant::now() {
        sleep_until(ends).await;
    }
}

/// A wait that does not end.
const FAR: Duration = Duration::from_secs(86_400 * 365);

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use bytes::Bytes;
    use futures_util::{StreamExt as _, stream};

    use super::*;

    const KIB: usize = 1024;

    /// A body of `pieces` of 1 KiB, with a time between them; how many of them were read; and what
    /// the body holds as long as it lives.
    fn body(pieces: usize, every: Duration) -> (Body, Arc<AtomicUsize>, Arc<()>) {
        let read = Arc::new(AtomicUsize::new(0));
        let alive = Arc::new(());
        let (counted, held) = (Arc::clone(&read), Arc::clone(&alive));
        let stream = stream::iter(0..pieces).then(move |_| {
            let (counted, held) = (Arc::clone(&counted), Arc::clone(&held));
            async move {
                tokio::time::sleep(every).await;
                counted.fetch_add(1, Ordering::SeqCst);
                drop(held);
                Ok::<_, Infallible>(Bytes::from_static(&[0; KIB]))
            }
        });
        (Body::from_stream(stream), read, alive)
    }

    #[tokio::test(start_paused = true)]
    async fn a_replaced_body_is_read_up_to_its_limits_and_dropped() {
        let millis = Duration::from_millis;
        let deadline = Some((Instant::now() + millis(150), millis(150)));
        // pieces, time between them, wait, deadline of the call, pieces read, time that passes
        for (pieces, every, after, deadline, read, lasts) in [
            // It ends in time, before the wait and after it.
            (9, 0, 500, None, 9, 500),
            (9, 20, 0, None, 9, 180),
            // It is slow: it is dropped after 1 s, and after 300 ms where the wait is shorter.
            (99, 51, 5_000, None, 19, 5_000),
            (99, 51, 0, None, 5, 300),
            (99, 51, 700, None, 13, 700),
            // The call ends sooner.
            (99, 40, 0, deadline, 3, 150),
            // It is large.
            (999, 0, 500, None, 65, 500),
        ] {
            let (start, row) = (Instant::now(), format!("{pieces} {every} {after}"));
            let deadline = deadline.map(|(_, limit)| (start + limit, limit));
            let (body, count, alive) = body(pieces, millis(every));
            wait(millis(after), Some(body), deadline).await;
            assert_eq!(count.load(Ordering::SeqCst), read, "{row}");
            let passed = start.elapsed();
            assert!(passed >= millis(lasts), "{row}: {passed:?}");
            // A timer of tokio counts in whole milliseconds.
            assert!(passed <= millis(lasts + 10), "{row}: {passed:?}");
            assert_eq!(Arc::strong_count(&alive), 1, "{row}: the body is dropped");
        }
    }
}
