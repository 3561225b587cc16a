//! How often the call was attempted.

use bonafide_tower::retry::{Attempts, IdempotencyKey};

use super::Response;

impl Response {
    /// How many attempts the call made, over all hops: 1 for a response to the first one. 0 if they
    /// were not counted: the call had no rule of [retries](crate::retry), and no
    /// [`RetryLayer`](crate::retry::RetryLayer) stands around the client.
    ///
    /// A request that provably was not processed is sent again within an attempt, and not counted.
    pub fn attempts(&self) -> u32 {
        self.answered.found.attempts().map_or(0, Attempts::made)
    }

    /// The idempotency key of all attempts, if they had one and the call had a rule of
    /// [retries](crate::retry): the one that the caller gave, or the one that was made for the call
    /// ([`Keys::MadeForEachCall`](crate::retry::Keys::MadeForEachCall)).
    pub fn idempotency_key(&self) -> Option<&IdempotencyKey> {
        self.answered.found.attempts()?.key()
    }
}
