//! One hop of a call: what happens between a redirect and the exchange.

use std::fmt;
use std::sync::Arc;

#[cfg(feature = "auth")]
use bonafide_tower::auth::{Credential, Keyring};
#[cfg(feature = "cookies")]
use bonafide_tower::cookies::Jar;
#[cfg(feature = "hsts")]
use bonafide_tower::hsts::HstsHosts;
use bonafide_tower::redirect::Redirects;

#[cfg(feature = "auth")]
use super::auth;
#[cfg(feature = "hsts")]
use super::hsts;
use super::{CallStage, through};
use crate::body::{Body, collect};
use crate::error::{Delivery, Error};
use crate::exchange::{Answered, Attachments, Call, Extent, exchange};
use crate::limits::{Cap, Deadline};
use crate::router::Router;

/// What the caller has set for hops.
#[derive(Debug, Default)]
pub(crate) struct HopSettings {
    /// The hosts that are requested over https alone.
    #[cfg(feature = "hsts")]
    pub(crate) hsts: Option<HstsHosts>,
    #[cfg(feature = "cookies")]
    pub(crate) cookies: Option<Jar>,
    #[cfg(feature = "auth")]
    pub(crate) credentials: Vec<Credential>,
}

/// The rules of hops.
pub(super) struct HopRules {
    #[cfg(feature = "hsts")]
    hsts: Option<HstsHosts>,
    /// What every hop is sent with. None if there are no cookies.
    attachments: Option<Arc<Attachments>>,
    /// None without credentials.
    #[cfg(feature = "auth")]
    keyring: Option<Keyring>,
}

impl HopRules {
    /// The rules, and that of redirects, which asks them for its target.
    pub(super) fn new(settings: HopSettings, redirects: Redirects) -> (Self, Redirects) {
        let HopSettings {
            #[cfg(feature = "hsts")]
            hsts,
            #[cfg(feature = "cookies")]
            cookies,
            #[cfg(feature = "auth")]
            credentials,
        } = settings;
        #[cfg(not(feature = "cookies"))]
        let attachments = None;
        #[cfg(feature = "cookies")]
        let attachments = cookies.map(|jar| Arc::new(Attachments::default().with_jar(jar)));
        let rules = Self {
            #[cfg(feature = "hsts")]
            hsts,
            attachments,
            #[cfg(feature = "auth")]
            keyring: (!credentials.is_empty()).then(|| credentials.into_iter().collect()),
        };
        let redirects = rules.complete(redirects);
        (rules, redirects)
    }

    /// `redirects`, which ask the rules of hops for their target.
    pub(super) fn complete(&self, redirects: Redirects) -> Redirects {
        #[cfg(feature = "hsts")]
        if let Some(hosts) = &self.hsts {
            return hsts::add_to(redirects, hosts.clone());
        }
        redirects
    }
}

/// Without what is sent.
impl fmt::Debug for HopRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            #[cfg(feature = "hsts")]
            hsts,
            attachments: _,
            #[cfg(feature = "auth")]
            keyring,
        } = self;
        let mut f = f.debug_struct("HopRules");
        #[cfg(feature = "hsts")]
        f.field("hsts", hsts);
        #[cfg(feature = "auth")]
        f.field("keyring", keyring);
        f.finish_non_exhaustive()
    }
}

impl CallStage {
    /// Sends one hop, with all its attempts.
    pub(super) async fn hop(
        &self,
        router: &Router,
        call: &mut Call,
        deadline: Deadline,
    ) -> Result<Box<Answered>, Error> {
        let rules = &self.rules;
        #[cfg(feature = "hsts")]
        if let Some(hosts) = &rules.hsts {
            hsts::upgrade(hosts, router, call)?;
        }
        call.attachments.clone_from(&rules.attachments);
        #[cfg(feature = "auth")]
        if let Some(keyring) = &rules.keyring {
            let hop = auth::Hop {
                stage: self,
                router,
                deadline,
            };
            // Boxed, so that a request without credentials does not carry the state for them.
            return Box::pin(hop.send(call, keyring)).await;
        }
        self.attempt(router, call, deadline).await
    }

    /// Makes the attempts of a hop: one, unless a rule of retries says more.
    #[expect(
        clippy::manual_async_fn,
        reason = "an `async fn` would hold its arguments twice, and each call is moved with them"
    )]
    pub(super) fn attempt(
        &self,
        router: &Router,
        call: &mut Call,
        deadline: Deadline,
    ) -> impl Future<Output = Result<Box<Answered>, Error>> + Send {
        async move {
            #[cfg(feature = "retry")]
            if let Some(course) = self.retries.begin(router, call)? {
                // Boxed, since the future of every call would be as large.
                return Box::pin(self.attempts(course, router, call, deadline)).await;
            }
            self.once(router, call, deadline).await
        }
    }

    /// Makes one attempt of a hop, through the caller's hop layers.
    #[expect(
        clippy::manual_async_fn,
        reason = "an `async fn` would hold its arguments twice, and each call is moved with them"
    )]
    pub(super) fn once(
        &self,
        router: &Router,
        call: &mut Call,
        deadline: Deadline,
    ) -> impl Future<Output = Result<Box<Answered>, Error>> + Send {
        async move {
            let answer = match &self.hop_layers {
                None => exchange(router, self.hops.checkout_limit, call, deadline).await?,
                Some(layers) => {
                    let response = Box::pin(through(layers, call, deadline)).await?;
                    Answered::of_hop(response)
                }
            };
            // Each response counts, one that is replaced by a later attempt too (RFC 6797 section
            // 8.1).
            #[cfg(feature = "hsts")]
            if let Some(hosts) = &self.rules.hsts {
                hsts::learn(hosts, &answer);
            }
            match call.extent {
                // Any other response is retried, followed or returned by its head.
                Extent::Whole(cap) if answer.head.status.is_success() => {
                    Box::pin(whole(answer, cap)).await
                }
                _ => Ok(answer),
            }
        }
    }
}

/// `answer` with its body in memory. A body that breaks off is the failure of the attempt.
async fn whole(mut answer: Box<Answered>, cap: Cap) -> Result<Box<Answered>, Error> {
    let mut trailers = None;
    match collect(&mut answer.body, cap, &mut trailers).await {
        Ok(bytes) => {
            answer.body = Body::whole(bytes, trailers);
            Ok(answer)
        }
        Err(error) => Err(error
            .delivered(Delivery::Answered)
            .over(answer.found.receipt())),
    }
}
