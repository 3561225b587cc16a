//! One partition under random events, beside a model that knows every connection and every waiter.

mod events;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use self::events::{Event, events, limits};
use super::bench::key;
use super::fake::{self, Conn, Fake, UNSAID, Wire};
use crate::limits::PoolLimits;
use crate::pool::eviction::{Cause, Retired};
use crate::pool::state::{
    Actions, Census, Checkout, Freshness, HandleId, Loan, Member, State, StreamEnd, WaiterId,
};
use crate::pool::{CheckoutError, Connected, Http2Conn as _, Protocol};

/// A connection as the model knows it.
struct Known {
    wire: Arc<Wire>,
    deadline: Option<Instant>,
    /// When it last became unused.
    idle_since: Instant,
    /// Requests that hold it.
    users: usize,
    /// Reported as faulty.
    faulty: bool,
    /// It kept a request waiting, and has sent nothing since.
    silent: bool,
}

struct Stream {
    id: HandleId,
    wire: usize,
    /// Keeps the connection, as a lease does.
    _handle: Conn,
}

struct Waiting {
    /// Higher than the ids of the connections that exist when the request begins to wait.
    number: usize,
    id: WaiterId,
    freshness: Freshness,
}

struct Model {
    limits: PoolLimits,
    state: State<Fake, usize>,
    now: Instant,
    attempts: usize,
    /// The protocol that the last attempt gave; `Some(true)` is HTTP/2.
    http2: Option<bool>,
    retired: bool,
    /// An attempt was abandoned, and no step since then has made up for it.
    behind: bool,
    /// A connection was silent once: it is kept beside its replacement.
    doubted: bool,
    known: BTreeMap<usize, Known>,
    waiting: VecDeque<Waiting>,
    lent: Vec<Member<Fake>>,
    streams: Vec<Stream>,
    next: usize,
}

impl Model {
    fn new(limits: PoolLimits) -> Self {
        let now = Instant::now();
        Self {
            state: State::new(limits.clone(), now),
            limits,
            now,
            attempts: 0,
            http2: None,
            retired: false,
            behind: false,
            doubted: false,
            known: BTreeMap::new(),
            waiting: VecDeque::new(),
            lent: Vec::new(),
            streams: Vec::new(),
            next: 0,
        }
    }

    fn happen(&mut self, event: Event) {
        let mut actions = Actions::new();
        let now = self.now;
        match event {
            Event::Checkout(freshness) => return self.checkout(freshness),
            Event::Cancel(choice) => {
                if let Some(index) = choice.checked_rem(self.waiting.len())
                    && let Some(waiting) = self.waiting.remove(index)
                {
                    assert_eq!(self.state.cancel(waiting.id), Some(waiting.number));
                    assert_eq!(self.state.cancel(waiting.id), None);
                }
            }
            Event::Http1 { closed, deadline } if self.attempts > 0 => {
                let wire = self.connection(None, closed, deadline);
                return self.connected(wire, Protocol::Http1);
            }
            Event::Http2 {
                limit,
                closed,
                deadline,
            } if self.attempts > 0 => {
                let wire = self.connection(limit.map(usize::from), closed, deadline);
                return self.connected(wire, Protocol::Http2);
            }
            Event::Fails if self.attempts > 0 => {
                self.attempts -= 1;
                self.state
                    .attempt_failed(CheckoutError::Connect("refused"), now, &mut actions);
                return self.settle_failure(actions, CheckoutError::Connect("refused"));
            }
            Event::Abandoned if self.attempts > 0 => {
                self.attempts -= 1;
                self.state
                    .attempt_abandoned(CheckoutError::Abandoned, now, &mut actions);
                assert_eq!(actions.attempts, 0, "the runtime may be gone");
                self.behind = true;
                return self.settle_failure(actions, CheckoutError::Abandoned);
            }
            Event::GiveBack(choice) => {
                if let Some(index) = choice.checked_rem(self.lent.len()) {
                    let mut member = self.lent.swap_remove(index);
                    self.unused(member.conn.0.id);
                    member.fresh = false;
                    self.state.give_back(member, now, &mut actions);
                }
            }
            Event::Discard(choice) => {
                if let Some(index) = choice.checked_rem(self.lent.len()) {
                    let member = self.lent.swap_remove(index);
                    self.unused(member.conn.0.id);
                    drop(member);
                    self.state.discard(now, &mut actions);
                }
            }
            Event::Release(choice) => {
                if let Some(index) = choice.checked_rem(self.streams.len()) {
                    let stream = self.streams.swap_remove(index);
                    self.unused(stream.wire);
                    self.state
                        .release(stream.id, StreamEnd::Done, now, &mut actions);
                }
            }
            Event::Fault(choice) => {
                if let Some(index) = choice.checked_rem(self.streams.len()) {
                    let Stream { id, wire, .. } = self.streams[index];
                    self.known.get_mut(&wire).unwrap().faulty = true;
                    self.state.fault_http2(id, now, &mut actions);
                }
            }
            Event::Silence(choice) => {
                if let Some(index) = choice.checked_rem(self.streams.len()) {
                    let Stream { id, wire, .. } = self.streams[index];
                    let reads = self.streams[index]._handle.reads();
                    self.doubted = true;
                    self.known.get_mut(&wire).unwrap().silent = true;
                    self.state.doubt_http2(id, reads, now, &mut actions);
                }
            }
            Event::PeerSends(choice) => {
                if let Some(index) = choice.checked_rem(self.known.len()) {
                    let known = self.known.values_mut().nth(index).unwrap();
                    known.wire.send_something();
                    known.silent = false;
                }
            }
            Event::Dies(choice) => {
                if let Some(index) = choice.checked_rem(self.known.len()) {
                    self.known.values().nth(index).unwrap().wire.die();
                }
            }
            Event::Recalled(choice) => {
                if let Some(index) = choice.checked_rem(self.known.len()) {
                    self.known.values().nth(index).unwrap().wire.recall(now);
                }
            }
            Event::RecalledInHandshake { http2 } if self.attempts > 0 && !self.retired => {
                let wire = self.connection(None, false, None);
                wire.recall(now);
                return self.recalled_in_handshake(&wire, http2);
            }
            Event::Limit(choice, limit) => {
                if let Some(index) = choice.checked_rem(self.known.len()) {
                    let limit = limit.map_or(UNSAID, usize::from);
                    self.known
                        .values()
                        .nth(index)
                        .unwrap()
                        .wire
                        .set_limit(limit);
                    self.state.limit_changed(now, &mut actions);
                }
            }
            Event::TimePasses(seconds) => self.now += Duration::from_secs(seconds.into()),
            Event::Sweep => {
                let next = self.state.sweep(now, &mut actions);
                assert!(
                    next.is_none_or(|next| next > now || self.state.is_unused(now)),
                    "a sweep leaves nothing expired"
                );
            }
            Event::CloseIdle => {
                let unused = self.unused_count();
                self.state.close_idle(&mut actions);
                assert_eq!(actions.closed.len(), unused, "those in use stay");
            }
            Event::CloseOldest(count) => {
                let expected = self.unused_count().min(count.into());
                let closed = self
                    .state
                    .close_oldest(now, count.into(), now, &mut actions);
                assert_eq!(closed, expected, "those in use stay");
            }
            Event::Retire => {
                self.retired = true;
                self.state.retire(Retired::Evicted, &mut actions);
                assert_eq!(actions.deliveries.len(), self.waiting.len());
                assert_eq!(
                    self.state.census().idle_http1 + self.state.census().http2,
                    0
                );
            }
            Event::Http1 { .. }
            | Event::Http2 { .. }
            | Event::RecalledInHandshake { .. }
            | Event::Fails
            | Event::Abandoned => {}
        }
        self.settle(actions, None);
    }

    fn checkout(&mut self, freshness: Freshness) {
        let mut actions = Actions::new();
        let number = self.next;
        self.next += 1;
        match self
            .state
            .checkout(freshness, self.now, || number, &mut actions)
        {
            Checkout::Ready(loan) => {
                assert_eq!(freshness, Freshness::Any, "no attempt has just ended");
                assert_eq!(self.waiting_for(Freshness::Any), 0, "no request overtakes");
                self.lent(loan, None);
            }
            Checkout::Waiting(id) => self.waiting.push_back(Waiting {
                number,
                id,
                freshness,
            }),
            Checkout::Retired(retired) => {
                assert!(self.retired);
                assert_eq!(retired, Retired::Evicted);
            }
        }
        self.settle(actions, None);
    }

    fn waiting_for(&self, freshness: Freshness) -> usize {
        self.waiting
            .iter()
            .filter(|waiting| waiting.freshness == freshness)
            .count()
    }

    fn connection(
        &mut self,
        limit: Option<usize>,
        closed: bool,
        deadline: Option<u8>,
    ) -> Arc<Wire> {
        let wire = Wire::new(self.next, limit);
        self.next += 1;
        if closed {
            wire.die();
        }
        let deadline = deadline.map(|seconds| self.now + Duration::from_secs(seconds.into()));
        let known = Known {
            wire: Arc::clone(&wire),
            deadline,
            idle_since: self.now,
            users: 0,
            faulty: false,
            silent: false,
        };
        self.known.insert(wire.id, known);
        wire
    }

    fn connected<F>(&mut self, wire: Arc<Wire>, protocol: F)
    where
        F: FnOnce(Conn) -> Protocol<Conn, Conn>,
    {
        self.attempts -= 1;
        let deadline = self.known[&wire.id].deadline;
        let usable =
            wire.is_open() && deadline.is_none_or(|deadline| deadline > self.now) && !self.retired;
        let handle = wire.handle();
        let protocol = protocol(handle);
        if usable {
            self.http2 = Some(matches!(protocol, Protocol::Http2(_)));
        }
        let waiting = self.waiting.len();
        let mut actions = Actions::new();
        let connected = Connected {
            protocol,
            deadline,
            meta: fake::Known::new(key("origin.test", 1), &wire),
        };
        self.state
            .attempt_connected(connected, self.now, &mut actions);
        if usable {
            let surplus = actions
                .closed
                .iter()
                .any(|closed| closed.cause == Cause::Surplus);
            assert!(
                waiting == 0 || surplus || !actions.deliveries.is_empty(),
                "a new connection serves the request that waits for it"
            );
            self.settle(actions, None);
        } else {
            self.settle_failure(actions, CheckoutError::Unusable);
        }
    }

    /// No request fails, and each waiting one gets an attempt again.
    fn recalled_in_handshake(&mut self, wire: &Arc<Wire>, http2: bool) {
        self.attempts -= 1;
        let handle = wire.handle();
        let connected = Connected {
            protocol: if http2 {
                Protocol::Http2(handle)
            } else {
                Protocol::Http1(handle)
            },
            deadline: None,
            meta: fake::Known::new(key("origin.test", 1), wire),
        };
        let mut actions = Actions::new();
        self.state
            .attempt_connected(connected, self.now, &mut actions);
        self.settle(actions, None);
        assert!(!wire.is_held());
    }

    fn unused(&mut self, id: usize) {
        let known = self.known.get_mut(&id).unwrap();
        known.users -= 1;
        known.idle_since = self.now;
    }

    /// A request fails if an attempt fails, unless another attempt or connection can serve it.
    fn settle_failure(
        &mut self,
        actions: Actions<Fake, usize>,
        error: CheckoutError<&'static str>,
    ) {
        let failures = actions
            .deliveries
            .iter()
            .filter(|(_, outcome)| outcome.is_err())
            .count();
        if self.attempts == 0 && self.http2 != Some(true) && self.http2 != Some(false) {
            assert_eq!(
                failures,
                self.waiting.len(),
                "a cold partition fails everybody"
            );
        }
        self.settle(actions, Some(error));
    }

    fn settle(
        &mut self,
        actions: Actions<Fake, usize>,
        error: Option<CheckoutError<&'static str>>,
    ) {
        let Actions {
            deliveries,
            attempts,
            closed,
            sweep_at: _,
        } = actions;
        self.attempts += attempts;
        drop(closed);
        for (waiter, outcome) in deliveries {
            let index = self
                .waiting
                .iter()
                .position(|waiting| waiting.number == waiter)
                .expect("each is served once");
            let served = self.waiting.remove(index).unwrap();
            let overtaken = self
                .waiting
                .iter()
                .take(index)
                .filter(|other| other.freshness == served.freshness)
                .count();
            match outcome {
                Ok(loan) => {
                    assert_eq!(overtaken, 0, "the oldest of its kind is served first");
                    self.lent(loan, Some(served));
                }
                Err(outcome) if self.retired => assert_eq!(outcome, CheckoutError::Evicted),
                Err(outcome) => assert_eq!(Some(outcome), error),
            }
        }
        let single = attempts > 0 && self.http2 != Some(false) && self.state.census().http2 == 0;
        if single || self.http2.is_none() {
            assert!(
                self.attempts <= 1,
                "one attempt for all while the protocol is unknown"
            );
        }
        self.check();
    }

    fn lent(&mut self, loan: Loan<Fake>, served: Option<Waiting>) {
        assert!(
            !self.retired,
            "no request gets a connection of an evicted partition"
        );
        let (id, most) = match &loan {
            Loan::Http1(member) => (member.conn.0.id, 1),
            Loan::Http2(stream) => {
                let limit = stream.handle.stream_limit().unwrap_or(1);
                (stream.handle.0.id, limit.max(1))
            }
        };
        if let Some(served) = served
            && served.freshness == Freshness::New
        {
            assert!(
                id > served.number,
                "no request gets an older connection than it needs"
            );
            if let Loan::Http1(member) = &loan {
                assert!(member.fresh, "a new connection has served no other request");
            }
        }
        let known = self.known.get_mut(&id).unwrap();
        assert!(known.wire.is_open(), "no request gets a closed connection");
        assert!(
            !known.wire.is_recalled(),
            "no request gets a connection that is called back"
        );
        assert!(
            known.deadline.is_none_or(|deadline| deadline > self.now),
            "no request gets an expired connection"
        );
        let unused = self.now - known.idle_since;
        assert!(
            known.users > 0 || unused.is_zero() || unused < self.limits.idle_timeout,
            "no request gets a connection unused for too long"
        );
        assert!(
            known.users < most,
            "one request at a time on HTTP/1.1, and no more than the peer allows on HTTP/2"
        );
        assert!(!known.faulty, "no request gets a faulty connection");
        assert!(!known.silent, "no request gets a connection that is silent");
        known.users += 1;
        match loan {
            Loan::Http1(member) => self.lent.push(member),
            Loan::Http2(stream) => {
                self.streams.push(Stream {
                    id: stream.id,
                    wire: id,
                    _handle: stream.handle,
                });
            }
        }
    }

    fn unused_count(&self) -> usize {
        self.known.values().filter(|known| known.users == 0).count()
    }

    fn check(&mut self) {
        let census = self.state.census();
        let Census {
            waiting,
            attempts,
            idle_http1,
            lent_http1,
            http2,
            http2_streams,
            unused,
        } = census;
        assert_eq!(
            (waiting, attempts, lent_http1),
            (self.waiting.len(), self.attempts, self.lent.len()),
            "{census:?}"
        );
        assert!(http2_streams <= self.streams.len(), "{census:?}");
        let live = attempts + idle_http1 + lent_http1 + http2;
        assert!((idle_http1..=live).contains(&unused), "{census:?}");
        let max = self.limits.max_connections_per_partition.get();
        let replaced = usize::from(self.doubted);
        assert!(live <= max.saturating_add(replaced), "{census:?}");
        let shared = self.limits.max_h2_connections.get();
        assert!(http2 <= shared + replaced, "{census:?}");
        assert!(
            idle_http1 <= self.limits.max_idle_per_partition,
            "{census:?}"
        );
        if waiting > 0 {
            assert!(
                attempts > 0 || http2_streams > 0 || (lent_http1 > 0 && live >= max),
                "no request waits for nothing: {census:?}"
            );
            if self.waiting_for(Freshness::Any) > 0 {
                assert_eq!(idle_http1, 0, "no request waits beside an idle connection");
            }
            let newest = self.known.keys().next_back();
            let served = |waiting: &Waiting| newest.is_some_and(|id| *id > waiting.number);
            let stuck = self
                .waiting
                .iter()
                .any(|waiting| waiting.freshness == Freshness::New && !served(waiting));
            if stuck {
                assert!(
                    attempts > 0 || (lent_http1 > 0 && idle_http1 == 0 && live >= max),
                    "no request that needs a new connection waits for an old one: {census:?}"
                );
            }
            let enough = self.http2 != Some(false)
                || attempts >= waiting
                || live >= max
                || http2_streams > 0;
            assert!(
                enough || self.behind,
                "HTTP/1.1 has an attempt for each: {census:?}"
            );
            self.behind &= !enough;
        }
        // Every connection is where the counts say, and nowhere else.
        let in_use = self.known.values().filter(|known| known.users > 0).count();
        let held = self
            .known
            .values()
            .filter(|known| known.wire.is_held())
            .count();
        let shared_unused = self
            .known
            .values()
            .filter(|known| known.wire.is_held() && known.users == 0)
            .count();
        assert_eq!(held, in_use + shared_unused);
        assert!(
            shared_unused <= idle_http1 + http2,
            "nothing leaks: {census:?}"
        );
        assert!(held >= idle_http1 + lent_http1 + http2, "{census:?}");
        self.known.retain(|_, known| known.wire.is_held());
    }

    /// Everything ends: no request and no connection is left.
    fn end(mut self) {
        while self.attempts > 0 || !self.lent.is_empty() {
            self.happen(Event::Fails);
            self.happen(Event::GiveBack(0));
        }
        while !self.streams.is_empty() {
            self.happen(Event::Release(0));
        }
        while self.attempts > 0 {
            self.happen(Event::Fails);
        }
        assert!(self.waiting.is_empty());
        self.happen(Event::TimePasses(200));
        self.happen(Event::Sweep);
        assert!(self.state.is_unused(self.now));
        assert!(self.known.is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 500,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_happens_to_a_partition_its_promises_hold(limits in limits(), events in events()) {
        let mut model = Model::new(limits);
        for event in events {
            model.happen(event);
        }
        model.end();
    }
}
