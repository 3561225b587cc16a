//! A policy that changes while clients use it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use arc_swap::{ArcSwap, Guard};

use crate::config::epoch::Epoch;
use crate::config::error::ConfigError;
use crate::events::subscription::{Listener, Subscribers};
use crate::events::{Event, Events, PolicyReplaced};
use crate::policy::Policy;

/// A place for the policy of this moment; clones are the same place.
///
/// Clients that were built with a handle judge by the policy that it holds: from the moment that
/// [`replace`](Self::replace) returns, no request rides on a connection or a session ticket of an
/// older one. Responses that are under way finish, and their receipts say that the policy was
/// replaced.
///
/// Under way is what was handed to a connection by then, even if the server has yet to read it.
/// Over HTTP/2 that is no more than the streams that the server allowed at the time, and one if it
/// allows none; requests beyond wait in the client, and are judged anew.
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
    /// A handle that holds `policy`. One that is or was in another handle gets an epoch of its own
    /// here: what becomes of it there plays no part.
    pub fn new(policy: Policy) -> Self {
        let policy = policy.placed();
        policy.came_into_force();
        Self(Arc::new(Inner {
            current: ArcSwap::from_pointee(policy),
            replacing: Mutex::default(),
            subscribers: Subscribers::default(),
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

    /// Puts `policy` in the place of the current one and gives its epoch, once all that rests on
    /// older ones is let go.
    ///
    /// All of its anchors are loaded first, on this thread. A policy that was in use before, put
    /// back, gets an epoch of its own: what rested on it then does not come back. The sinks of both
    /// policies are notified last, when everything is done.
    ///
    /// # Errors
    /// [`ConfigError::NoAnchors`] for a zone without anchors; the current policy then stays.
    ///
    /// # Panics
    /// If a listener or a sink panics; the policy is replaced then all the same, and every listener
    /// has been notified.
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

    /// Has `listener` notified of every replacement from now on, for as long as it is kept
    /// elsewhere. The policy may have been replaced before: look at [`current`](Self::current)
    /// afterwards.
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
