//! How far a request got that a caller's layer may send more than once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use crate::error::{Delivery, Error};

/// How far the copies of one request got below a layer. A layer that sends again, that hedges or
/// that authenticates gives the error of its last sending, which says nothing of those before.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reached {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// Of the copies that are sent now.
    under_way: AtomicUsize,
    /// Of those that were: 0 for none, else one of [`ORDER`], counted from 1.
    furthest: AtomicU8,
}

/// From the one that got least far.
const ORDER: [Delivery; 4] = [
    Delivery::NotSent,
    Delivery::RefusedUnprocessed,
    Delivery::MaybeProcessed,
    Delivery::Answered,
];

impl Reached {
    /// A sending begins. Unless it says how it ended, it may have been processed.
    pub(crate) fn begin(self) -> Sending {
        self.shared.under_way.fetch_add(1, Ordering::AcqRel);
        Sending {
            reached: self,
            delivery: Delivery::MaybeProcessed,
        }
    }

    /// The error of a layer, which also says how far the request got that the layer had. If none of
    /// its copies was seen again, whatever was sent instead may have been processed.
    pub(crate) fn blame(&self, error: Error) -> Error {
        let Shared {
            under_way,
            furthest,
        } = &*self.shared;
        let all_ended = under_way.load(Ordering::Acquire) == 0;
        let place = usize::from(furthest.load(Ordering::Acquire));
        let known = place.checked_sub(1).and_then(|place| ORDER.get(place));
        let error = error.sent_before(known.copied().unwrap_or(Delivery::MaybeProcessed));
        if all_ended {
            error
        } else {
            error.sent_before(Delivery::MaybeProcessed)
        }
    }
}

/// One sending of a request.
pub(crate) struct Sending {
    reached: Reached,
    delivery: Delivery,
}

impl Sending {
    /// What became of it.
    pub(crate) fn end<T>(mut self, outcome: Result<T, Error>) -> Result<T, Error> {
        self.delivery = match &outcome {
            Ok(_) => Delivery::Answered,
            Err(error) => error.delivery(),
        };
        outcome
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        let place = ORDER.iter().position(|known| *known == self.delivery);
        let place = place.map_or(u8::MAX, |place| place as u8 + 1);
        let Shared {
            under_way,
            furthest,
        } = &*self.reached.shared;
        furthest.fetch_max(place, Ordering::AcqRel);
        under_way.fetch_sub(1, Ordering::AcqRel);
    }
}
