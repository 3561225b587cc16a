//! How far a request got that a caller's layer may send more than once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use crate::error::{Delivery, Error};

/// How far the copies of one request got below a layer. A layer that retries, hedges or
/// authenticates returns the error of its last sending, which says nothing about the earlier ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reached {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// How many copies are being sent now.
    under_way: AtomicUsize,
    /// How far the copies that were sent got: 0 if none was sent, else a position in [`ORDER`],
    /// counted from 1.
    furthest: AtomicU8,
}

/// Ordered from the least far to the furthest.
const ORDER: [Delivery; 4] = [
    Delivery::NotSent,
    Delivery::RefusedUnprocessed,
    Delivery::MaybeProcessed,
    Delivery::Answered,
];

impl Reached {
    /// Records that a sending begins. Until its end is recorded, the request may have been
    /// processed.
    pub(crate) fn begin(self) -> Sending {
        self.shared.under_way.fetch_add(1, Ordering::AcqRel);
        Sending {
            reached: self,
            delivery: Delivery::MaybeProcessed,
        }
    }

    /// Adds to the error of a layer how far the layer's request got. If no copy came back here, the
    /// layer sent something else, which may have been processed.
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
    /// Records how it ended.
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
