//! Waiting for the headers of a response, as long as that is reasonable.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use super::call::Deadline;
use crate::body::Progress;
use crate::error::{Failure, Kind, Phase};

/// `work`, or a failure once `deadline` has passed.
pub(super) async fn until<T>(
    deadline: Deadline,
    phase: Phase,
    work: impl Future<Output = T>,
) -> Result<T, Failure> {
    match deadline {
        None => Ok(work.await),
        Some((at, total)) => tokio::time::timeout_at(at, work)
            .await
            .map_err(|_| late(total, phase)),
    }
}

/// `answer`, or a failure once the headers or the whole request have taken too long. The time for the
/// headers starts anew whenever the connection takes a piece of the request's body.
pub(super) async fn for_headers<T>(
    limit: Option<Duration>,
    deadline: Deadline,
    progress: Option<Progress>,
    answer: impl Future<Output = T>,
) -> Result<T, Failure> {
    let mut answer = pin!(answer);
    let mut timer = pin!(None::<Sleep>);
    let mut mark = 0;
    poll_fn(move |cx| {
        if let Poll::Ready(answer) = answer.as_mut().poll(cx) {
            return Poll::Ready(Ok(answer));
        }
        loop {
            match timer.as_mut().as_pin_mut() {
                Some(timer) => {
                    if timer.poll(cx).is_pending() {
                        return Poll::Pending;
                    }
                    if let Some((at, total)) = deadline
                        && at <= Instant::now()
                    {
                        return Poll::Ready(Err(late(total, Phase::Headers)));
                    }
                    let moved = progress
                        .as_ref()
                        .is_some_and(|progress| progress.mark() != mark);
                    if !moved {
                        return Poll::Ready(Err(silent(limit, progress.as_ref())));
                    }
                }
                None if limit.is_none() && deadline.is_none() => return Poll::Pending,
                None => {}
            }
            mark = progress.as_ref().map_or(0, Progress::mark);
            let silence = limit.and_then(|limit| Instant::now().checked_add(limit));
            let Some(at) = silence.into_iter().chain(deadline.map(|(at, _)| at)).min() else {
                return Poll::Pending;
            };
            timer.set(Some(sleep_until(at)));
        }
    })
    .await
}

#[cold]
fn late(total: Duration, phase: Phase) -> Failure {
    Failure::new(
        Kind::Timeout,
        format!("the request took longer than {total:?}"),
    )
    .during(phase)
}

#[cold]
fn silent(limit: Option<Duration>, progress: Option<&Progress>) -> Failure {
    let limit = limit.unwrap_or_default();
    if progress.is_some_and(|progress| !progress.is_ended()) {
        let what = format!("nothing more of the request's body was taken within {limit:?}");
        Failure::new(Kind::Timeout, what).during(Phase::Send)
    } else {
        let what = format!("no response within {limit:?}");
        Failure::new(Kind::Timeout, what).during(Phase::Headers)
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn silence_is_a_timeout_of_the_headers() {
        let failure = for_headers(Some(LIMIT), None, None, pending::<()>())
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
        let progress = Progress::new();
        let of_connection = progress.clone();
        let start = Instant::now();
        let connection = async {
            for _ in 0..5 {
                tokio::time::sleep(Duration::from_secs(20)).await;
                of_connection.note();
            }
            pending::<()>().await;
        };
        let failure = for_headers(Some(LIMIT), None, Some(progress), connection)
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
        let progress = Progress::new();
        let of_connection = progress.clone();
        let connection = async {
            loop {
                tokio::time::sleep(Duration::from_secs(1)).await;
                of_connection.note();
            }
        };
        let total = Duration::from_secs(45);
        let deadline = Some((Instant::now() + total, total));
        let start = Instant::now();
        let failure = for_headers::<()>(Some(LIMIT), deadline, Some(progress), connection)
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
