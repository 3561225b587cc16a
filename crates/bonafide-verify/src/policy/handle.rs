//! A policy that changes while clients use it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use arc_swap::{ArcSwap, Guard};

use crate::config::epoch::Epoch;
use crate::config::error::ConfigError;
use crate::events::subscription::{Listener, Subscribers};
use crate::events::{Event, Events, PolicyReplaced};
use crate::policy::Policy;

/// Holds the current policy, which can be replaced. Clones share it.
///
/// Clients that were built with a handle judge by the policy that it holds. After
/// [`replace`](Self::replace) has returned, no request uses a connection or a session ticket of an
/// older policy. Exchanges in progress finish, and their receipts say that the policy was replaced.
///
/// An exchange is in progress if its request was handed to a connection before, even if the server
/// has not read it yet. Over HTTP/2 these are at most as many as the streams that the server
/// allowed at that time, and one if it allows none. Further requests wait in the client and are
/// judged by the new policy.
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
    /// Held while a policy is replaced, so that listeners are notified in order.
    replacing: Mutex<()>,
    subscribers: Subscribers<dyn Listener<Policy>>,
}

impl PolicyHandle {
    /// A handle that holds `policy`. A policy that is or was in another handle gets a new epoch
    /// here, so the two handles are independent.
    pub fn new(policy: Policy) -> Self {
        let policy = policy.placed();
        policy.came_into_force();
        Self(Arc::new(Inner {
            current: ArcSwap::from_pointee(policy),
            replacing: Mutex::default(),
            subscribers: Subscribers::default(),
        }))
    }

    /// The current policy. Do not hold the guard for long: clone the [`Policy`] to keep it.
    pub fn current(&self) -> Guard<Arc<Policy>> {
        self.0.current.load()
    }

    /// The epoch of the current policy.
    pub fn epoch(&self) -> Epoch {
        self.current().epoch()
    }

    /// Replaces the current policy with `policy` and returns its epoch, after all listeners have
    /// dropped what depends on older policies.
    ///
    /// All of its anchors are loaded first, on this thread. A policy that was in use before gets a
    /// new epoch: connections of its former epoch are not used again. The sinks of both policies
    /// are notified last.
    ///
    /// # Errors
    /// [`ConfigError::NoAnchors`] for a zone without anchors; the current policy then stays.
    ///
    /// # Panics
    /// If a listener or a sink panics. The policy has been replaced nevertheless, and every
    /// listener has been notified.
    pub fn replace(&self, policy: Policy) -> Result<Epoch, ConfigError> {
        policy.load()?;
        let replacing = self.0.replacing.lock();
        let replacing = replacing.unwrap_or_else(PoisonError::into_inner);
        let replaced = self.0.current.load_full();
        let policy = policy.placed();
        let policy = if policy.epoch() > replaced.epoch() {
            policy
        } else {
            policy.renewed().placed()
        };
        let epoch = policy.epoch();
        policy.takes_over_from(&replaced);
        self.0.current.store(Arc::new(policy.clone()));
        replaced.was_replaced_by(epoch);
        self.0.subscribers.notify(&policy);
        drop(replacing);
        let event = Event::PolicyReplaced(PolicyReplaced {
            from: replaced.epoch(),
            to: epoch,
        });
        Events::of_all([policy.events(), replaced.events()]).emit(&event);
        policy.came_into_force();
        Ok(epoch)
    }

    /// Subscribes `listener` to replacements, until it is dropped. The policy may have been
    /// replaced before the subscription: read [`current`](Self::current) afterwards.
    pub fn subscribe(&self, listener: Weak<impl Listener<Policy> + 'static>) {
        let listener: Weak<dyn Listener<Policy>> = listener;
        self.0.subscribers.subscribe(&listener);
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
