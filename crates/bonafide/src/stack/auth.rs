//! Credentials of a hop: the rule of `bonafide_tower::auth`. The exchange writes them, once the
//! connection is known.

use std::sync::Arc;

use bonafide_tower::auth::{Keyring, Prepared, Preparing, Rounds, Seen, Step};
use bonafide_tower::delivery::is_idempotent;
use http::header::AUTHORIZATION;
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout, timeout_at};

use super::CallStage;
use super::discard::discard;
use crate::body::Body;
use crate::error::{Delivery, Error, Failure, Kind};
use crate::exchange::{Answered, Attachments, Call, unauthenticated};
use crate::limits::{CREDENTIAL_LIMIT, Deadline, REPLACED_LIMIT};
use crate::origin::Scheme;
use crate::router::Router;

/// The rule for `call`; `None` if no credential is for it, or the caller has set one.
fn rounds(keyring: &Keyring, call: &Call) -> Option<Rounds> {
    if call.headers.contains_key(AUTHORIZATION) {
        return None;
    }
    let origin = call.origin();
    if origin.scheme == Scheme::Http {
        return None;
    }
    let origin = origin.to_string().parse().ok()?;
    keyring.find_for(&origin)?.rounds_for(&origin)
}

/// Where a hop is sent.
pub(super) struct Hop<'a> {
    pub(super) stage: &'a CallStage,
    pub(super) router: &'a Router,
    pub(super) deadline: Deadline,
}

impl Hop<'_> {
    /// Sends `call`, with a credential of `keyring` if there is one for it, and again where a
    /// challenge to it is answered.
    pub(super) async fn send(
        &self,
        call: &mut Call,
        keyring: &Keyring,
    ) -> Result<Box<Answered>, Error> {
        match rounds(keyring, call) {
            None => self.attempt(call).await,
            Some(rounds) => self.authenticate(call, rounds).await,
        }
    }

    async fn attempt(&self, call: &mut Call) -> Result<Box<Answered>, Error> {
        self.stage.attempt(self.router, call, self.deadline).await
    }

    async fn authenticate(
        &self,
        call: &mut Call,
        mut rounds: Rounds,
    ) -> Result<Box<Answered>, Error> {
        let others = call.attachments.clone().unwrap_or_default();
        let repeatable = is_idempotent(&call.method);
        let mut challenged: Option<Box<Answered>> = None;
        let mut preparing = rounds.prepare();
        loop {
            // A server that sent a challenge did see the request.
            let seen_before = challenged.is_some() && !repeatable;
            let blame = |error: Error| match seen_before {
                true => error.delivered(Delivery::Answered),
                false => error,
            };
            let prepared = self.wait(preparing).await;
            let prepared = prepared.map_err(|failure| blame(failure.into()))?;
            match (&prepared, challenged.take()) {
                (None, Some(answer)) => return Ok(answer),
                (Some(_), Some(answer)) => self.discard(answer.body).await,
                (_, None) => {}
            }
            let mut attachments = Attachments::clone(&others);
            if let Some(prepared) = prepared {
                attachments = attachments.with_credential(prepared);
            }
            call.attachments = Some(Arc::new(attachments));
            let spare = match rounds.can_answer() {
                true => call.body.try_clone(),
                false => None,
            };
            let sent = self.attempt(call).await;
            call.attachments = None;
            let mut answer = sent.map_err(blame)?;
            let Some(delivered) = &mut answer.found.delivered else {
                return Ok(answer);
            };
            let step = match delivered.presented() {
                None => Step::Respond,
                Some(presented) => {
                    let seen = Seen {
                        status: answer.head.status,
                        headers: &answer.head.headers,
                        can_repeat_body: spare.is_some(),
                    };
                    let judged = rounds.judge(presented, &seen);
                    judged.map_err(|error| {
                        let failure = unauthenticated(error).delivered(Delivery::Answered);
                        Error::from(failure).over(delivered.connection().receipt())
                    })?
                }
            };
            delivered.forget_presented();
            match step {
                Step::Respond => return Ok(answer),
                Step::Again(next) => {
                    preparing = next;
                    challenged = Some(answer);
                    call.body = spare.unwrap_or_default();
                }
            }
        }
    }

    /// Waits for a credential, within the limit of the call and its own.
    async fn wait(&self, preparing: Preparing) -> Result<Option<Prepared>, Failure> {
        if Handle::try_current().is_err() {
            let failure = Failure::outside_a_runtime("the request");
            return Err(failure.delivered(Delivery::NotSent));
        }
        let limited = timeout(CREDENTIAL_LIMIT, preparing);
        let in_time = match self.deadline {
            None => limited.await,
            Some((at, limit)) => timeout_at(at, limited)
                .await
                .map_err(|_| Failure::overdue(limit).delivered(Delivery::NotSent))?,
        };
        let prepared = in_time.map_err(|_| {
            let what = format!("the credential took longer than {CREDENTIAL_LIMIT:?}");
            Failure::new(Kind::Timeout, what).delivered(Delivery::NotSent)
        })?;
        prepared.map_err(|error| unauthenticated(error).delivered(Delivery::NotSent))
    }

    /// Reads the rest of a 401 whose challenge is answered.
    async fn discard(&self, body: Body) {
        let end = Instant::now() + REPLACED_LIMIT;
        discard(body, self.deadline.map_or(end, |(at, _)| at.min(end))).await;
    }
}
