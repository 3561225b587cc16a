//! HTTP/2 connections, each shared by many requests.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::limits::{MAX_CANCELLED, SILENCE};
use crate::pool::connection::{Connect, Http2Conn, Recall as _, is_past};
use crate::pool::eviction::{Cause, Closed};

/// Identifies an HTTP/2 connection within its partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::pool) struct HandleId(u64);

/// The right to open one stream.
pub(in crate::pool) struct Stream<C: Connect> {
    pub(in crate::pool) id: HandleId,
    pub(in crate::pool) handle: C::Http2,
    pub(in crate::pool) meta: Arc<C::Meta>,
    /// It is the first stream of its connection, which was made for it and was not idle in between.
    pub(in crate::pool) fresh: bool,
    /// No other stream is open on the connection.
    pub(in crate::pool) alone: bool,
}

/// How the stream of a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pool) enum StreamEnd {
    /// It was not used, or the peer ended it.
    Done,
    /// The request was cancelled before its response had ended.
    Cancelled,
}

struct Entry<C: Connect> {
    stream: Stream<C>,
    deadline: Option<Instant>,
    /// Streams given out and not yet released.
    leases: usize,
    /// When the last stream was released.
    idle_since: Instant,
    /// How many requests on it were cancelled.
    cancelled: usize,
    /// When its handle's `reads` was checked while requests waited for its settings, and the value
    /// at that time.
    heard: (Instant, u64),
    /// Its handle's `reads` at the time when a request had waited on it and nothing had arrived.
    silent_at: Option<u64>,
}

impl<C: Connect> Entry<C> {
    fn fault(&self, timeout: Duration, now: Instant) -> Option<Cause> {
        let unused = now.saturating_duration_since(self.idle_since);
        if !self.stream.handle.is_open() {
            Some(Cause::Closed)
        } else if is_past(self.deadline, now) {
            Some(Cause::Deadline)
        } else if self.stream.meta.is_recalled(now) && !self.is_for_first_request() {
            Some(Cause::Recalled)
        } else if self.cancelled >= MAX_CANCELLED {
            Some(Cause::Cancelled)
        } else if self.leases == 0 && !self.stream.fresh && unused >= timeout {
            Some(Cause::Idle)
        } else {
            None
        }
    }

    fn expiry(&self, timeout: Duration) -> Option<Instant> {
        let idle = if self.leases == 0 {
            self.idle_since.checked_add(timeout)
        } else {
            None
        };
        idle.into_iter()
            .chain(self.deadline)
            .chain(self.stream.meta.recalled_at())
            .min()
    }

    /// Whether it was just made, for a request that may use it even if it is called back.
    fn is_for_first_request(&self) -> bool {
        self.stream.fresh && !self.stream.meta.binds_first_request()
    }

    /// At least 1. The peer's limit is unknown before its settings arrive; and if a peer allows no
    /// stream, one request still has to be sent or to wait until its own limit.
    fn limit(&self) -> usize {
        self.stream.handle.stream_limit().unwrap_or(1).max(1)
    }

    /// Whether a request waited on it without anything arriving, and nothing has arrived since. It
    /// takes no stream then.
    fn is_silent(&self) -> bool {
        self.silent_at == Some(self.stream.handle.reads())
    }

    /// Whether its settings have not arrived, and nothing else has for [`SILENCE`].
    fn is_mute(&mut self, now: Instant) -> bool {
        let reads = self.stream.handle.reads();
        let (since, heard) = self.heard;
        if heard != reads {
            self.heard = (now, reads);
            return false;
        }
        self.stream.handle.stream_limit().is_none()
            && now.saturating_duration_since(since) >= SILENCE
    }

    fn lease(&mut self) -> Stream<C> {
        let alone = self.leases == 0;
        self.leases += 1;
        let fresh = std::mem::replace(&mut self.stream.fresh, false);
        let Stream {
            id,
            handle,
            meta,
            fresh: _,
            alone: _,
        } = &self.stream;
        Stream {
            id: *id,
            handle: handle.clone(),
            meta: Arc::clone(meta),
            fresh,
            alone,
        }
    }
}

/// The connections that take new streams. A connection that leaves the pool leaves the list; its
/// streams finish by themselves.
pub(super) struct Shared<C: Connect> {
    entries: Vec<Entry<C>>,
    timeout: Duration,
    next: u64,
}

impl<C: Connect> Shared<C> {
    /// No connection.
    pub(super) fn new(timeout: Duration) -> Self {
        Self {
            entries: Vec::new(),
            timeout,
            next: 0,
        }
    }

    /// Adds a connection without streams, and returns when it expires.
    pub(super) fn put(
        &mut self,
        handle: C::Http2,
        meta: Arc<C::Meta>,
        deadline: Option<Instant>,
        now: Instant,
    ) -> Option<Instant> {
        let id = HandleId(self.next);
        self.next += 1;
        let heard = (now, handle.reads());
        let stream = Stream {
            id,
            handle,
            meta,
            fresh: true,
            alone: true,
        };
        let entry = Entry {
            heard,
            stream,
            deadline,
            leases: 0,
            idle_since: now,
            cancelled: 0,
            silent_at: None,
        };
        let expiry = entry.expiry(self.timeout);
        self.entries.push(entry);
        expiry
    }

    /// A stream below the peer's limit. The oldest connection is filled first, so that the others
    /// can expire.
    pub(super) fn take(&mut self, now: Instant, closed: &mut Vec<Closed<C>>) -> Option<Stream<C>> {
        self.take_since(HandleId(0), now, closed)
    }

    /// The same of a connection that is `since` or a later one.
    pub(super) fn take_since(
        &mut self,
        since: HandleId,
        now: Instant,
        closed: &mut Vec<Closed<C>>,
    ) -> Option<Stream<C>> {
        self.prune(now, closed);
        self.entries
            .iter_mut()
            .find(|entry| {
                entry.stream.id >= since && entry.leases < entry.limit() && !entry.is_silent()
            })
            .map(Entry::lease)
    }

    /// The id of the connection that is added next.
    pub(super) fn next(&self) -> HandleId {
        HandleId(self.next)
    }

    /// The newest connection that takes new streams, now or when others end.
    pub(super) fn newest(&self) -> Option<HandleId> {
        self.usable().map(|entry| entry.stream.id).max()
    }

    /// The oldest connection leaves the pool, so that a new one can be opened. Silent ones are not
    /// in the way. Returns whether there was one.
    pub(super) fn replace_oldest(&mut self, closed: &mut Vec<Closed<C>>) -> bool {
        let oldest = self.usable().map(|entry| entry.stream.id).min();
        if let Some(id) = oldest {
            self.remove(id, Cause::Surplus, closed);
        }
        oldest.is_some()
    }

    /// The connections are kept for others from now on.
    pub(super) fn keep(&mut self) {
        for entry in &mut self.entries {
            entry.stream.fresh = false;
        }
    }

    /// A stream ended. Returns when its connection expires, if this was the last one.
    pub(super) fn release(
        &mut self,
        id: HandleId,
        end: StreamEnd,
        now: Instant,
    ) -> Option<Instant> {
        let timeout = self.timeout;
        let entry = self
            .entries
            .iter_mut()
            .find(|entry| entry.stream.id == id)?;
        entry.leases = entry.leases.saturating_sub(1);
        entry.cancelled += usize::from(end == StreamEnd::Cancelled);
        if entry.leases > 0 {
            return None;
        }
        entry.idle_since = now;
        entry.expiry(timeout)
    }

    /// A request waited for at least [`SILENCE`] without a response, and the handle's `reads` was
    /// `reads` all the time. The connection takes no new stream until something arrives. If this
    /// connection or another one was already silent, that older one leaves the pool.
    pub(super) fn doubt(&mut self, id: HandleId, reads: u64, closed: &mut Vec<Closed<C>>) {
        let Some(entry) = self.entries.iter_mut().find(|entry| entry.stream.id == id) else {
            return;
        };
        if entry.stream.handle.reads() != reads {
            return;
        }
        if entry.silent_at.is_some() {
            self.remove(id, Cause::Silent, closed);
            return;
        }
        entry.silent_at = Some(reads);
        self.let_go_of(closed, |entry| {
            (entry.stream.id != id && entry.is_silent()).then_some(Cause::Silent)
        });
    }

    /// Marks as silent a connection whose settings have not arrived and on which nothing else has
    /// arrived for [`SILENCE`]. Returns whether there is one.
    pub(super) fn doubt_mute(&mut self, now: Instant, closed: &mut Vec<Closed<C>>) -> bool {
        let mute = self.entries.iter_mut().find_map(|entry| {
            let mute = !entry.is_silent() && entry.is_mute(now);
            mute.then_some((entry.stream.id, entry.heard.1))
        });
        if let Some((id, reads)) = mute {
            self.doubt(id, reads, closed);
        }
        mute.is_some()
    }

    /// Removes one connection.
    pub(super) fn remove(&mut self, id: HandleId, cause: Cause, closed: &mut Vec<Closed<C>>) {
        if let Some(index) = self.entries.iter().position(|entry| entry.stream.id == id) {
            closed.push(Closed::http2(
                cause,
                self.entries.remove(index).stream.handle,
            ));
        }
    }

    /// Removes all unusable connections, and returns when the next one expires.
    pub(super) fn prune(&mut self, now: Instant, closed: &mut Vec<Closed<C>>) -> Option<Instant> {
        let timeout = self.timeout;
        self.let_go_of(closed, |entry| entry.fault(timeout, now));
        self.entries
            .iter()
            .filter_map(|entry| entry.expiry(timeout))
            .min()
    }

    /// Removes the connections without streams.
    pub(super) fn clear_unused(&mut self, cause: Cause, closed: &mut Vec<Closed<C>>) {
        self.let_go_of(closed, |entry| (entry.leases == 0).then_some(cause));
    }

    /// Since when each connection without streams is unused.
    pub(super) fn unused_since(&self) -> impl Iterator<Item = Instant> {
        let unused = self.entries.iter().filter(|entry| entry.leases == 0);
        unused.map(|entry| entry.idle_since)
    }

    /// At most `count` connections that have had no stream since `cutoff` or for longer leave the
    /// pool.
    pub(super) fn close_oldest(
        &mut self,
        cutoff: Instant,
        count: usize,
        closed: &mut Vec<Closed<C>>,
    ) {
        let left = Cell::new(count);
        self.let_go_of(closed, |entry| {
            let is_old = entry.leases == 0 && entry.idle_since <= cutoff;
            if !is_old || left.get() == 0 {
                return None;
            }
            left.set(left.get() - 1);
            Some(Cause::Surplus)
        });
    }

    /// Removes all connections.
    pub(super) fn clear(&mut self, cause: Cause, closed: &mut Vec<Closed<C>>) {
        closed.extend(
            self.entries
                .drain(..)
                .map(|entry| Closed::http2(cause, entry.stream.handle)),
        );
    }

    fn let_go_of(
        &mut self,
        closed: &mut Vec<Closed<C>>,
        cause: impl Fn(&Entry<C>) -> Option<Cause>,
    ) {
        let mut index = 0;
        while let Some(entry) = self.entries.get(index) {
            match cause(entry) {
                Some(cause) => closed.push(Closed::http2(
                    cause,
                    self.entries.remove(index).stream.handle,
                )),
                None => index += 1,
            }
        }
    }

    fn usable(&self) -> impl Iterator<Item = &Entry<C>> {
        self.entries.iter().filter(|entry| !entry.is_silent())
    }

    /// The smallest stream limit of the connections that are not silent, at least 1; `None` while a
    /// peer's limit is not known yet.
    pub(super) fn stream_limit(&self) -> Option<usize> {
        self.usable().try_fold(usize::MAX, |least, entry| {
            Some(least.min(entry.stream.handle.stream_limit()?.max(1)))
        })
    }

    /// How many connections there are, silent ones included.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many connections take new streams, now or when others end.
    pub(super) fn usable_len(&self) -> usize {
        self.usable().count()
    }

    /// How many streams are out on them.
    pub(super) fn leases(&self) -> usize {
        self.entries.iter().map(|entry| entry.leases).sum()
    }
}
