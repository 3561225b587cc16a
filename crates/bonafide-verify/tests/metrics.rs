//! Events of a policy, counted.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};

use bonafide_testkit::TestCa;
use bonafide_verify::events::Event;
use bonafide_verify::{Anchors, Policy, PolicyHandle};
use metrics::{
    Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
    with_local_recorder,
};

/// Keeps the counters, by their names and labels.
#[derive(Default)]
struct Counters(Mutex<BTreeMap<String, Arc<AtomicU64>>>);

impl Counters {
    fn values(&self) -> Vec<(String, u64)> {
        let counters = self.0.lock().unwrap();
        let value = |(name, count): (&String, &Arc<AtomicU64>)| {
            (name.clone(), count.load(Ordering::Relaxed))
        };
        counters.iter().map(value).collect()
    }
}

impl Recorder for Counters {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let labels: Vec<_> = key
            .labels()
            .map(|label| format!("{}={}", label.key(), label.value()))
            .collect();
        let name = format!("{}{{{}}}", key.name(), labels.join(","));
        let mut counters = self.0.lock().unwrap();
        Counter::from_arc(Arc::clone(counters.entry(name).or_default()))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[test]
fn events_are_counted_by_kind_and_those_that_a_sink_drops_as_well() {
    let ca = TestCa::new();
    let (sender, events) = sync_channel(1);
    let builder = Policy::builder()
        .anchors(Anchors::only(ca.certificate().clone()))
        .events(sender);
    let policy = || builder.clone().build().unwrap();
    let counters = Counters::default();
    with_local_recorder(&counters, || {
        let handle = PolicyHandle::new(policy());
        for _ in 0..3 {
            handle.replace(policy()).unwrap();
        }
    });
    assert_eq!(
        counters.values(),
        [
            (
                "bonafide_trust_events_lost_total{kind=policy-replaced}".to_owned(),
                2
            ),
            (
                "bonafide_trust_events_total{kind=policy-replaced}".to_owned(),
                3
            ),
        ]
    );
    assert!(matches!(events.try_recv(), Ok(Event::PolicyReplaced(_))));
}
