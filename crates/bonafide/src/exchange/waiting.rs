//! Waiting for the headers of a response, within the limits.

use std::future::{Future, poll_fn};
use std::marker::PhantomData;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::time::Instant;

use super::sending::Sending;
use crate::body::Progress;
use crate::error::{Delivery, Failure, Kind, Phase};
use crate::limits::{Deadline, SILENCE};
use crate::protocol::{Timer, Timers};

/// Until when a request waits for a connection; set when it has to wait for the first time.
#[derive(Debug)]
pub(super) struct Patience {
    deadline: Deadline,
    limit: Option<Duration>,
    ends: Option<Instant>,
    has_waited: bool,
}

impl Patience {
    /// Waits for at most `limit`, and not beyond `deadline`.
    pub(super) fn new(limit: Option<Duration>, deadline: Deadline) -> Self {
        Self {
            deadline,
            limit,
            ends: None,
            has_waited: false,
        }
    }

    /// Whether the request had to wait.
    pub(super) fn has_waited(&self) -> bool {
        self.has_waited
    }

    /// Waits for a connection, and fails after the limit. A connection that is available at once
    /// costs no timer. Calls `missed` when the request has to wait for the first time, and `nudge`
    /// after every [`SILENCE`] of waiting.
    pub(super) async fn wait<T>(
        &mut self,
        mut work: Pin<&mut impl Future<Output = T>>,
        missed: impl FnOnce(),
        nudge: impl Fn(),
    ) -> Result<T, Failure> {
        if let Poll::Ready(done) = poll_fn(|cx| Poll::Ready(work.as_mut().poll(cx))).await {
            return Ok(done);
        }
        if !mem::replace(&mut self.has_waited, true) {
            missed();
        }
        if self.ends.is_none() {
            self.ends = self
                .limit
                .and_then(|limit| Instant::now().checked_add(limit));
        }
        let limit = self.ends.zip(self.limit);
        let end = match (self.deadline, limit) {
            (Some(total), Some((ends, _))) if total.0 <= ends => Some((total, Late::ToConnect)),
            (Some(total), None) => Some((total, Late::ToConnect)),
            (_, Some(limit)) => Some((limit, Late::Crowded)),
            (None, None) => None,
        };
        loop {
            let next = Instant::now() + SILENCE;
            let until = end.map_or(next, |((at, _), _)| at.min(next));
            if let Ok(done) = tokio::time::timeout_at(until, work.as_mut()).await {
                return Ok(done);
            }
            match end {
                Some(((at, limit), late)) if at <= Instant::now() => {
                    return Err(match late {
                        Late::ToConnect => late_to_connect(limit),
                        Late::Crowded => crowded(limit),
                    });
                }
                _ => nudge(),
            }
        }
    }
}

/// Which limit ends the wait for a connection.
#[derive(Clone, Copy)]
enum Late {
    /// The limit of the whole request.
    ToConnect,
    /// The limit of the wait.
    Crowded,
}

pin_project! {
    /// Waits for the response to a request, and fails once the headers or the whole request have
    /// taken too long. An error of `answer` becomes a `U`. The time for the headers starts again
    /// whenever the connection accepts a piece of the request's body.
    ///
    /// Written by hand because it is moved with every request: an `async fn` would hold `answer`
    /// twice.
    pub(super) struct ForHeaders<'a, F, U> {
        #[pin]
        answer: F,
        timer: Timer<'a>,
        // When to check the timer; none before the request had to wait.
        until: Option<Instant>,
        since: Instant,
        limit: Option<Duration>,
        deadline: Deadline,
        progress: Option<Progress>,
        mark: u64,
        // For a listener: what is to be notified of, until it is.
        sending: Option<Sending>,
        error: PhantomData<fn() -> U>,
    }
}

impl<'a, F, U> ForHeaders<'a, F, U> {
    /// Waits since `since`, with a timer of `timers`.
    pub(super) fn new(
        timers: &'a Timers,
        since: Instant,
        limit: Option<Duration>,
        deadline: Deadline,
        progress: Option<Progress>,
        answer: F,
    ) -> Self {
        Self {
            answer,
            timer: Timer::of(timers),
            until: None,
            since,
            limit,
            deadline,
            progress,
            mark: 0,
            sending: None,
            error: PhantomData,
        }
    }

    /// Notifies a listener when the whole request was taken.
    pub(super) fn listened(mut self, sending: Option<Sending>) -> Self {
        self.sending = sending;
        self
    }
}

impl<F, T, E, U> Future for ForHeaders<'_, F, U>
where
    F: Future<Output = Result<T, E>>,
    U: From<E>,
{
    type Output = Result<Result<T, U>, Failure>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Some(sending) = this.sending
            && sending.poll_notify(cx).is_ready()
        {
            *this.sending = None;
        }
        if let Poll::Ready(answer) = this.answer.poll(cx) {
            return Poll::Ready(Ok(answer.map_err(U::from)));
        }
        let (limit, deadline) = (*this.limit, *this.deadline);
        loop {
            if let Some(until) = *this.until {
                if this.timer.poll_until(until, cx).is_pending() {
                    return Poll::Pending;
                }
                *this.since = Instant::now();
                if let Some((at, total)) = deadline
                    && at <= *this.since
                {
                    return Poll::Ready(Err(late(total, Phase::Headers)));
                }
                let progress = this.progress.as_ref();
                if progress.is_none_or(|progress| progress.mark() == *this.mark) {
                    return Poll::Ready(Err(silent(limit, progress)));
                }
            }
            *this.mark = this.progress.as_ref().map_or(0, Progress::mark);
            let silence = limit.and_then(|limit| this.since.checked_add(limit));
            let Some(at) = silence.into_iter().chain(deadline.map(|(at, _)| at)).min() else {
                return Poll::Pending;
            };
            *this.until = Some(at);
        }
    }
}

#[cold]
fn late(total: Duration, phase: Phase) -> Failure {
    Failure::overdue(total).during(phase)
}

fn late_to_connect(total: Duration) -> Failure {
    late(total, Phase::Connect).delivered(Delivery::NotSent)
}

#[cold]
fn crowded(limit: Duration) -> Failure {
    Failure::new(
        Kind::Timeout,
        format!("no connection was free within {limit:?}"),
    )
    .during(Phase::Connect)
    .retryable()
}

#[cold]
fn silent(limit: Option<Duration>, progress: Option<&Progress>) -> Failure {
    let limit = limit.unwrap_or_default();
    if progress.is_some_and(|progress| !progress.is_ended()) {
        let what = format!("no more of the request's body could be sent within {limit:?}");
        Failure::new(Kind::Timeout, what).during(Phase::Send)
    } else {
        let what = format!("no response within {limit:?}");
        Failure::new(Kind::Timeout, what).during(Phase::Headers)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::future::pending;

    use super::*;

    type Nothing = Result<(), Infallible>;

    const LIMIT: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn silence_is_a_timeout_of_the_headers() {
        let timers = Timers::default();
        let failure = ForHeaders::<_, Infallible>::new(
            &timers,
            Instant::now(),
            Some(LIMIT),
            None,
            None,
            pending::<Nothing>(),
        )
        .await
        .expect_err("nothing comes");
        assert_eq!(
            (failure.kind, failure.phase),
            (Kind::Timeout, Some(Phase::Headers))
        );
        assert_eq!(failure.to_string(), "no response within 30s");
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_moves_keeps_the_request_alive_and_one_that_stops_does_not() {
        let timers = Timers::default();
        let progress = Progress::new();
        let of_connection = progress.clone();
        let start = Instant::now();
        let connection = async {
            for _ in 0..5 {
                tokio::time::sleep(Duration::from_secs(20)).await;
                of_connection.note();
            }
            pending::<Nothing>().await
        };
        let failure = ForHeaders::<_, Infallible>::new(
            &timers,
            Instant::now(),
            Some(LIMIT),
            None,
            Some(progress),
            connection,
        )
        .await
        .expect_err("the body stops");
        assert_eq!(
            (failure.kind, failure.phase),
            (Kind::Timeout, Some(Phase::Send))
        );
        assert!(
            start.elapsed() >= Duration::from_secs(100 + 30),
            "{:?}",
            start.elapsed()
        );
    }

    #[tokio::test(start_paused = true)]
    async fn the_total_limit_holds_whatever_moves() {
        let timers = Timers::default();
        let progress = Progress::new();
        let of_connection = progress.clone();
        let connection = async {
            for _ in 0..100 {
                tokio::time::sleep(Duration::from_secs(1)).await;
                of_connection.note();
            }
            pending::<Nothing>().await
        };
        let total = Duration::from_secs(45);
        let deadline = Some((Instant::now() + total, total));
        let start = Instant::now();
        let failure = ForHeaders::<_, Infallible>::new(
            &timers,
            Instant::now(),
            Some(LIMIT),
            deadline,
            Some(progress),
            connection,
        )
        .await
        .expect_err("too long");
        assert_eq!(failure.to_string(), "the request took longer than 45s");
        assert!(
            start.elapsed() < Duration::from_secs(46),
            "{:?}",
            start.elapsed()
        );
    }
}
