//! One hop of a call: what happens between a redirect and the exchange.

use super::{CallStage, through};
use crate::error::Error;
use crate::exchange::{Call, HopResponse, exchange};
use crate::limits::Deadline;
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
        match &self.hop_layers {
            None => exchange(router, self.hops.checkout_limit, call, deadline).await,
            Some(layers) => {
                let response = Box::pin(through(layers, call, deadline)).await?;
                Ok(HopResponse::from(response))
            }
        }
    }
}
