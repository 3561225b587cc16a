//! Failed attempts of a hop that are made again: the rule of `bonafide_tower::retry`, with what the
//! client knows of its own errors, zones and connections.
//!
//! What the exchange repeats, since it provably was not processed, is part of one attempt here.

mod classify;
mod discard;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bonafide_tower::retry::{
    self, BudgetKey, Budgets, Classify, Course, Decision, Ended, GiveUp, Observer, Outcome, Over,
    Retry, RetryError, Step,
};
use http::{StatusCode, response};
use tokio::runtime::Handle;
use tokio::time::Instant;

pub use self::classify::ByDelivery;
use self::classify::within_limits;
use self::discard::wait;
use super::CallStage;
#[cfg(feature = "download")]
use super::Stack;
use crate::error::{Delivery, Error, Failure, Kind};
use crate::events::Event;
use crate::exchange::{Answered, Call, Wanted};
use crate::limits::Deadline;
use crate::origin::server_name;
use crate::router::Router;

/// What the caller has set for retries.
#[derive(Default)]
pub(crate) struct Retries {
    /// `None` where only requests with a rule of their own are sent again.
    pub(crate) rule: Option<Retry>,
    pub(crate) budgets: Budgets<BudgetKey>,
    /// `None` is [`ByDelivery`].
    pub(crate) classifier: Option<Arc<dyn Classify<Error> + Send + Sync>>,
    pub(crate) observer: Option<Arc<dyn Observer>>,
}

impl CallStage {
    /// Makes an attempt of a hop, and others as the rule of its `course` says.
    pub(super) async fn attempts(
        &self,
        mut course: Course,
        router: &Router,
        call: &mut Call,
        deadline: Deadline,
    ) -> Result<Box<Answered>, Error> {
        let mut reached = Delivery::NotSent;
        loop {
            let spare = match course.may_go_on() {
                true => call.body.try_clone(),
                false => None,
            };
            if self.hop_layers.is_some() {
                course.prepare(&mut call.extensions);
            }
            let attempt = self.once(router, call, deadline).await;
            let outcome = self
                .retries
                .classify(attempt.as_ref().map(|answer| &answer.head));
            let ended = Attempted {
                outcome,
                attempt: &attempt,
                can_repeat_body: spare.is_some(),
                deadline,
            };
            let Step::Again(again) = self.retries.decide(&mut course, router, call, &ended) else {
                if course.made() > 1 {
                    // Of this hop alone.
                    call.extensions.remove::<Over>();
                    call.connection = Wanted::Any;
                }
                return attempt.map_err(|error| error.sent_before(reached));
            };
            call.connection = match again.over {
                // The exchange has found that the server takes it over HTTP/1.1 alone.
                Over::Any if call.connection == Wanted::Http1 => Wanted::Http1,
                over => over.into(),
            };
            reached = reached.max(delivery(outcome, &attempt));
            wait(
                again.after,
                attempt.ok().map(|answer| answer.body),
                deadline,
            )
            .await;
            call.body = spare.unwrap_or_default();
        }
    }
}

#[cfg(feature = "download")]
impl Stack {
    /// How long to wait before the rest of a response is asked for, whose body failed with `error`
    /// after `made` attempts that brought nothing new; `None` if the rule of `call`, or of the
    /// client, says that it is not.
    pub(crate) fn resume_after(
        &self,
        call: &Call,
        error: &Error,
        made: u32,
        deadline: Deadline,
    ) -> Option<Duration> {
        let retries = &self.calls.retries;
        let rule = call.extensions.get::<Retry>().copied().or(retries.rule)?;
        let router = self.router().ok()?;
        let outcome = retries.classify(Err(error));
        let mut seen = retry::Seen::new(outcome, &call.method);
        seen.made = made;
        seen.random = retry::random_bits();
        seen.time_left = time_left(call, deadline);
        let step = rule.judge(&seen, || retries.budgets.withdraw(budget_key(router, call)));
        let host = call.origin().host;
        let mut decision = Decision::new(&call.method, outcome, step);
        decision.host = Some(&host);
        decision.attempt = made;
        retries.report(&decision);
        match step {
            Step::Again(again) => Some(again.after),
            Step::Finish | Step::GiveUp(_) => None,
        }
    }
}

/// How far an attempt got. 421 says that the server did nothing.
fn delivery(outcome: Outcome, attempt: &Result<Box<Answered>, Error>) -> Delivery {
    match (outcome, attempt) {
        (Outcome::Misdirected, _) => Delivery::RefusedUnprocessed,
        (_, Ok(_)) => Delivery::Answered,
        (_, Err(error)) => error.delivery(),
    }
}

/// An attempt that has ended.
struct Attempted<'a> {
    outcome: Outcome,
    attempt: &'a Result<Box<Answered>, Error>,
    can_repeat_body: bool,
    deadline: Deadline,
}

impl Retries {
    /// The course of a hop, if it has a rule.
    pub(super) fn begin(&self, router: &Router, call: &mut Call) -> Result<Option<Course>, Error> {
        let own = call.extensions.get::<Retry>().copied();
        let Some(rule) = own.or(self.rule) else {
            return Ok(None);
        };
        self.budgets.deposit(|| budget_key(router, call));
        if let Some(attempts) = &call.attempts {
            // Of an earlier hop.
            call.extensions.insert(attempts.clone());
        }
        let course = Course::begin(rule, &call.method, &mut call.headers, &call.extensions);
        let course = course.map_err(failed)?;
        call.attempts
            .get_or_insert_with(|| course.attempts().clone());
        Ok(Some(course))
    }

    fn classify(&self, attempt: Result<&response::Parts, &Error>) -> Outcome {
        match &self.classifier {
            None => ByDelivery.classify(attempt),
            Some(classifier) => within_limits(&**classifier, attempt),
        }
    }

    /// What comes after an attempt.
    fn decide(
        &self,
        course: &mut Course,
        router: &Router,
        call: &Call,
        attempted: &Attempted<'_>,
    ) -> Step {
        let Attempted {
            outcome,
            attempt,
            can_repeat_body,
            deadline,
        } = *attempted;
        let head = attempt.as_ref().ok().map(|answer| &answer.head);
        let mut ended = Ended {
            outcome,
            headers: head.map(|head| &head.headers),
            can_repeat_body,
            time_left: None,
        };
        if outcome == Outcome::Final {
            return course.judge(&call.method, &ended, || false);
        }
        ended.time_left = time_left(call, deadline);
        let mut no_runtime = false;
        let mut step = course.judge(&call.method, &ended, || {
            no_runtime = Handle::try_current().is_err();
            !no_runtime && self.budgets.withdraw(budget_key(router, call))
        });
        if no_runtime {
            step = Step::GiveUp(GiveUp::NoRuntime);
        }
        let host = call.origin().host;
        let mut decision = Decision::new(&call.method, outcome, step);
        decision.host = Some(&host);
        decision.attempt = course.made();
        decision.status = head.map(|head| head.status);
        self.report(&decision);
        notify(call, &step, delivery(outcome, attempt), decision.status);
        step
    }

    #[cold]
    fn report(&self, decision: &Decision<'_>) {
        let Decision {
            method,
            host,
            attempt,
            outcome,
            status,
            step,
            ..
        } = *decision;
        let host = host.unwrap_or_default();
        let status = status.as_ref().map(StatusCode::as_u16);
        match step {
            Step::Again(again) => tracing::debug!(
                %method, host, attempt, ?outcome, status, after = ?again.after, over = ?again.over,
                "sending a request again"
            ),
            Step::GiveUp(why) => tracing::debug!(
                %method, host, attempt, ?outcome, status, %why,
                "not sending a failed request again"
            ),
            Step::Finish => return,
        }
        if let Some(observer) = &self.observer {
            observer.decided(decision);
        }
    }
}

/// Notifies the listeners of a decision.
#[cold]
fn notify(call: &Call, step: &Step, delivery: Delivery, status: Option<StatusCode>) {
    let again = match step {
        Step::Again(again) => Some(again.after),
        Step::GiveUp(_) => None,
        Step::Finish => return,
    };
    call.events.notify(|call| Event::RetryDecision {
        call,
        delivery,
        status,
        again,
    });
}

/// The time until the call must be over, for the client and for an outer layer.
fn time_left(call: &Call, deadline: Deadline) -> Option<Duration> {
    let outer = call.extensions.get::<retry::Deadline>();
    let own = deadline.map(|(at, _)| at);
    let ends = own.into_iter().chain(outer.map(|outer| outer.0)).min()?;
    Some(ends.saturating_duration_since(Instant::now()))
}

/// The budget of a hop: the one that the caller named, else that of its zone and authority.
fn budget_key(router: &Router, call: &Call) -> BudgetKey {
    if let Some(given) = call.extensions.get::<BudgetKey>() {
        return given.clone();
    }
    let origin = call.origin();
    let policy = router.policy().current();
    let name = server_name(&origin.host);
    // A host without a zone is refused, and a refusal is not repeated.
    let zone = name.ok().and_then(|name| policy.zone_of(&name).ok());
    let zone = zone.map_or("", |zone| zone.name());
    BudgetKey::of_zone(zone, &origin.to_string())
}

/// No key could be made.
#[cold]
fn failed(error: RetryError) -> Error {
    Failure::new(
        Kind::Request,
        "the request cannot be given an idempotency key",
    )
    .caused_by(error)
    .delivered(Delivery::NotSent)
    .into()
}

impl fmt::Debug for Retries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            rule,
            budgets,
            classifier,
            observer,
        } = self;
        f.debug_struct("Retries")
            .field("rule", rule)
            .field("budgets", budgets)
            .field("classifier", &classifier.is_some())
            .field("observer", &observer.is_some())
            .finish()
    }
}
