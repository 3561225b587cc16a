//! Connections and a connector that do what a test says.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use tokio::sync::{mpsc, oneshot, watch};

use crate::pool::{
    Connect, Connected, Connecting, Http1Conn, Http2Conn, PartitionKey, Protocol, Recall,
};

/// The stream limit of a peer that has not announced one yet.
pub(super) const UNSAID: usize = usize::MAX - 1;

/// What a test knows about a connection, while it is open and afterwards.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) id: usize,
    open: AtomicBool,
    ready: AtomicBool,
    waker: Mutex<Option<Waker>>,
    /// Handles of it that exist.
    handles: AtomicUsize,
    /// `usize::MAX` when the peer sets none.
    limit: AtomicUsize,
    limit_changed: watch::Sender<()>,
    recall: Mutex<Option<Called>>,
    reads: AtomicU64,
}

/// A connection that is called back.
#[derive(Clone, Copy, Debug)]
struct Called {
    at: Instant,
    binds_first_request: bool,
}

impl Wire {
    pub(super) fn new(id: usize, limit: Option<usize>) -> Arc<Self> {
        Arc::new(Self {
            id,
            open: AtomicBool::new(true),
            ready: AtomicBool::new(true),
            waker: Mutex::new(None),
            handles: AtomicUsize::new(0),
            limit: AtomicUsize::new(limit.unwrap_or(usize::MAX)),
            limit_changed: watch::Sender::new(()),
            recall: Mutex::new(None),
            reads: AtomicU64::new(0),
        })
    }

    pub(super) fn handle(self: &Arc<Self>) -> Conn {
        self.handles.fetch_add(1, Ordering::SeqCst);
        Conn(Arc::clone(self))
    }

    /// The peer closes it.
    pub(super) fn die(&self) {
        self.open.store(false, Ordering::SeqCst);
        self.wake();
    }

    /// The peer sends something.
    pub(super) fn send_something(&self) {
        self.reads.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn set_ready(&self, ready: bool) {
        self.ready.store(ready, Ordering::SeqCst);
        self.wake();
    }

    /// The peer allows another number of streams.
    pub(super) fn set_limit(&self, limit: usize) {
        self.limit.store(limit, Ordering::SeqCst);
        self.limit_changed.send_replace(());
    }

    /// It is called back: no request uses it from `at` on.
    pub(super) fn recall(&self, at: Instant) {
        *self.recall.lock().unwrap() = Some(Called {
            at,
            binds_first_request: true,
        });
    }

    /// The same, but for the request that it was made for.
    pub(super) fn recall_after_first_request(&self, at: Instant) {
        *self.recall.lock().unwrap() = Some(Called {
            at,
            binds_first_request: false,
        });
    }

    pub(super) fn is_recalled(&self) -> bool {
        self.recall.lock().unwrap().is_some()
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.load(Ordering::SeqCst)
    }

    /// Whether a handle still exists.
    pub(super) fn is_held(&self) -> bool {
        self.handles.load(Ordering::SeqCst) > 0
    }

    fn wake(&self) {
        if let Some(waker) = self.waker.lock().unwrap().take() {
            waker.wake();
        }
    }
}

/// A connection or a handle of one.
#[derive(Debug)]
pub(crate) struct Conn(pub(super) Arc<Wire>);

impl Clone for Conn {
    fn clone(&self) -> Self {
        self.0.handle()
    }
}

impl Drop for Conn {
    fn drop(&mut self) {
        self.0.handles.fetch_sub(1, Ordering::SeqCst);
    }
}

/// What is known about a connection.
pub(crate) struct Known {
    pub(super) key: PartitionKey,
    wire: Arc<Wire>,
}

impl Known {
    pub(super) fn new(key: PartitionKey, wire: &Arc<Wire>) -> Arc<Self> {
        Arc::new(Self {
            key,
            wire: Arc::clone(wire),
        })
    }

    fn called(&self) -> Option<Called> {
        *self.wire.recall.lock().unwrap()
    }
}

impl Recall for Known {
    fn is_recalled(&self, now: Instant) -> bool {
        self.called().is_some_and(|called| called.at <= now)
    }

    fn recalled_at(&self) -> Option<Instant> {
        self.called().map(|called| called.at)
    }

    fn binds_first_request(&self) -> bool {
        self.called()
            .is_none_or(|called| called.binds_first_request)
    }
}

impl Http1Conn for Conn {
    fn is_open(&self) -> bool {
        self.0.is_open()
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        *self.0.waker.lock().unwrap() = Some(cx.waker().clone());
        if !self.0.is_open() {
            Poll::Ready(false)
        } else if self.0.ready.load(Ordering::SeqCst) {
            Poll::Ready(true)
        } else {
            Poll::Pending
        }
    }
}

impl Http2Conn for Conn {
    fn is_open(&self) -> bool {
        self.0.is_open()
    }

    fn stream_limit(&self) -> Option<usize> {
        let limit = self.0.limit.load(Ordering::SeqCst);
        (limit != UNSAID).then_some(limit)
    }

    fn limit_changes(&self) -> watch::Receiver<()> {
        self.0.limit_changed.subscribe()
    }

    fn reads(&self) -> u64 {
        self.0.reads.load(Ordering::SeqCst)
    }
}

/// The connector: each call is handed to the test, which answers it.
pub(crate) struct Fake {
    calls: mpsc::UnboundedSender<Call>,
    made: AtomicUsize,
}

impl Fake {
    /// A connector and the calls that are made to it.
    pub(super) fn new() -> (Self, mpsc::UnboundedReceiver<Call>) {
        let (calls, received) = mpsc::unbounded_channel();
        let made = AtomicUsize::new(0);
        (Self { calls, made }, received)
    }

    /// How many calls there were.
    pub(super) fn made(&self) -> usize {
        self.made.load(Ordering::SeqCst)
    }
}

impl Connect for Fake {
    type Http1 = Conn;
    type Http2 = Conn;
    type Meta = Known;
    type Error = &'static str;

    fn connect<'a>(&'a self, key: &'a PartitionKey) -> Connecting<'a, Self> {
        self.made.fetch_add(1, Ordering::SeqCst);
        let (answer, answered) = oneshot::channel();
        let sent = self.calls.send(Call {
            key: key.clone(),
            answer,
        });
        Box::pin(async move {
            sent.map_err(|_| "the test is over")?;
            match answered.await {
                Ok(result) => result,
                Err(_) => panic!("the connector panics, as the test asked"),
            }
        })
    }
}

/// One attempt to connect, under way until it is answered. Dropping it makes the connector panic.
pub(super) struct Call {
    pub(super) key: PartitionKey,
    answer: oneshot::Sender<Result<Connected<Fake>, &'static str>>,
}

impl Call {
    pub(super) fn http1(self) -> Arc<Wire> {
        self.http1_until(None)
    }

    pub(super) fn http1_until(self, deadline: Option<Instant>) -> Arc<Wire> {
        let wire = Wire::new(0, None);
        self.connected(Protocol::Http1(wire.handle()), deadline);
        wire
    }

    pub(super) fn http2(self, limit: Option<usize>) -> Arc<Wire> {
        self.http2_until(limit, None)
    }

    pub(super) fn http2_until(self, limit: Option<usize>, deadline: Option<Instant>) -> Arc<Wire> {
        let wire = Wire::new(0, limit);
        self.connected(Protocol::Http2(wire.handle()), deadline);
        wire
    }

    pub(super) fn fails(self) {
        self.answer.send(Err("refused")).unwrap();
    }

    pub(super) fn panics(self) {}

    /// Whether the attempt was cancelled.
    pub(super) fn is_given_up(&self) -> bool {
        self.answer.is_closed()
    }

    pub(super) fn connected(self, protocol: Protocol<Conn, Conn>, deadline: Option<Instant>) {
        let (Protocol::Http1(conn) | Protocol::Http2(conn)) = &protocol;
        let meta = Known::new(self.key, &conn.0);
        let connected = Connected {
            protocol,
            deadline,
            meta,
        };
        assert!(
            self.answer.send(Ok(connected)).is_ok(),
            "the attempt is still under way"
        );
    }
}
