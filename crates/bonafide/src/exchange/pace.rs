//! Where the time of one attempt goes.

use tokio::time::Instant;

use super::Call;
use crate::body::Progress;
use crate::connect::Meta;
use crate::error::Error;
use crate::observe::Timings;

/// When an attempt and its call began, and when it got its connection.
#[derive(Clone, Copy)]
pub(super) struct Pace {
    begun: Instant,
    pub(super) start: Instant,
    /// When it had its connection.
    leased: Instant,
    reused: bool,
}

impl Pace {
    /// An attempt of `call` begins now. The clock is read once for a call and its first attempt.
    pub(super) fn start(call: &mut Call) -> Self {
        let start = Instant::now();
        Self {
            begun: *call.begun.get_or_insert(start),
            start,
            leased: start,
            reused: false,
        }
    }

    /// The attempt has a connection since `leased`.
    pub(super) fn got(&mut self, leased: Instant, reused: bool) {
        self.leased = leased;
        self.reused = reused;
    }

    /// The steps until now, of a request that has a connection.
    pub(super) fn steps(&self, progress: Option<&Progress>) -> Steps {
        let now = Instant::now();
        Steps {
            pace: *self,
            sent: match progress {
                None => self.leased,
                // A response may come before the end of the request.
                Some(progress) => progress.ended_at().map_or(now, |end| end.min(now)),
            },
            now,
        }
    }

    /// Adds the times to the error of a request that got no connection.
    #[cold]
    pub(super) fn unconnected(&self, error: Error) -> Error {
        let opening = error.opening().unwrap_or_default();
        error.timed(|| {
            let now = Instant::now();
            Some(Timings {
                connection: now.saturating_duration_since(self.start),
                send: Default::default(),
                wait: Default::default(),
                total: now.saturating_duration_since(self.begun),
                reused: false,
                opening,
            })
        })
    }

    /// Adds the times and the receipt to the error of a request that got no response.
    #[cold]
    pub(super) fn unanswered(
        &self,
        error: Error,
        meta: &Meta,
        progress: Option<&Progress>,
    ) -> Error {
        let error = error.over(meta.info.receipt());
        error.timed(|| Some(self.steps(progress).timings(meta)))
    }
}

/// When the steps of an attempt were. The times are computed where they are asked for.
#[derive(Clone, Copy)]
pub(super) struct Steps {
    pace: Pace,
    sent: Instant,
    now: Instant,
}

impl Steps {
    /// The times of an attempt over the connection of `meta`.
    pub(super) fn timings(&self, meta: &Meta) -> Timings {
        let Self { pace, sent, now } = *self;
        let Pace {
            begun,
            start,
            leased,
            reused,
        } = pace;
        Timings {
            connection: leased.saturating_duration_since(start),
            send: sent.saturating_duration_since(leased),
            wait: now.saturating_duration_since(sent.max(leased)),
            total: now.saturating_duration_since(begun),
            reused,
            opening: meta.info.opening(),
        }
    }
}
