//! Observers of decisions.

use http::{Method, StatusCode};

use super::{Outcome, Step};

/// Observer of decisions: of each retry, and of each decision not to retry a failed attempt. It
/// cannot influence them.
///
/// It is called before the wait, on the task of the call, and should not block. A closure is one:
///
/// ```
/// use bonafide_tower::retry::{Decision, RetryLayer, Step};
///
/// let layer = RetryLayer::new().with_observer(|decision: &Decision<'_>| match decision.step {
///     Step::Again(again) => eprintln!(
///         "attempt {} to {:?}: {:?}, again in {:?}",
///         decision.attempt, decision.host, decision.outcome, again.after,
///     ),
///     Step::GiveUp(why) => eprintln!("attempt {}: {why}", decision.attempt),
///     Step::Finish => {}
/// });
/// ```
pub trait Observer: Send + Sync {
    /// Is called with a decision.
    fn decided(&self, decision: &Decision<'_>);
}

impl<F> Observer for F
where
    F: Fn(&Decision<'_>) + Send + Sync,
{
    fn decided(&self, decision: &Decision<'_>) {
        self(decision);
    }
}

/// The decision after an attempt, and why it was made.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Decision<'a> {
    /// The method of the request.
    pub method: &'a Method,
    /// The host of the request.
    pub host: Option<&'a str>,
    /// Which attempt it was, counted from 1.
    pub attempt: u32,
    /// The outcome of the attempt.
    pub outcome: Outcome,
    /// The status of its response; `None` for an error.
    pub status: Option<StatusCode>,
    /// The decision: [`Step::Again`] or [`Step::GiveUp`].
    pub step: Step,
}

impl<'a> Decision<'a> {
    /// The decision after the first attempt of a request of `method`, without host and status. A
    /// client with its own retries sets the other fields.
    pub const fn new(method: &'a Method, outcome: Outcome, step: Step) -> Self {
        Self {
            method,
            host: None,
            attempt: 1,
            outcome,
            status: None,
            step,
        }
    }
}
