//! HTTP/2 connections, each shared by many requests.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::pool::connection::{Connect, Http2Conn, Recall as _, is_past};
use crate::pool::eviction::{Cause, Closed};

/// Names an HTTP/2 connection within its partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pool) struct HandleId(u64);

/// Leave to open one stream.
pub(in crate::pool) struct Stream<C: Connect> {
    pub(in crate::pool) id: HandleId,
    pub(in crate::pool) handle: C::Http2,
    pub(in crate::pool) meta: Arc<C::Meta>,
    /// The first one of its connection, which was made for it and not kept in between.
    pub(in crate::pool) fresh: bool,
}

struct Entry<C: Connect> {
    stream: Stream<C>,
    deadline: Option<Instant>,
    /// Streams given out and not yet released.
    leases: usize,
    /// When the last stream was released.
    idle_since: Instant,
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

    /// Whether it was made just now, for a request that may use it even if it is called back.
    fn is_for_first_request(&self) -> bool {
        self.stream.fresh && !self.stream.meta.binds_first_request()
    }

    /// At least 1: what the peer allows is not known before its settings, and a peer that allows none is to answer to a
    /// request, or keep it waiting for as long as the request says.
    fn limit(&self) -> usize {
        self.stream.handle.stream_limit().unwrap_or(1).max(1)
    }

    fn lease(&mut self) -> Stream<C> {
        self.leases += 1;
        let fresh = std::mem::replace(&mut self.stream.fresh, false);
        let Stream {
            id,
            handle,
            meta,
            fresh: _,
        } = &self.stream;
        Stream {
            id: *id,
            handle: handle.clone(),
            meta: Arc::clone(meta),
            fresh,
        }
    }
}

/// The connections that take new streams. One that is let go leaves the list; its streams finish by themselves.
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

    /// Adds a connection without streams, and says when it expires.
    pub(super) fn put(
        &mut self,
        handle: C::Http2,
        meta: Arc<C::Meta>,
        deadline: Option<Instant>,
        now: Instant,
    ) -> Option<Instant> {
        let id = HandleId(self.next);
        self.next += 1;
        let stream = Stream {
            id,
            handle,
            meta,
            fresh: true,
        };
        let entry = Entry {
            stream,
            deadline,
            leases: 0,
            idle_since: now,
        };
        let expiry = entry.expiry(self.timeout);
        self.entries.push(entry);
        expiry
    }

    /// A stream below the peer's limit. The oldest connection is filled first, so that the others can expire.
    pub(super) fn take(&mut self, now: Instant, closed: &mut Vec<Closed<C>>) -> Option<Stream<C>> {
        self.prune(now, closed);
        self.entries
            .iter_mut()
            .find(|entry| entry.leases < entry.limit())
            .map(Entry::lease)
    }

    /// The connections are kept for others from now on.
    pub(super) fn keep(&mut self) {
        for entry in &mut self.entries {
            entry.stream.fresh = false;
        }
    }

    /// A stream ended. Says when its connection expires, if this was the last one.
    pub(super) fn release(&mut self, id: HandleId, now: Instant) -> Option<Instant> {
        let timeout = self.timeout;
        let entry = self
            .entries
            .iter_mut()
            .find(|entry| entry.stream.id == id)?;
        entry.leases = entry.leases.saturating_sub(1);
        if entry.leases > 0 {
            return None;
        }
        entry.idle_since = now;
        entry.expiry(timeout)
    }

    /// Lets go of one connection.
    pub(super) fn remove(&mut self, id: HandleId, cause: Cause, closed: &mut Vec<Closed<C>>) {
        if let Some(index) = self.entries.iter().position(|entry| entry.stream.id == id) {
            closed.push(Closed::http2(
                cause,
                self.entries.remove(index).stream.handle,
            ));
        }
    }

    /// Lets go of everything unusable, and says when the next one expires.
    pub(super) fn prune(&mut self, now: Instant, closed: &mut Vec<Closed<C>>) -> Option<Instant> {
        let timeout = self.timeout;
        let mut index = 0;
        while let Some(entry) = self.entries.get(index) {
            match entry.fault(timeout, now) {
                Some(cause) => closed.push(Closed::http2(
                    cause,
                    self.entries.remove(index).stream.handle,
                )),
                None => index += 1,
            }
        }
        self.entries
            .iter()
            .filter_map(|entry| entry.expiry(timeout))
            .min()
    }

    /// Lets go of everything.
    pub(super) fn clear(&mut self, cause: Cause, closed: &mut Vec<Closed<C>>) {
        closed.extend(
            self.entries
                .drain(..)
                .map(|entry| Closed::http2(cause, entry.stream.handle)),
        );
    }

    /// The smallest stream limit of the connections, at least 1; `None` while a peer has yet to say its own.
    pub(super) fn stream_limit(&self) -> Option<usize> {
        self.entries.iter().try_fold(usize::MAX, |least, entry| {
            Some(least.min(entry.stream.handle.stream_limit()?.max(1)))
        })
    }

    /// How many connections take new streams.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no connection takes new streams.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many streams are out on them.
    pub(super) fn leases(&self) -> usize {
        self.entries.iter().map(|entry| entry.leases).sum()
    }
}
