//! Whoever keeps connections that rest on client certificates.

use std::sync::{Mutex, PoisonError, Weak};
use std::time::Duration;

/// A change of client certificates.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Rotation {
    /// How long connections made with the certificates before may still be given to requests.
    pub overlap: Duration,
}

/// Whoever keeps connections that rest on a client certificate: a pool.
pub trait IdentityFollower: Send + Sync {
    /// Certificates were replaced: [`Credential::retires_at`](crate::Credential::retires_at) of those before says so by now, and connections that rest on them and
    /// that nobody uses are to be closed, at once or when the overlap is over. Called before the replacement returns; it must not replace an identity.
    fn rotated(&self, rotation: &Rotation);
}

/// Who is told.
#[derive(Default)]
pub(super) struct Followers(Mutex<Vec<Weak<dyn IdentityFollower>>>);

impl Followers {
    /// Adds one, unless it is there already.
    pub(super) fn add(&self, follower: &Weak<dyn IdentityFollower>) {
        let mut followers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        followers.retain(|other| other.strong_count() > 0 && !other.ptr_eq(follower));
        followers.push(Weak::clone(follower));
    }

    pub(super) fn tell(&self, rotation: &Rotation) {
        let followers = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        for follower in followers.iter().filter_map(Weak::upgrade) {
            follower.rotated(rotation);
        }
    }
}
