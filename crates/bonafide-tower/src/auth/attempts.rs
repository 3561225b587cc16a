//! One request of the layer, from attempt to attempt.

use std::mem;

use http::header::AUTHORIZATION;
use http::{HeaderMap, Request, StatusCode};

use super::{AuthError, Prepared, Presented, Rounds, Seen, Step};
use crate::redirect::RepeatBody;

/// The request to send, and a copy to send again.
pub(super) struct Attempts<B> {
    rounds: Rounds,
    /// Empty while an attempt is under way.
    next: Request<B>,
    spare: Option<Request<B>>,
}

impl<B: RepeatBody> Attempts<B> {
    pub(super) fn new(rounds: Rounds, request: Request<B>) -> Self {
        Self {
            rounds,
            next: request,
            spare: None,
        }
    }

    /// The next request, and its credential.
    pub(super) fn next(
        &mut self,
        prepared: Option<&Prepared>,
    ) -> Result<(Request<B>, Presented), AuthError> {
        let mut request = mem::replace(&mut self.next, Request::new(B::empty()));
        let presented = match prepared {
            Some(prepared) => prepared.present(request.method(), request.uri())?,
            None => Presented::nothing(),
        };
        if self.rounds.can_answer() {
            let (head, body) = request.into_parts();
            let spare = body.try_repeat();
            self.spare = spare.map(|spare| Request::from_parts(head.clone(), spare));
            request = Request::from_parts(head, body);
        }
        if let Some(value) = presented.value() {
            request.headers_mut().insert(AUTHORIZATION, value.clone());
        }
        Ok((request, presented))
    }

    /// What a response leads to.
    pub(super) fn judge(
        &mut self,
        presented: &Presented,
        status: StatusCode,
        headers: &HeaderMap,
    ) -> Result<Step, AuthError> {
        let step = self.rounds.judge(
            presented,
            &Seen {
                status,
                headers,
                can_repeat_body: self.spare.is_some(),
            },
        )?;
        if let Step::Again(_) = step
            && let Some(spare) = self.spare.take()
        {
            self.next = spare;
        }
        Ok(step)
    }
}
