//! Which requests are sent again, and how often.

use std::mem;

use crate::body::Body;
use crate::error::{Delivery, Error};
use crate::limits::MAX_SENDINGS;

/// The tries so far.
pub(super) struct Tries {
    /// How far the furthest try got.
    reached: Delivery,
    /// Whether a new connection did not accept the request.
    refused_by_new: bool,
    /// How many tries a server refused.
    refused: u8,
    /// Whether a request was sent again that may have been processed.
    replayed: bool,
}

impl Default for Tries {
    fn default() -> Self {
        Self {
            reached: Delivery::NotSent,
            refused_by_new: false,
            refused: 0,
            replayed: false,
        }
    }
}

impl Tries {
    /// Adds to `error` how far earlier tries got.
    pub(super) fn blame(&self, error: Error) -> Error {
        error.sent_before(self.reached)
    }

    /// The body for another try, if there may be one. `replayable` is a request that was lost with
    /// its connection and may be processed twice.
    pub(super) fn again(
        &mut self,
        delivery: Delivery,
        returned: Option<Body>,
        spare: Option<Body>,
        reused: bool,
        replayable: bool,
    ) -> Option<Body> {
        self.reached = self.reached.max(delivery);
        let again = match delivery {
            Delivery::NotSent => {
                let refused = !reused && mem::replace(&mut self.refused_by_new, true);
                return returned.filter(|_| !refused);
            }
            Delivery::RefusedUnprocessed => {
                self.refused += 1;
                self.refused < MAX_SENDINGS
            }
            Delivery::MaybeProcessed => {
                reused && replayable && !mem::replace(&mut self.replayed, true)
            }
            Delivery::Answered => false,
        };
        spare.filter(|_| again)
    }
}
