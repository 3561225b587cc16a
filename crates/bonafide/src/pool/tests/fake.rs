//! Connections and a connector that do what a test says.

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::pool::{
    CheckoutError, Connect, Connected, Http1Conn, Http1Lease, Http2Conn, Http2Lease, Lease, Limits,
    Partition, PartitionKey, PartitionParts, Pool, Protocol, Route, Scheme, ZoneId,
};

/// Longer than anything takes here. It is over at once when time stands still and nothing is left to do.
const PATIENCE: Duration = Duration::from_secs(1);

pub(super) type Outcome = Result<Lease<Fake>, CheckoutError<&'static str>>;

/// What a test knows about a connection, while and after it lives.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) id: usize,
    open: AtomicBool,
    ready: AtomicBool,
    waker: Mutex<Option<Waker>>,
    /// Handles of it that exist.
    handles: AtomicUsize,
    limit: Option<usize>,
}

impl Wire {
    pub(super) fn new(id: usize, limit: Option<usize>) -> Arc<Self> {
        Arc::new(Self {
            id,
            open: AtomicBool::new(true),
            ready: AtomicBool::new(true),
            waker: Mutex::new(None),
            handles: AtomicUsize::new(0),
            limit,
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

    pub(super) fn set_ready(&self, ready: bool) {
        self.ready.store(ready, Ordering::SeqCst);
        self.wake();
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.load(Ordering::SeqCst)
    }

    /// Whether somebody still has a handle.
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
pub(super) struct Conn(pub(super) Arc<Wire>);

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
        self.0.limit
    }
}

/// The connector: each call is handed to the test, which answers it.
pub(super) struct Fake {
    calls: mpsc::UnboundedSender<Call>,
    made: AtomicUsize,
}

impl Connect for Fake {
    type Http1 = Conn;
    type Http2 = Conn;
    type Meta = PartitionKey;
    type Error = &'static str;

    fn connect(
        &self,
        key: &PartitionKey,
    ) -> impl Future<Output = Result<Connected<Self>, Self::Error>> + Send {
        self.made.fetch_add(1, Ordering::SeqCst);
        let (answer, answered) = oneshot::channel();
        let sent = self.calls.send(Call {
            key: key.clone(),
            answer,
        });
        async move {
            sent.map_err(|_| "the test is over")?;
            match answered.await {
                Ok(result) => result,
                Err(_) => panic!("the connector panics, as the test asked"),
            }
        }
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

    pub(super) fn connected(self, protocol: Protocol<Conn, Conn>, deadline: Option<Instant>) {
        let connected = Connected {
            protocol,
            deadline,
            meta: Arc::new(self.key),
        };
        assert!(
            self.answer.send(Ok(connected)).is_ok(),
            "the attempt is still under way"
        );
    }
}

/// A pool and the other end of its connector.
pub(super) struct Bench {
    pub(super) pool: Pool<Fake>,
    pub(super) calls: mpsc::UnboundedReceiver<Call>,
}

impl Bench {
    pub(super) fn new(limits: Limits) -> Self {
        let (sender, calls) = mpsc::unbounded_channel();
        let pool = Pool::new(
            Fake {
                calls: sender,
                made: AtomicUsize::new(0),
            },
            limits,
        );
        Self { pool, calls }
    }

    pub(super) fn partition(&self) -> Arc<Partition<Fake>> {
        self.pool.partition(&key("origin.test", 1))
    }

    /// The next attempt to connect.
    pub(super) async fn call(&mut self) -> Call {
        timeout(PATIENCE, self.calls.recv())
            .await
            .expect("there is an attempt")
            .unwrap()
    }

    /// How many attempts there were.
    pub(super) fn attempts(&self) -> usize {
        self.pool.connector().made.load(Ordering::SeqCst)
    }

    /// One request in the queue of `partition`.
    pub(super) async fn waiter(&self, partition: &Arc<Partition<Fake>>) -> JoinHandle<Outcome> {
        let before = self.pool.status().waiting;
        let partition = Arc::clone(partition);
        let waiter = tokio::spawn(checkout(partition));
        until(|| self.pool.status().waiting > before).await;
        waiter
    }

    /// `count` requests in the queue of `partition`, in this order.
    pub(super) async fn waiters(
        &self,
        partition: &Arc<Partition<Fake>>,
        count: usize,
    ) -> Vec<JoinHandle<Outcome>> {
        let mut waiters = Vec::new();
        for _ in 0..count {
            waiters.push(self.waiter(partition).await);
        }
        waiters
    }

    /// A partition with one idle HTTP/1.1 connection.
    pub(super) async fn with_idle_http1(
        &mut self,
        deadline: Option<Instant>,
    ) -> (Arc<Partition<Fake>>, Arc<Wire>) {
        let partition = self.partition();
        let waiter = self.waiter(&partition).await;
        let wire = self.call().await.http1_until(deadline);
        http1(waiter.await.unwrap()).return_to_pool();
        (partition, wire)
    }
}

/// A checkout that is served before long.
pub(super) async fn checkout(partition: Arc<Partition<Fake>>) -> Outcome {
    timeout(PATIENCE, partition.checkout())
        .await
        .expect("the request is answered")
}

/// Lets the other tasks run until `done`.
pub(super) async fn until(done: impl Fn() -> bool) {
    for _ in 0..10_000 {
        if done() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("what was waited for did not come");
}

pub(super) fn key(host: &str, epoch: u64) -> PartitionKey {
    PartitionKey::new(parts(host, epoch))
}

pub(super) fn parts(host: &str, epoch: u64) -> PartitionParts {
    PartitionParts {
        scheme: Scheme::Https,
        host: host.into(),
        port: 443,
        route: Route::Direct,
        zone: ZoneId(0),
        epoch,
        identity: 0,
    }
}

pub(super) fn http1(outcome: Outcome) -> Http1Lease<Fake> {
    match outcome {
        Ok(Lease::Http1(lease)) => lease,
        Ok(Lease::Http2(_)) => panic!("HTTP/2 where HTTP/1.1 was expected"),
        Err(error) => panic!("no connection: {error:?}"),
    }
}

pub(super) fn http2(outcome: Outcome) -> Http2Lease<Fake> {
    match outcome {
        Ok(Lease::Http2(lease)) => lease,
        Ok(Lease::Http1(_)) => panic!("HTTP/1.1 where HTTP/2 was expected"),
        Err(error) => panic!("no connection: {error:?}"),
    }
}

pub(super) fn error(outcome: Outcome) -> CheckoutError<&'static str> {
    match outcome {
        Ok(_) => panic!("a connection where an error was expected"),
        Err(error) => error,
    }
}

/// The wire that a lease is for.
pub(super) fn wire(lease: &mut Lease<Fake>) -> Arc<Wire> {
    Arc::clone(match lease {
        Lease::Http1(lease) => &lease.conn_mut().0,
        Lease::Http2(lease) => &lease.handle_mut().0,
    })
}
