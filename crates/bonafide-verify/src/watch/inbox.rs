//! Notifications for the watcher's thread.

use std::sync::mpsc::SyncSender;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::error::ReloadError;

/// Collects notifications for the watcher's thread. It holds at most one of each kind, and one
/// request for each caller that waits.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    news: Mutex<News>,
    bell: Condvar,
}

#[derive(Debug, Default)]
pub(super) struct News {
    /// Something changed.
    pub(super) noticed: bool,
    /// A watched directory was moved or removed.
    pub(super) moved: bool,
    /// The operating system stopped reporting changes, with the reason.
    pub(super) broken: Option<String>,
    /// The callers that wait for a reload.
    pub(super) requests: Vec<SyncSender<Result<(), ReloadError>>>,
    /// The guard was dropped.
    pub(super) ended: bool,
}

impl Inbox {
    pub(super) fn put(&self, add: impl FnOnce(&mut News)) {
        add(&mut self.lock());
        self.bell.notify_all();
    }

    /// Returns pending notifications, as soon as there are any, and at `until` at the latest;
    /// `ended` is sticky.
    pub(super) fn take(&self, until: Instant) -> News {
        let mut news = self.lock();
        while !news.is_any() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            news = self
                .bell
                .wait_timeout(news, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        let ended = news.ended;
        let taken = std::mem::take(&mut *news);
        news.ended = ended;
        taken
    }

    fn lock(&self) -> MutexGuard<'_, News> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl News {
    fn is_any(&self) -> bool {
        let Self {
            noticed,
            moved,
            broken,
            requests,
            ended,
        } = self;
        *noticed || *moved || broken.is_some() || !requests.is_empty() || *ended
    }
}
