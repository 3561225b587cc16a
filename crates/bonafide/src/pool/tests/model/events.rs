//! What may happen to a partition, and under which limits.

use std::num::NonZeroUsize;
use std::time::Duration;

use proptest::prelude::*;

use crate::limits::PoolLimits;
use crate::pool::Freshness;

/// The idle timeout, unless it is zero.
const IDLE: Duration = Duration::from_secs(90);

/// What happens to a partition. Numbers choose among those concerned.
#[derive(Clone, Debug)]
pub(super) enum Event {
    Checkout(Freshness),
    Cancel(usize),
    Http1 {
        closed: bool,
        deadline: Option<u8>,
    },
    Http2 {
        limit: Option<u8>,
        closed: bool,
        deadline: Option<u8>,
    },
    Fails,
    Abandoned,
    GiveBack(usize),
    Discard(usize),
    Release(usize),
    Fault(usize),
    /// A request waits without a response.
    Silence(usize),
    PeerSends(usize),
    Dies(usize),
    Recalled(usize),
    /// Another stream limit; `None` as before the settings.
    Limit(usize, Option<u8>),
    RecalledInHandshake {
        http2: bool,
    },
    TimePasses(u8),
    Sweep,
    CloseIdle,
    /// Those beyond the limit of the pool.
    CloseOldest(u8),
    Retire,
}

pub(super) fn events() -> impl Strategy<Value = Vec<Event>> {
    let deadline = || proptest::option::weighted(0.2, 0..120_u8);
    let event = prop_oneof![
        12 => Just(Event::Checkout(Freshness::Any)),
        3 => Just(Event::Checkout(Freshness::New)),
        2 => any::<usize>().prop_map(Event::Cancel),
        5 => (prop::bool::weighted(0.05), deadline())
            .prop_map(|(closed, deadline)| Event::Http1 { closed, deadline }),
        4 => (proptest::option::of(0..4_u8), prop::bool::weighted(0.05), deadline())
            .prop_map(|(limit, closed, deadline)| Event::Http2 { limit, closed, deadline }),
        2 => Just(Event::Fails),
        1 => Just(Event::Abandoned),
        5 => any::<usize>().prop_map(Event::GiveBack),
        2 => any::<usize>().prop_map(Event::Discard),
        5 => any::<usize>().prop_map(Event::Release),
        1 => any::<usize>().prop_map(Event::Fault),
        2 => any::<usize>().prop_map(Event::Silence),
        2 => any::<usize>().prop_map(Event::PeerSends),
        2 => any::<usize>().prop_map(Event::Dies),
        2 => any::<usize>().prop_map(Event::Recalled),
        1 => any::<bool>().prop_map(|http2| Event::RecalledInHandshake { http2 }),
        2 => (any::<usize>(), proptest::option::weighted(0.8, 0..4_u8))
            .prop_map(|(choice, limit)| Event::Limit(choice, limit)),
        3 => (0..100_u8).prop_map(Event::TimePasses),
        2 => Just(Event::Sweep),
        1 => Just(Event::CloseIdle),
        2 => (0..4_u8).prop_map(Event::CloseOldest),
    ];
    // An eviction ends the life of a partition, so it comes last if at all.
    let life = prop::collection::vec(event.clone(), 1..150);
    let end = prop_oneof![
        Just(Vec::new()),
        prop::collection::vec(event, 1..20).prop_map(|mut after| {
            after.insert(0, Event::Retire);
            after
        })
    ];
    (life, end).prop_map(|(mut life, end)| {
        life.extend(end);
        life
    })
}

pub(super) fn limits() -> impl Strategy<Value = PoolLimits> {
    let some = |max: usize| (1..=max).prop_map(|count| NonZeroUsize::new(count).unwrap());
    let connections = prop_oneof![Just(NonZeroUsize::MAX), some(4)];
    let timeout = prop_oneof![3 => Just(IDLE), 1 => Just(Duration::ZERO)];
    (timeout, 0..4_usize, connections, some(3)).prop_map(|(idle_timeout, idle, connections, h2)| {
        PoolLimits {
            idle_timeout,
            max_idle_per_partition: idle,
            max_connections_per_partition: connections,
            max_h2_connections: h2,
            ..PoolLimits::default()
        }
    })
}
