//! Listeners that are notified when a policy or a client certificate is replaced.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// Is notified when a policy or a client certificate is replaced. For code that keeps what depends
/// on it, such as a pool of connections.
///
/// | `C` | subscribed by | notified when |
/// |---|---|---|
/// | [`Policy`](crate::Policy) | [`PolicyHandle::subscribe`](crate::PolicyHandle::subscribe) | the policy was replaced, by this one |
/// | [`Rotation`](crate::identity::Rotation) | [`Policy::subscribe_to_identities`](crate::Policy::subscribe_to_identities), [`IdentityHandle::subscribe`](crate::identity::IdentityHandle::subscribe), [`IdentityCallback::subscribe`](crate::identity::IdentityCallback::subscribe) | a client certificate was replaced |
///
/// A subscription holds the listener by a [`Weak`] reference: it ends when the listener is dropped.
/// A second subscription of the same listener at the same place has no effect.
///
/// Replacements before the subscription are not reported. To miss no change, subscribe first and
/// then read the current value.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use bonafide_verify::{Anchors, Listener, Policy, PolicyHandle};
///
/// /// Knows the newest epoch.
/// #[derive(Default)]
/// struct Newest(AtomicU64);
///
/// impl Listener<Policy> for Newest {
///     fn notify(&self, policy: &Policy) {
///         self.0.fetch_max(policy.epoch().get(), Ordering::SeqCst);
///     }
/// }
///
/// # let ca = bonafide_testkit::TestCa::new();
/// # let policy = || Policy::builder().anchors(Anchors::only(ca.certificate().clone())).build();
/// let handle = PolicyHandle::new(policy()?);
/// let newest = Arc::new(Newest::default());
/// handle.subscribe(Arc::downgrade(&newest));
/// newest.notify(&handle.current());
///
/// let epoch = handle.replace(policy()?)?;
/// assert_eq!(newest.0.load(Ordering::SeqCst), epoch.get());
/// # Ok::<(), bonafide_verify::ConfigError>(())
/// ```
pub trait Listener<C: ?Sized>: Send + Sync {
    /// Called after the change has been made. Drop what depends on the former value: the
    /// replacement returns after this call. The listener must not replace the same value again.
    fn notify(&self, change: &C);
}

/// The subscribed listeners, by weak references, each once.
pub(crate) struct Subscribers<L: ?Sized>(Mutex<Vec<Weak<L>>>);

impl<L: ?Sized> Subscribers<L> {
    /// Adds `listener` once, and removes listeners that were dropped.
    pub(crate) fn subscribe(&self, listener: &Weak<L>) {
        let mut listeners = self.locked();
        listeners.retain(|other| other.strong_count() > 0 && !other.ptr_eq(listener));
        listeners.push(Weak::clone(listener));
    }

    /// All listeners that still exist, in the order of their subscriptions.
    pub(crate) fn all(&self) -> Vec<Arc<L>> {
        self.locked().iter().filter_map(Weak::upgrade).collect()
    }

    fn locked(&self) -> MutexGuard<'_, Vec<Weak<L>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C: ?Sized> Subscribers<dyn Listener<C>> {
    /// Notifies all listeners. The lock is not held meanwhile: a listener may subscribe others.
    ///
    /// # Panics
    /// With the first panic of a listener, after all listeners were notified.
    pub(crate) fn notify(&self, change: &C) {
        let mut outcome = Ok(());
        for listener in self.all() {
            outcome = outcome.and(catch_unwind(AssertUnwindSafe(|| listener.notify(change))));
        }
        if let Err(panic) = outcome {
            resume_unwind(panic);
        }
    }
}

impl<L: ?Sized> Default for Subscribers<L> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<L: ?Sized> fmt::Debug for Subscribers<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Subscribers")
            .field(&self.locked().len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "a test fails by panicking")]

    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[derive(Default)]
    struct Sum(AtomicU32);

    impl Listener<u32> for Sum {
        fn notify(&self, change: &u32) {
            self.0.fetch_add(*change, Ordering::SeqCst);
        }
    }

    struct Fails;

    impl Listener<u32> for Fails {
        fn notify(&self, _: &u32) {
            panic!("as planned by the test");
        }
    }

    /// Subscribes another listener while it is notified.
    struct Brings(Arc<Subscribers<dyn Listener<u32>>>, Weak<dyn Listener<u32>>);

    impl Listener<u32> for Brings {
        fn notify(&self, _: &u32) {
            self.0.subscribe(&self.1);
        }
    }

    fn weak(listener: &Arc<impl Listener<u32> + 'static>) -> Weak<dyn Listener<u32>> {
        let listener: Arc<dyn Listener<u32>> = Arc::clone(listener) as _;
        Arc::downgrade(&listener)
    }

    #[test]
    fn a_listener_that_is_subscribed_twice_is_notified_once_and_one_that_is_gone_is_forgotten() {
        let subscribers = Subscribers::default();
        let (sum, gone) = (Arc::new(Sum::default()), Arc::new(Sum::default()));
        for listener in [&sum, &gone, &sum] {
            subscribers.subscribe(&weak(listener));
        }
        subscribers.notify(&1);
        assert_eq!(sum.0.load(Ordering::SeqCst), 1);
        drop(gone);
        subscribers.subscribe(&weak(&sum));
        assert_eq!(subscribers.locked().len(), 1);
    }

    #[test]
    fn a_listener_that_panics_keeps_no_other_from_being_notified() {
        let subscribers = Subscribers::default();
        let (fails, sum) = (Arc::new(Fails), Arc::new(Sum::default()));
        subscribers.subscribe(&weak(&fails));
        subscribers.subscribe(&weak(&sum));
        let outcome = catch_unwind(AssertUnwindSafe(|| subscribers.notify(&2)));
        let panic = outcome.map_err(|panic| panic.downcast_ref::<&str>().copied());
        assert_eq!(panic, Err(Some("as planned by the test")));
        assert_eq!(sum.0.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn a_listener_may_subscribe_another_one_while_it_is_notified() {
        let subscribers: Arc<Subscribers<dyn Listener<u32>>> = Arc::default();
        let sum = Arc::new(Sum::default());
        let brings = Arc::new(Brings(Arc::clone(&subscribers), weak(&sum)));
        subscribers.subscribe(&weak(&brings));
        subscribers.notify(&1);
        assert_eq!(sum.0.load(Ordering::SeqCst), 0);
        subscribers.notify(&1);
        assert_eq!(sum.0.load(Ordering::SeqCst), 1);
    }
}
