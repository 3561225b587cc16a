//! A policy that changes while clients use it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use arc_swap::{ArcSwap, Guard};

use crate::config_error::ConfigError;
use crate::epoch::Epoch;
use crate::event::{Event, PolicyReplaced};
use crate::policy::Policy;

/// A place for the policy of this moment; clones are the same place.
///
/// Clients that were built with a handle judge by the policy that it holds: from the moment that [`replace`](Self::replace) returns, no request rides on a connection or a
/// session ticket of an older one. Responses that are under way finish, and their receipts say that the policy was replaced.
///
/// ```
/// use bonafide_verify::{Anchors, Policy, PolicyHandle};
///
/// # let (old, new) = (bonafide_testkit::TestCa::new(), bonafide_testkit::TestCa::new());
/// let with_both = Anchors::only(old.certificate().clone()).plus(new.certificate().clone());
/// let handle = PolicyHandle::new(Policy::builder().anchors(with_both).build()?);
/// // … the servers have moved to the new authority:
/// handle.replace(Policy::builder().anchors(Anchors::only(new.certificate().clone())).build()?)?;
/// # Ok::<(), bonafide_verify::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct PolicyHandle(Arc<Inner>);

struct Inner {
    current: ArcSwap<Policy>,
    /// Held while a policy is replaced, so that those who follow are told in order.
    followers: Mutex<Vec<Weak<dyn Follower>>>,
}

/// Whoever keeps something that rests on a policy, such as connections.
pub trait Follower: Send + Sync {
    /// `policy` is the current one from now on. Called before [`PolicyHandle::replace`] returns; what rests on an older epoch is to be let go.
    fn replaced_by(&self, policy: &Policy);
}

impl PolicyHandle {
    /// A handle that holds `policy`.
    pub fn new(policy: Policy) -> Self {
        Self(Arc::new(Inner {
            current: ArcSwap::from_pointee(policy),
            followers: Mutex::default(),
        }))
    }

    /// The policy of this moment. The guard is for a moment too: keep a [`Policy`] by cloning it.
    pub fn current(&self) -> Guard<Arc<Policy>> {
        self.0.current.load()
    }

    /// The epoch of the policy of this moment.
    pub fn epoch(&self) -> Epoch {
        self.current().epoch()
    }

    /// Puts `policy` in the place of the current one and gives its epoch, once all that rests on older ones is let go.
    ///
    /// All of its anchors are loaded first, on this thread. A policy that was in use before, put back, gets an epoch of its own: what
    /// rested on it then does not come back.
    ///
    /// # Errors
    /// [`ConfigError::NoAnchors`] for a zone without anchors; the current policy then stays.
    pub fn replace(&self, policy: Policy) -> Result<Epoch, ConfigError> {
        policy.load()?;
        let mut followers = self
            .0
            .followers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let replaced = self.0.current.load_full();
        let policy = if policy.epoch() > replaced.epoch() {
            policy
        } else {
            policy.renewed()
        };
        let epoch = policy.epoch();
        self.0.current.store(Arc::new(policy.clone()));
        replaced.was_replaced_by(epoch);
        policy.events().emit(&Event::PolicyReplaced(PolicyReplaced {
            from: replaced.epoch(),
            to: epoch,
        }));
        followers.retain(|follower| match follower.upgrade() {
            Some(follower) => {
                follower.replaced_by(&policy);
                true
            }
            None => false,
        });
        Ok(epoch)
    }

    /// Has `follower` told of every replacement from now on, for as long as somebody else keeps it. A follower must not replace the policy.
    pub fn tell(&self, follower: Weak<dyn Follower>) {
        self.0
            .followers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(follower);
    }
}

impl From<Policy> for PolicyHandle {
    fn from(policy: Policy) -> Self {
        Self::new(policy)
    }
}

impl fmt::Debug for PolicyHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PolicyHandle")
            .field(&**self.current())
            .finish()
    }
}
