//! A request's entry in the queue of its partition.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::connection::Connect;
use super::error::CheckoutError;
use super::partition::Partition;
use super::reservation::Reservation;
use super::state::WaiterId;

/// What a checkout ends in.
pub(super) type CheckoutResult<C> = Result<Reservation<C>, CheckoutError<<C as Connect>::Error>>;

/// How the partition reaches a request that waits.
pub(super) struct Waiter<C: Connect> {
    /// Takes the outcome.
    pub(super) sender: oneshot::Sender<CheckoutResult<C>>,
    /// The runtime that the request runs on: attempts may be started from a thread that has none.
    pub(super) runtime: Option<Handle>,
}

/// The request's side. Dropping it leaves the queue and returns a reservation that was made for it.
pub(super) struct Wait<C: Connect> {
    entry: QueueEntry<C>,
    receiver: Option<oneshot::Receiver<CheckoutResult<C>>>,
}

impl<C: Connect> Wait<C> {
    pub(super) fn new(
        partition: Arc<Partition<C>>,
        id: WaiterId,
        receiver: Option<oneshot::Receiver<CheckoutResult<C>>>,
    ) -> Self {
        Self {
            entry: QueueEntry {
                partition,
                id,
                served: false,
            },
            receiver,
        }
    }

    /// Waits for the outcome.
    pub(super) async fn outcome(mut self) -> CheckoutResult<C> {
        let Some(receiver) = self.receiver.as_mut() else {
            return Err(CheckoutError::Abandoned);
        };
        let result = receiver.await;
        self.entry.served = true;
        result.unwrap_or(Err(CheckoutError::Abandoned))
    }
}

struct QueueEntry<C: Connect> {
    partition: Arc<Partition<C>>,
    id: WaiterId,
    served: bool,
}

impl<C: Connect> Drop for QueueEntry<C> {
    fn drop(&mut self) {
        if !self.served {
            drop(self.partition.step(|state, _, _| state.cancel(self.id)));
        }
    }
}
