//! One attempt to connect, on a task of its own.

use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Weak};
use std::task::Poll;

use tokio::runtime::Handle;
use tokio::sync::watch;

use super::connection::{Connect, Connected, Http2Conn as _, Protocol};
use super::error::CheckoutError;
use super::partition::Partition;

/// The attempt. However its task ends (by a panic, by the end of its runtime, without ever
/// running), the partition is notified, so no request waits for ever.
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
            // tokio copies what it spawns several times.
            runtime.spawn(Box::pin(attempt.run()));
        }
    }

    /// Connects, unless the partition is evicted meanwhile: no request could use the connection
    /// then.
    async fn run(mut self) {
        let result = {
            let connector = &self.partition.core().connector;
            let mut connecting = connector.connect(self.partition.key());
            let mut evicted = pin!(self.partition.is_done());
            poll_fn(|cx| match connecting.as_mut().poll(cx) {
                Poll::Ready(result) => Poll::Ready(Some(result)),
                Poll::Pending => evicted.as_mut().poll(cx).map(|()| None),
            })
            .await
        };
        self.ended = true;
        match result {
            Some(result) => self.end(result),
            None => self.partition.step(|state, now, steps| {
                state.attempt_abandoned(CheckoutError::Evicted, now, steps);
            }),
        }
    }

    fn end(&self, result: Result<Connected<C>, C::Error>) {
        match result {
            Ok(connected) => {
                self.partition.counters().opened();
                if let Protocol::Http2(handle) = &connected.protocol {
                    // Before the partition gets the connection, so that no change is missed.
                    let changes = handle.limit_changes();
                    tokio::spawn(follow(changes, Arc::downgrade(&self.partition)));
                }
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

/// Serves waiting requests whenever the peer changes its stream limit, until the connection has
/// ended.
async fn follow<C: Connect>(mut changes: watch::Receiver<()>, partition: Weak<Partition<C>>) {
    while changes.changed().await.is_ok()
        && let Some(partition) = partition.upgrade()
    {
        partition.step(|state, now, steps| state.limit_changed(now, steps));
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
