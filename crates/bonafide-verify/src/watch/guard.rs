//! The guard that keeps the watcher's thread running.

use std::path::PathBuf;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};

use super::contents::Contents;
use super::error::ReloadError;
use super::inbox::Inbox;
use super::notifier::Notifier;
use super::options::{Means, Watching};
use super::settle::{Settled, settle};
use super::status::{WatchStatus, WatchedBy};
use super::target::Target;
use super::worker::{Shared, Worker, with};

/// Keeps the watcher's thread running until it is dropped.
pub(super) struct Guard {
    shared: Arc<Shared>,
    thread: ThreadId,
}

/// A notifier with its inbox.
pub(super) struct Prepared {
    inbox: Arc<Inbox>,
    notifier: Notifier,
}

impl Guard {
    /// Makes the first value on this thread, from files whose changes are already reported.
    pub(super) fn prepare<M>(
        options: &Watching,
        make: impl Fn() -> Result<(M, Vec<PathBuf>), ReloadError>,
    ) -> Result<(Prepared, Settled<M>), ReloadError> {
        let inbox = Arc::new(Inbox::default());
        let mut notifier = Notifier::new(Arc::clone(&inbox));
        let listens = options.means == Means::Notices;
        let make = || {
            let (made, files) = make()?;
            Ok((made, with(files, &options.also)))
        };
        let settled = settle(make, with(Vec::new(), &options.also), |files| {
            if listens {
                // The thread listens again and reports the error then.
                let _later = notifier.listen_for(files);
            }
        })?;
        Ok((Prepared { inbox, notifier }, settled))
    }

    /// Starts the thread.
    pub(super) fn start<T: Target>(
        target: T,
        options: Watching,
        prepared: Prepared,
        files: Vec<PathBuf>,
        contents: Option<Contents>,
    ) -> Result<Self, ReloadError> {
        let Prepared { inbox, notifier } = prepared;
        let shared = Arc::new(Shared {
            inbox,
            status: Mutex::new(WatchStatus {
                since: target.now(),
                failure: None,
                by: match options.means {
                    Means::Notices => WatchedBy::Notices,
                    Means::Polling => WatchedBy::Polling,
                },
            }),
            has_ended: Mutex::new(false),
        });
        let of_worker = Arc::clone(&shared);
        let worker = Worker::new(target, of_worker, options, notifier, files, contents);
        let thread = thread::Builder::new()
            .name("bonafide-watch".to_owned())
            .spawn(move || worker.run())
            .map_err(|error| ReloadError::Thread(Arc::new(error)))?
            .thread()
            .id();
        Ok(Self { shared, thread })
    }

    pub(super) fn reload_now(&self) -> Result<(), ReloadError> {
        if thread::current().id() == self.thread {
            return Err(ReloadError::WithinReload);
        }
        let (request, answer) = sync_channel(1);
        self.shared.inbox.put(|news| news.requests.push(request));
        // There is no answer if an event sink or a listener panicked meanwhile.
        answer.recv().unwrap_or(Err(ReloadError::Ended))
    }

    pub(super) fn status(&self) -> WatchStatus {
        self.shared
            .status
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Simulates that the operating system stops reporting changes.
    #[cfg(test)]
    pub(super) fn break_notices(&self, reason: &str) {
        self.shared
            .inbox
            .put(|news| news.broken = Some(reason.to_owned()));
    }
}

impl Drop for Guard {
    /// No policy or certificate is put in force after the drop.
    fn drop(&mut self) {
        self.shared.inbox.put(|news| news.ended = true);
        // During a reload, the thread holds the lock itself, and ends afterwards.
        if thread::current().id() != self.thread {
            *self
                .shared
                .has_ended
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = true;
        }
    }
}
