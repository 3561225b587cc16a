//! A policy in its place: who is notified when it is replaced, and in which order.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, OnceLock};

use bonafide_testkit::{Recipe, TestCa};
use bonafide_verify::events::{Event, PolicyReplaced};
use bonafide_verify::pki_types::ServerName;
use bonafide_verify::{Anchors, Listener, Peer, Policy, PolicyBuilder, PolicyHandle, Receipt};

fn trusting(ca: &TestCa) -> PolicyBuilder {
    Policy::builder().anchors(Anchors::only(ca.certificate().clone()))
}

fn policy() -> Policy {
    trusting(&TestCa::new()).build().unwrap()
}

/// A pool: remembers the last epoch that it was notified of.
#[derive(Default)]
struct Pool(AtomicU64);

impl Listener<Policy> for Pool {
    fn notify(&self, policy: &Policy) {
        self.0.store(policy.epoch().get(), Ordering::SeqCst);
    }
}

struct Fails;

impl Listener<Policy> for Fails {
    fn notify(&self, _: &Policy) {
        panic!("as planned by the test");
    }
}

#[test]
fn listeners_are_notified_before_a_sink_that_panics() {
    let handle = PolicyHandle::new(policy());
    let pool: Arc<Pool> = Arc::default();
    handle.subscribe(Arc::downgrade(&pool));
    let next = trusting(&TestCa::new())
        .events(|_: &Event| panic!("as planned by the test"))
        .build()
        .unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| handle.replace(next))).is_err());
    assert_eq!(pool.0.load(Ordering::SeqCst), handle.epoch().get());
}

#[test]
fn a_listener_that_panics_keeps_no_other_from_being_notified() {
    let handle = PolicyHandle::new(policy());
    let (fails, pool): (_, Arc<Pool>) = (Arc::new(Fails), Arc::default());
    handle.subscribe(Arc::downgrade(&fails));
    handle.subscribe(Arc::downgrade(&pool));
    assert!(catch_unwind(AssertUnwindSafe(|| handle.replace(policy()))).is_err());
    assert_eq!(pool.0.load(Ordering::SeqCst), handle.epoch().get());
    drop(fails);
    let epoch = handle.replace(policy()).unwrap();
    assert_eq!(pool.0.load(Ordering::SeqCst), epoch.get());
}

#[test]
fn a_sink_may_subscribe_to_the_handle_and_replace_its_policy() {
    let place: Arc<OnceLock<PolicyHandle>> = Arc::default();
    let pool: Arc<Pool> = Arc::default();
    let (of_sink, listener) = (Arc::clone(&place), Arc::clone(&pool));
    let once = Arc::new(OnceLock::new());
    let reacting = trusting(&TestCa::new())
        .events(move |_: &Event| {
            let handle = of_sink.get().unwrap();
            handle.subscribe(Arc::downgrade(&listener));
            if once.set(()).is_ok() {
                handle.replace(policy()).unwrap();
            }
        })
        .build()
        .unwrap();
    let handle = PolicyHandle::new(policy());
    place.set(handle.clone()).unwrap();
    let epoch = handle.replace(reacting).unwrap();
    assert!(handle.epoch() > epoch);
    assert_eq!(pool.0.load(Ordering::SeqCst), handle.epoch().get());
}

#[test]
fn the_sinks_of_both_policies_hear_of_a_replacement_and_a_common_one_once() {
    let ((old, of_old), (new, of_new)) = (sync_channel(10), sync_channel(10));
    let handle = PolicyHandle::new(trusting(&TestCa::new()).events(old).build().unwrap());
    let from = handle.epoch();
    let next = trusting(&TestCa::new()).events(new).build().unwrap();
    let to = handle.replace(next.clone()).unwrap();
    // Put back, so that both have the same sink.
    handle.replace(next).unwrap();
    for (events, count) in [(of_old, 1), (of_new, 2)] {
        let seen: Vec<_> = events.try_iter().collect();
        assert!(
            matches!(
                &seen[0],
                Event::PolicyReplaced(PolicyReplaced { from: f, to: t, .. })
                    if (*f, *t) == (from, to)
            ),
            "{seen:?}"
        );
        assert_eq!(seen.len(), count, "{seen:?}");
    }
}

#[test]
fn a_policy_in_two_handles_is_replaced_in_one_of_them_alone() {
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host("api.test"));
    let name = ServerName::try_from("api.test").unwrap();
    let policy = trusting(&ca).build().unwrap();
    let (one, two) = (
        PolicyHandle::new(policy.clone()),
        PolicyHandle::new(policy.clone()),
    );
    assert_ne!(one.epoch(), two.epoch());
    let judged = |handle: &PolicyHandle| -> Arc<Receipt> {
        let peer = Peer::new(identity.chain(), &name);
        handle.current().verify(&peer).unwrap()
    };
    let (of_one, of_two) = (judged(&one), judged(&two));
    let epoch = one.replace(self::policy()).unwrap();
    assert_eq!(of_one.replaced_by(), Some(epoch));
    assert_eq!(of_two.replaced_by(), None);
    // It was in use: what rested on it then does not come along.
    let third = PolicyHandle::new(self::policy());
    assert!(third.replace(policy.clone()).unwrap() > epoch);
    assert_ne!(third.epoch(), policy.epoch());
}

#[test]
fn a_policy_that_is_put_back_is_not_what_was_replaced() {
    let (first, second) = (policy(), policy());
    let handle = PolicyHandle::new(first.clone());
    handle.replace(second).unwrap();
    let back = handle.replace(first.clone()).unwrap();
    assert!(back > first.epoch());
    assert_eq!(handle.current().epoch(), back);
}
