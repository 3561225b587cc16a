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

    /// The times until now, for a request that has a connection.
    pub(super) fn timings(&self, meta: &Meta, progress: Option<&Progress>) -> Timings {
        let now = Instant::now();
        let Self { leased, reused, .. } = *self;
        let sent = match progress {
            None => leased,
            // A response may come before the end of the request.
            Some(progress) => progress.ended_at().map_or(now, |end| end.min(now)),
        };
        Timings {
            connection: leased.saturating_duration_since(self.start),
            send: sent.saturating_duration_since(leased),
            wait: now.saturating_duration_since(sent.max(leased)),
            total: now.saturating_duration_since(self.begun),
            reused,
            opening: meta.info.opening(),
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
        error.timed(|| Some(self.timings(meta, progress)))
    }
}
