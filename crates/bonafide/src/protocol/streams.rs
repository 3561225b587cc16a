//! How many streams an HTTP/2 peer allows, from its settings to the pool.
//!
//! hyper reads the settings in a task of its own, and its connection returns the limit when it is
//! asked. Until the first settings have arrived, that task therefore wakes the task that asks.

use std::future::{Future, poll_fn};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Waker};

use hyper::rt::Executor;
use tokio::sync::watch;

/// Stands for an unknown limit until the peer's settings arrive. No peer can send this value where
/// `usize` has 64 bits.
pub(super) const BEFORE_SETTINGS: usize = usize::MAX - 1;

/// How many streams the peer of one connection allows.
#[derive(Debug)]
pub(super) struct Streams {
    limit: AtomicUsize,
    /// Notified when the limit changes, and when the connection ends.
    changed: watch::Sender<()>,
    /// Wakes the task that asks the connection for the limit, until it is known.
    asking: Mutex<Option<Waker>>,
}

impl Streams {
    /// The limit of a connection whose peer has sent nothing yet.
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            limit: AtomicUsize::new(BEFORE_SETTINGS),
            changed: watch::Sender::new(()),
            asking: Mutex::new(None),
        })
    }

    /// The limit; `None` while it is not known, `usize::MAX` when there is none.
    pub(super) fn limit(&self) -> Option<usize> {
        let limit = self.limit.load(Ordering::Relaxed);
        (limit != BEFORE_SETTINGS).then_some(limit)
    }

    /// Notifies of a new limit, and of the end of the connection.
    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Called before the caller asks the connection for the limit: registers the caller to be woken
    /// when the limit may be known.
    pub(super) fn ask(&self, cx: &Context<'_>) {
        if self.limit().is_none() {
            *self.asking() = Some(cx.waker().clone());
        }
    }

    /// Stores the connection's answer.
    pub(super) fn note(&self, limit: usize, ended: bool) {
        if self.limit.swap(limit, Ordering::Relaxed) != limit || ended {
            self.changed.send_replace(());
        }
    }

    fn wake(&self) {
        let asking = self.asking().take();
        if let Some(asking) = asking {
            asking.wake();
        }
    }

    fn asking(&self) -> std::sync::MutexGuard<'_, Option<Waker>> {
        self.asking.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs hyper's tasks for one connection on tokio.
#[derive(Clone, Debug)]
pub(super) struct Tasks(pub(super) Arc<Streams>);

impl<F> Executor<F> for Tasks
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, task: F) {
        // hyper's futures are of one large type, and tokio copies what it spawns several times.
        let mut task = Box::pin(task);
        if self.0.limit().is_some() {
            tokio::spawn(task);
            return;
        }
        let streams = Arc::clone(&self.0);
        tokio::spawn(async move {
            poll_fn(|cx| {
                let polled = task.as_mut().poll(cx);
                if streams.limit().is_none() {
                    streams.wake();
                }
                polled
            })
            .await;
        });
    }
}
