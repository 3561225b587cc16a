//! What a call goes through, from the outside in, and why in this order.
//!
//! 1. **The deadline of the whole call** holds for everything below it, the reading of the body
//!    included.
//! 2. **Redirects** ([`follow`]): each hop is a request of its own, so all that depends on the
//!    destination is below.
//! 3. **The exchange**: one hop, over a connection that the policy has judged for it.
//!
//! Between two of them a request is a [`Call`] and a response an [`Answer`]: an `http::Request` is
//! made once, for the connection.

mod follow;

use std::sync::Arc;
use std::time::Duration;

use crate::error::{Delivery, Error, Failure};
use crate::exchange::{Answer, Call, exchange, is_idempotent, settle};
use crate::redirect::{Hop, Redirects};
use crate::router::Router;

/// What every call of a client goes through.
#[derive(Debug)]
pub(crate) struct Stack {
    /// The failure is what every call then ends with.
    pub(crate) router: Result<Arc<Router>, Failure>,
    pub(crate) redirects: Redirects,
    /// How long a request waits for a connection.
    pub(crate) checkout_limit: Option<Duration>,
}

/// A response to a call, and the redirects that led to it.
pub(crate) struct Answered {
    pub(crate) answer: Answer,
    pub(crate) hops: Vec<Hop>,
}

impl Stack {
    /// Sends `call` and follows redirects. Afterwards `call` is the last hop.
    pub(crate) async fn run(&self, call: &mut Call) -> Result<Answered, Error> {
        settle(call).map_err(|failure| {
            let failure = failure.delivered(Delivery::NotSent);
            Error::from(failure).at(|| call.url())
        })?;
        let router = self.router.as_ref().map_err(|failure| {
            let failure = failure.clone().delivered(Delivery::NotSent);
            Error::from(failure).at(|| call.url())
        })?;
        let deadline = call.limits.deadline();
        let repeatable = is_idempotent(&call.method);
        let mut hops = Vec::new();
        loop {
            let spare = call.body.try_clone();
            let answer = match exchange(router, self.checkout_limit, call, deadline).await {
                Ok(answer) => answer,
                Err(error) => {
                    let error = error.at(|| call.url());
                    // The servers that redirected did process the request.
                    let safe = hops.is_empty() || repeatable;
                    return Err(if safe {
                        error
                    } else {
                        error.delivered(Delivery::Answered)
                    });
                }
            };
            match follow::follow(self.redirects, router, call, &answer, spare, &mut hops) {
                Ok(true) => {}
                Ok(false) => return Ok(Answered { answer, hops }),
                Err(failure) => {
                    return Err(Error::from(failure.delivered(Delivery::Answered))
                        .at(|| call.url())
                        .over(answer.meta.info.receipt()));
                }
            }
        }
    }
}
