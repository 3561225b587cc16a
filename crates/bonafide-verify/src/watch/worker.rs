//! The watcher's thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustls_pki_types::UnixTime;

use super::contents::Contents;
use super::error::ReloadError;
use super::inbox::{Inbox, News};
use super::notifier::Notifier;
use super::options::{Means, Watching};
use super::schedule::{Next, Pace, Schedule};
use super::settle::{Settled, settle};
use super::status::{WatchStatus, WatchedBy};
use super::target::Target;
use crate::events::throttle::{Budget, Throttle};
use crate::events::{Event, ReloadFailed, ReloadRecovered, WatchingByPolling};

/// The pause after a sink or a listener panicked.
const AFTER_PANIC: Duration = Duration::from_secs(1);

/// The interval after which a lasting failure is reported again.
const AGAIN_AFTER: Duration = Duration::from_secs(60 * 60);
/// Maximum number of different failures that are reported at once.
const AT_ONCE: u32 = 16;
/// The interval after which one more may be reported.
const ONE_MORE_AFTER: Duration = Duration::from_secs(15);

/// What the thread shares with the guard.
pub(super) struct Shared {
    pub(super) inbox: Arc<Inbox>,
    pub(super) status: Mutex<WatchStatus>,
    /// Held while something is put in force. Once true, nothing is put in force.
    pub(super) has_ended: Mutex<bool>,
}

/// Watches the files of a target.
pub(super) struct Worker<T: Target> {
    target: T,
    shared: Arc<Shared>,
    options: Watching,
    files: Vec<PathBuf>,
    /// The contents from which what is in force was made; `None` if they are not known.
    in_force: Option<Contents>,
    /// A reload was requested and has not succeeded yet.
    owed: bool,
    notifier: Notifier,
    pace: Pace,
    schedule: Schedule<Contents>,
    began: Instant,
    /// The rate limit of failure reports. Only the last failure is remembered: one that comes back
    /// after another is reported again.
    reported: Throttle<(String, Contents)>,
    failing: Option<Failing>,
}

struct Failing {
    since: UnixTime,
    attempts: u64,
}

impl<T: Target> Worker<T> {
    pub(super) fn new(
        target: T,
        shared: Arc<Shared>,
        options: Watching,
        notifier: Notifier,
        files: Vec<PathBuf>,
        contents: Option<Contents>,
    ) -> Self {
        let now = Instant::now();
        let pace = options.pace();
        Self {
            target,
            shared,
            options,
            files,
            in_force: contents,
            owed: false,
            notifier,
            pace,
            schedule: Schedule::new(pace, now),
            began: now,
            reported: Throttle::new(AGAIN_AFTER, 1).within(Budget::new(
                AT_ONCE,
                ONE_MORE_AFTER,
                Duration::ZERO,
            )),
            failing: None,
        }
    }

    /// Runs until the guard is dropped.
    pub(super) fn run(mut self) {
        let mut not_before = Instant::now();
        loop {
            let news = self.shared.inbox.take(self.schedule.next().max(not_before));
            if news.ended {
                return;
            }
            let turn = catch_unwind(AssertUnwindSafe(|| self.turn(news)));
            if turn.is_err() {
                // An event sink or a listener panicked. Panics of the recipe are caught elsewhere.
                not_before = Instant::now() + AFTER_PANIC;
            }
        }
    }

    fn turn(&mut self, news: News) {
        if news.moved {
            self.notifier.start_again();
        }
        if let Some(reason) = news.broken {
            self.notifier.start_again();
            self.finds_changes(Err(reason));
            self.schedule.noticed(Instant::now());
        }
        if news.noticed {
            self.schedule.noticed(Instant::now());
        }
        if !news.requests.is_empty() {
            self.owed = true;
            let outcome = self.reload(Contents::of(&self.files));
            for request in news.requests {
                // The caller may have ended.
                let _gone = request.try_send(outcome.clone());
            }
        } else if Instant::now() >= self.schedule.next() {
            self.look();
        }
    }

    fn look(&mut self) {
        self.listen();
        let seen = Contents::of(&self.files);
        let differs = self.owed || self.in_force.as_ref() != Some(&seen);
        match self.schedule.looked(Instant::now(), seen.clone(), differs) {
            Next::AsInForce => self.recovered(),
            Next::Wait => {}
            Next::Reload => {
                let _reported = self.reload(seen);
            }
        }
    }

    /// Reloads and puts the result in force, or reports the failure and schedules a retry.
    fn reload(&mut self, seen: Contents) -> Result<(), ReloadError> {
        let outcome = self.try_reload();
        let now = Instant::now();
        match &outcome {
            Ok(()) => {
                self.owed = false;
                self.schedule.succeeded(now);
                self.status(|status, at| status.since = at);
                self.recovered();
            }
            Err(ReloadError::Ended) => {}
            Err(error) => {
                self.schedule.failed(now, seen.clone());
                self.failed(now, error, seen);
            }
        }
        self.listen();
        outcome
    }

    fn try_reload(&mut self) -> Result<(), ReloadError> {
        let (target, notifier, also) = (&self.target, &mut self.notifier, &self.options.also);
        let listens = self.options.means == Means::Notices;
        let make = || {
            let (made, files) = target.make()?;
            Ok((made, with(files, also)))
        };
        let Settled {
            made,
            files,
            contents,
        } = settle(make, self.files.clone(), |files| {
            if listens {
                // Reported by the `listen` that follows each reload.
                let _later = notifier.listen_for(files);
            }
        })?;
        let contents = contents.ok_or(ReloadError::Unsettled)?;
        let has_ended = self
            .shared
            .has_ended
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if *has_ended {
            return Err(ReloadError::Ended);
        }
        let lost = self
            .in_force
            .as_ref()
            .and_then(|in_force| contents.lost_since(in_force));
        self.target.put(made, lost)?;
        self.in_force = Some(contents);
        self.files = files;
        Ok(())
    }

    fn listen(&mut self) {
        if self.options.means == Means::Notices {
            let outcome = self.notifier.listen_for(&self.files);
            self.finds_changes(outcome);
        }
    }

    /// Sets how changes are found. Polls more often if the operating system does not report
    /// changes, and emits an event for that.
    fn finds_changes(&mut self, listening: Result<(), String>) {
        let (by, poll) = match &listening {
            Ok(()) => (WatchedBy::Notices, self.pace.poll),
            Err(_) => (WatchedBy::Polling, self.options.poll_without_notices),
        };
        let before = self.status(|status, _| std::mem::replace(&mut status.by, by));
        if before == by {
            return;
        }
        self.schedule.poll_every(poll, Instant::now());
        if let Err(reason) = listening {
            let every_ms = u64::try_from(poll.as_millis()).unwrap_or(u64::MAX);
            self.target
                .emit(&Event::WatchingByPolling(WatchingByPolling {
                    reason,
                    every_ms,
                }));
        }
    }

    fn recovered(&mut self) {
        self.reported.forget();
        self.status(|status, _| status.failure = None);
        if let Some(Failing { since, attempts }) = self.failing.take() {
            self.target.emit(&Event::ReloadRecovered(ReloadRecovered {
                in_force: self.target.in_force(),
                failing_since: since,
                attempts,
            }));
        }
    }

    fn failed(&mut self, now: Instant, error: &ReloadError, seen: Contents) {
        let at = self.target.now();
        let (failing_since, attempts) = self
            .failing
            .as_ref()
            .map_or((at, 1), |failing| (failing.since, failing.attempts + 1));
        self.failing = Some(Failing {
            since: failing_since,
            attempts,
        });
        let since = self.status(|status, _| {
            status.failure = Some(error.clone());
            status.since
        });
        let changed = match &self.in_force {
            Some(in_force) => seen.changed_since(in_force),
            None => self.files.clone(),
        };
        let text = error.chain();
        let since_begin = now.saturating_duration_since(self.began);
        let failure = (text.clone(), seen);
        if self.reported.count(&failure, (), since_begin).is_some() {
            self.target.emit(&Event::ReloadFailed(ReloadFailed {
                in_force: self.target.in_force(),
                since,
                changed,
                error: text,
                failing_since,
                attempts,
            }));
        }
    }

    /// Changes the shared status. `change` also gets the time of the target's clock.
    fn status<R>(&self, change: impl FnOnce(&mut WatchStatus, UnixTime) -> R) -> R {
        let at = self.target.now();
        let mut status = self
            .shared
            .status
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        change(&mut status, at)
    }
}

/// All files, each once, sorted.
pub(super) fn with(mut files: Vec<PathBuf>, also: &[PathBuf]) -> Vec<PathBuf> {
    files.extend_from_slice(also);
    files.sort();
    files.dedup();
    files
}
