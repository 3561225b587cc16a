//! One attempt to connect, on a task of its own.

use std::sync::Arc;

use tokio::runtime::Handle;

use super::connection::{Connect, Connected};
use super::error::CheckoutError;
use super::partition::Partition;

/// The attempt. However its task ends (by a panic, by the end of its runtime, without ever running), the partition
/// hears of it, so nobody waits for ever.
pub(super) struct Attempt<C: Connect> {
    partition: Arc<Partition<C>>,
    ended: bool,
}

impl<C: Connect> Attempt<C> {
    /// Starts one. Without a runtime it is abandoned at once.
    pub(super) fn start(partition: Arc<Partition<C>>, runtime: Option<&Handle>) {
        let attempt = Self {
            partition,
            ended: false,
        };
        if let Some(runtime) = runtime {
            runtime.spawn(attempt.run());
        }
    }

    async fn run(mut self) {
        let result = self
            .partition
            .core()
            .connector
            .connect(self.partition.key())
            .await;
        self.ended = true;
        self.end(result);
    }

    fn end(&self, result: Result<Connected<C>, C::Error>) {
        match result {
            Ok(connected) => {
                self.partition.counters().opened();
                self.partition
                    .step(|state, now, steps| state.attempt_connected(connected, now, steps));
            }
            Err(error) => {
                let error = CheckoutError::Connect(error);
                self.partition
                    .step(|state, now, steps| state.attempt_failed(error, now, steps));
            }
        }
    }
}

impl<C: Connect> Drop for Attempt<C> {
    fn drop(&mut self) {
        if !self.ended {
            let error = if std::thread::panicking() {
                CheckoutError::Panicked
            } else {
                CheckoutError::Abandoned
            };
            self.partition
                .step(|state, now, steps| state.attempt_abandoned(error, now, steps));
        }
    }
}
