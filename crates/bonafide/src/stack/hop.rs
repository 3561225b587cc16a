//! One hop of a call: what happens between a redirect and the exchange.

use super::{CallStage, through};
use crate::body::{Body, collect};
use crate::error::{Delivery, Error};
use crate::exchange::{Call, Extent, HopResponse, exchange};
use crate::limits::{Cap, Deadline};
use crate::router::Router;

impl CallStage {
    /// Sends one hop, with all its attempts.
    pub(super) async fn hop(
        &self,
        router: &Router,
        call: &mut Call,
        deadline: Deadline,
    ) -> Result<HopResponse, Error> {
        self.attempt(router, call, deadline).await
    }

    /// Makes the attempts of a hop: one, unless a rule of retries says more.
    async fn attempt(
        &self,
        router: &Router,
        call: &mut Call,
        deadline: Deadline,
    ) -> Result<HopResponse, Error> {
        #[cfg(feature = "retry")]
        return self.attempts(router, call, deadline).await;
        #[cfg(not(feature = "retry"))]
        self.once(router, call, deadline).await
    }

    /// Makes one attempt of a hop, through the caller's hop layers.
    pub(super) async fn once(
        &self,
        router: &Router,
        call: &mut Call,
        deadline: Deadline,
    ) -> Result<HopResponse, Error> {
        let answer = match &self.hop_layers {
            None => exchange(router, self.hops.checkout_limit, call, deadline).await?,
            Some(layers) => {
                let response = Box::pin(through(layers, call, deadline)).await?;
                HopResponse::from(response)
            }
        };
        match call.extent {
            // Any other response is retried, followed or returned by its head.
            Extent::Whole(cap) if answer.head.status.is_success() => {
                Box::pin(whole(answer, cap)).await
            }
            _ => Ok(answer),
        }
    }
}

/// `answer` with its body in memory. A body that breaks off is the failure of the attempt.
async fn whole(mut answer: HopResponse, cap: Cap) -> Result<HopResponse, Error> {
    let mut trailers = None;
    match collect(&mut answer.body, cap, &mut trailers).await {
        Ok(bytes) => {
            answer.body = Body::whole(bytes, trailers);
            Ok(answer)
        }
        Err(error) => Err(error.delivered(Delivery::Answered).over(answer.receipt())),
    }
}
