//! A request's place in the queue of its partition.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::connection::Connect;
use super::error::CheckoutError;
use super::offer::Offer;
use super::partition::Partition;
use super::state::WaiterId;

/// What a waiter is sent.
pub(super) type Told<C> = Result<Offer<C>, CheckoutError<<C as Connect>::Error>>;

/// How the partition reaches a request that waits.
pub(super) struct Waiter<C: Connect> {
    /// Takes the outcome.
    pub(super) sender: oneshot::Sender<Told<C>>,
    /// The runtime that the request runs on: attempts may be started from a thread that has none.
    pub(super) runtime: Option<Handle>,
}

/// The request's side. Dropping it leaves the queue; an offer on its way goes back to the partition.
pub(super) struct Wait<C: Connect> {
    place: Place<C>,
    receiver: Option<oneshot::Receiver<Told<C>>>,
}

impl<C: Connect> Wait<C> {
    pub(super) fn new(
        partition: Arc<Partition<C>>,
        id: WaiterId,
        receiver: Option<oneshot::Receiver<Told<C>>>,
    ) -> Self {
        Self {
            place: Place {
                partition,
                id,
                served: false,
            },
            receiver,
        }
    }

    /// Waits for the outcome.
    pub(super) async fn outcome(mut self) -> Told<C> {
        let Some(receiver) = self.receiver.as_mut() else {
            return Err(CheckoutError::Abandoned);
        };
        let told = receiver.await;
        self.place.served = true;
        told.unwrap_or(Err(CheckoutError::Abandoned))
    }
}

struct Place<C: Connect> {
    partition: Arc<Partition<C>>,
    id: WaiterId,
    served: bool,
}

impl<C: Connect> Drop for Place<C> {
    fn drop(&mut self) {
        if !self.served {
            drop(self.partition.step(|state, _, _| state.cancel(self.id)));
        }
    }
}
