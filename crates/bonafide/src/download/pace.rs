//! How fast a download must be.

use std::time::Duration;

use tokio::time::Instant;

/// The least bytes that must arrive in each period of waiting.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub(super) bytes: u64,
    pub(super) per: Duration,
    /// Of the present period. What passes while the file is written is not counted.
    waited: Duration,
    arrived: u64,
}

impl Pace {
    pub(super) fn new(bytes: u64, per: Duration) -> Self {
        Self {
            bytes,
            per,
            waited: Duration::ZERO,
            arrived: 0,
        }
    }

    /// How much longer a period lasts.
    pub(super) fn left(&self) -> Duration {
        self.per.saturating_sub(self.waited)
    }

    /// Counts what has `arrived` since `start`. Returns whether the pace is kept.
    pub(super) fn note(&mut self, start: Instant, arrived: u64) -> bool {
        self.waited += start.elapsed();
        self.arrived += arrived;
        if self.waited < self.per {
            return true;
        }
        let is_kept = self.arrived >= self.bytes;
        self.waited = Duration::ZERO;
        self.arrived = 0;
        is_kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_period_is_judged_by_itself_and_only_waiting_counts() {
        let mut pace = Pace::new(10, Duration::from_secs(4));
        let mut step = async |seconds, bytes| {
            let start = Instant::now();
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            pace.note(start, bytes)
        };
        assert!(step(2, 9).await);
        // Not counted: the caller was busy.
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert!(step(2, 1).await);
        assert!(step(3, 100).await);
        assert!(step(1, 0).await);
        assert!(!step(4, 9).await);
    }
}
