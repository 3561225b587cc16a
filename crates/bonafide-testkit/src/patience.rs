//! The wait for counters to reach a value, with a time limit.

use std::fmt;
use std::time::Duration;

use tokio::sync::Notify;

/// How long a test may wait for a condition.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until the value of `snapshot` meets the condition. It is checked again whenever `changed`
/// is notified.
pub(crate) async fn until<S: fmt::Debug>(
    changed: &Notify,
    snapshot: impl Fn() -> S,
    condition: impl Fn(&S) -> bool,
) -> S {
    let reached = async {
        loop {
            let mut changed = std::pin::pin!(changed.notified());
            // From here on no notification is missed.
            changed.as_mut().enable();
            let now = snapshot();
            if condition(&now) {
                return now;
            }
            changed.await;
        }
    };
    tokio::time::timeout(PATIENCE, reached)
        .await
        .unwrap_or_else(|_| {
            panic!(
                "the condition was not met within {PATIENCE:?}: {:?}",
                snapshot()
            )
        })
}
