//! One hop of a call: what happens between a redirect and the exchange.

#[cfg(feature = "hsts")]
use bonafide_tower::hsts::HstsHosts;
use bonafide_tower::redirect::Redirects;

#[cfg(feature = "hsts")]
use super::hsts;
use super::{CallStage, through};
use crate::error::Error;
use crate::exchange::{Call, HopResponse, exchange};
use crate::limits::Deadline;
use crate::router::Router;

/// What the caller has set for hops.
#[derive(Debug, Default)]
pub(crate) struct HopSettings {
    /// The hosts that are requested over https alone.
    #[cfg(feature = "hsts")]
    pub(crate) hsts: Option<HstsHosts>,
}

impl HopSettings {
    /// The rule of redirects, with what these settings know of a target.
    pub(super) fn add_to(&self, redirects: Redirects) -> Redirects {
        #[cfg(feature = "hsts")]
        if let Some(hosts) = &self.hsts {
            return hsts::add_to(redirects, hosts.clone());
        }
        redirects
    }
}

impl CallStage {
    /// Sends one hop, with all its attempts.
    pub(super) async fn hop(
        &self,
        router: &Router,
        call: &mut Call,
        deadline: Deadline,
    ) -> Result<HopResponse, Error> {
        #[cfg(feature = "hsts")]
        if let Some(hosts) = &self.of_hops.hsts {
            hsts::upgrade(hosts, router, call)?;
        }
        let answer = self.attempt(router, call, deadline).await?;
        #[cfg(feature = "hsts")]
        if let Some(hosts) = &self.of_hops.hsts {
            hsts::learn(hosts, &answer);
        }
        Ok(answer)
    }

    /// Makes one attempt of a hop, through the caller's hop layers.
    async fn attempt(
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
