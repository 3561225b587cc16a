//! How often the call that failed was attempted.

use bonafide_tower::retry::{Attempts, IdempotencyKey};

use super::Error;

impl Error {
    /// How many attempts the call made, over all hops: see
    /// [`Response::attempts`](crate::Response::attempts). 0 if no attempt was counted: the call had
    /// no rule of retries, or ended before its first attempt did.
    pub fn attempts(&self) -> u32 {
        self.inner.attempts.as_ref().map_or(0, Attempts::made)
    }

    /// The idempotency key of all attempts, if they had one: see
    /// [`Response::idempotency_key`](crate::Response::idempotency_key). With it, the same request
    /// can be sent again later.
    pub fn idempotency_key(&self) -> Option<&IdempotencyKey> {
        self.inner.attempts.as_ref()?.key()
    }

    /// Adds the attempts of the call.
    pub(crate) fn counted(mut self, attempts: &Attempts) -> Self {
        if self.inner.attempts.is_none() || attempts.made() > 0 {
            self.inner.attempts = Some(attempts.clone());
        }
        self
    }
}
