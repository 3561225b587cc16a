//! One call of the layer: what each attempt is made of.

use std::mem;
use std::sync::Arc;

use http::{Request, Response, request, response};
use tokio::runtime::Handle;
use tokio::time::Instant;

use super::{
    Again, BudgetKey, Budgets, Classify, Course, Deadline, Decision, Ended, GiveUp, Observer,
    Outcome, Retry, RetryError, Step,
};
use crate::repeat_body::RepeatBody;

/// What all calls of a layer share.
pub(super) struct Shared<C> {
    pub(super) retry: Retry,
    pub(super) budgets: Budgets<BudgetKey>,
    pub(super) classifier: C,
    pub(super) observer: Option<Arc<dyn Observer>>,
}

impl<C: Clone> Clone for Shared<C> {
    fn clone(&self) -> Self {
        Self {
            retry: self.retry,
            budgets: self.budgets.clone(),
            classifier: self.classifier.clone(),
            observer: self.observer.clone(),
        }
    }
}

/// One call.
pub(super) struct Call<B, C> {
    shared: Shared<C>,
    course: Course,
    /// The head of each attempt, with its idempotency key. Its body is the one of the next attempt,
    /// as long as there may be one.
    next: Request<Option<B>>,
    deadline: Option<Deadline>,
}

impl<B: RepeatBody, C> Call<B, C> {
    /// A call, and the request of its first attempt.
    pub(super) fn begin(
        shared: Shared<C>,
        mut request: Request<B>,
    ) -> Result<(Self, Request<B>), RetryError> {
        shared.budgets.deposit(|| BudgetKey::of(&request));
        let (mut head, body) = request.into_parts();
        let course = Course::begin(
            shared.retry,
            &head.method,
            &mut head.headers,
            &head.extensions,
        )?;
        let mut call = Self {
            shared,
            course,
            deadline: head.extensions.get().copied(),
            next: Request::new(None),
        };
        request = call.attempt(head, body);
        Ok((call, request))
    }

    /// The request of an attempt with this head and body; keeps what the one after it needs.
    fn attempt(&mut self, head: request::Parts, body: B) -> Request<B> {
        let spare = if self.course.may_go_on() {
            body.try_repeat()
        } else {
            None
        };
        self.next = Request::from_parts(head.clone(), spare);
        let mut request = Request::from_parts(head, body);
        self.course.prepare(request.extensions_mut());
        request
    }

    /// What comes after an attempt.
    pub(super) fn judge<R, E>(&mut self, attempt: Result<Response<R>, E>) -> Judged<B, R, E>
    where
        C: Classify<E>,
    {
        match attempt {
            Ok(response) => {
                let (head, body) = response.into_parts();
                let outcome = self.shared.classifier.classify(Ok(&head));
                match self.next(outcome, Some(&head)) {
                    Some((again, request)) => Judged::Again(again, request, Some(body)),
                    None => Judged::Ended(Ok(self.finish(Response::from_parts(head, body)))),
                }
            }
            Err(error) => {
                let outcome = self.shared.classifier.classify(Err(&error));
                match self.next(outcome, None) {
                    Some((again, request)) => Judged::Again(again, request, None),
                    None => Judged::Ended(Err(error)),
                }
            }
        }
    }

    /// The next attempt; `None` if there is none.
    fn next(
        &mut self,
        outcome: Outcome,
        head: Option<&response::Parts>,
    ) -> Option<(Again, Request<B>)> {
        let again = self.decide(outcome, head)?;
        let next = mem::replace(&mut self.next, Request::new(None));
        let (head, body) = next.into_parts();
        Some((again, self.attempt(head, body?)))
    }

    fn decide(&mut self, outcome: Outcome, head: Option<&response::Parts>) -> Option<Again> {
        let now = Instant::now();
        let ended = Ended {
            outcome,
            headers: head.map(|head| &head.headers),
            can_repeat_body: self.next.body().is_some(),
            time_left: self
                .deadline
                .map(|Deadline(at)| at.saturating_duration_since(now)),
        };
        let mut no_runtime = false;
        let Self {
            shared,
            course,
            next,
            deadline: _,
        } = self;
        let mut step = course.judge(next.method(), &ended, || {
            no_runtime = Handle::try_current().is_err();
            !no_runtime && shared.budgets.withdraw(BudgetKey::of(next))
        });
        if no_runtime {
            step = Step::GiveUp(GiveUp::NoRuntime);
        }
        if let Some(observer) = &shared.observer
            && step != Step::Finish
        {
            observer.decided(&Decision {
                method: next.method(),
                host: next.uri().host(),
                attempt: course.made(),
                outcome,
                status: head.map(|head| head.status),
                step,
            });
        }
        match step {
            Step::Again(again) => Some(again),
            Step::Finish | Step::GiveUp(_) => None,
        }
    }

    /// The response of the call.
    fn finish<R>(&self, mut response: Response<R>) -> Response<R> {
        let attempts = self.course.attempts().clone();
        response.extensions_mut().insert(attempts);
        response
    }
}

/// What comes after an attempt.
pub(super) enum Judged<B, R, E> {
    /// Another attempt, and the body of the response that is not returned.
    Again(Again, Request<B>, Option<R>),
    /// It was the last one.
    Ended(Result<Response<R>, E>),
}
