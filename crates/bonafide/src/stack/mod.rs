//! What a call goes through, from the outside in, and why in this order.
//!
//! 1. **The deadline of the whole call** holds for everything below it, the caller's layers and the
//!    reading of the body included.
//! 2. **The caller's layers** see what the caller asked for and what the caller gets: one request
//!    and one response, whatever happens between.
//! 3. **Redirects**: each hop is a request of its own, so all that depends on the destination is
//!    below.
//!    The last response is decoded here, so that a layer around a hop sees what was sent, and one
//!    around a call what the caller gets.
//! 4. **HSTS** changes where a hop goes, before anything depends on it. Redirects ask it for their
//!    target too, before they judge a downgrade: nothing would be sent over http. The exchange asks
//!    it for the URL that a hop layer has written.
//! 5. **Credentials** of the origin that HSTS has led to are made ready, and challenges answered.
//!    This stands around retries, so that each attempt has a nonce count of its own, and a
//!    challenge uses up no attempt.
//! 6. **Retries** repeat one hop, and not what led to it; the hop layers below see each attempt.
//! 7. **The caller's hop layers** see each request to each origin, and the response of each, from
//!    which redirects are read above them. They do not see what is attached below.
//! 8. **The exchange**: one hop, over a connection that the policy has judged for it. A request
//!    that a layer has changed is checked here as if the caller had written it. Cookies and
//!    credentials are written here, since only here the connection is known.
//!
//! Between the client's own parts a request is a [`Call`] and a response an [`Answered`]: an
//! `http::Request` is made once, for the connection. Only the caller's layers get one of their own.

mod answered;
#[cfg(feature = "auth")]
mod auth;
#[cfg(feature = "decompression")]
mod content;
#[cfg(any(feature = "auth", feature = "retry"))]
mod discard;
mod follow;
mod hop;
#[cfg(feature = "hsts")]
mod hsts;
mod layers;
#[cfg(feature = "retry")]
mod retry;
mod watched;

use std::borrow::Cow;
use std::fmt;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "decompression")]
use bonafide_tower::decompression::DecodingLimits;
use bonafide_tower::delivery::is_idempotent;
#[cfg(feature = "hsts")]
use bonafide_tower::hsts::HstsHosts;
use bonafide_tower::redirect::{Hop, Redirects};
#[cfg(feature = "retry")]
use bonafide_tower::retry::Attempts;
use http::{Request, Response};
use tokio::runtime::Handle;
use tokio::time::Instant;
use tower::ServiceExt as _;

#[cfg(feature = "decompression")]
use self::content::Codings;
use self::hop::HopRules;
pub(crate) use self::hop::HopSettings;
use self::layers::Layered;
pub use self::layers::{Next, ResponseFuture};
pub(crate) use self::layers::{Wrap, wrap};
#[cfg(feature = "retry")]
pub use self::retry::ByDelivery;
#[cfg(feature = "retry")]
pub(crate) use self::retry::Retries;
use crate::body::Body;
use crate::error::{Delivery, Error, Failure, Phase};
use crate::events::{Listeners, Running};
use crate::exchange::{Answered, Call, Carried, Reached, exchange, settle};
use crate::limits::{Deadline, RequestLimits};
use crate::origin::Scheme;
use crate::protocol::Credentials;
use crate::router::{Connections, Router};
use crate::versions::Versions;

/// What every call of a client goes through.
#[derive(Debug)]
pub(crate) struct Stack {
    calls: Arc<CallStage>,
    layers: Option<Layered>,
    listeners: Listeners,
}

/// Calls, below the caller's layers: redirects.
#[derive(Debug)]
pub(crate) struct CallStage {
    hops: Arc<HopStage>,
    hop_layers: Option<Layered>,
    redirects: Redirects,
    rules: HopRules,
    /// `None` where no response is decoded.
    #[cfg(feature = "decompression")]
    decoding: Option<DecodingLimits>,
    #[cfg(feature = "retry")]
    retries: Retries,
}

/// What the caller has set for calls.
pub(crate) struct CallSettings {
    pub(crate) redirects: Redirects,
    pub(crate) hops: HopSettings,
    #[cfg(feature = "decompression")]
    pub(crate) decoding: Option<DecodingLimits>,
    #[cfg(feature = "retry")]
    pub(crate) retries: Retries,
}

/// Hops, below the caller's hop layers: the exchange.
pub(crate) struct HopStage {
    /// On failure, every call ends with this error.
    router: Result<Arc<Router>, Failure>,
    /// How long a request waits for a connection.
    checkout_limit: Option<Duration>,
    /// The limits of a request that names none of its own.
    limits: RequestLimits,
    /// The versions of HTTP for a request that names none of its own.
    versions: Versions,
    /// The hosts that a request of a hop layer goes to over https alone.
    #[cfg(feature = "hsts")]
    hsts: Option<HstsHosts>,
}

/// The caller's layers, in the order in which they were added.
#[derive(Default)]
pub(crate) struct Layers {
    pub(crate) of_calls: Vec<Wrap>,
    pub(crate) of_hops: Vec<Wrap>,
}

impl fmt::Debug for Layers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { of_calls, of_hops } = self;
        f.debug_struct("Layers")
            .field("of_calls", &of_calls.len())
            .field("of_hops", &of_hops.len())
            .finish()
    }
}

impl Stack {
    /// A stack over `hops` with `layers` around them, the first of which is the outermost.
    pub(crate) fn new(
        hops: HopStage,
        settings: CallSettings,
        layers: Layers,
        listeners: Listeners,
    ) -> Self {
        #[cfg(feature = "hsts")]
        let hops = HopStage {
            hsts: settings.hops.hsts.clone(),
            ..hops
        };
        let around = |next: Next, layers: Vec<Wrap>| {
            let inwards = layers.into_iter().rev();
            inwards
                .fold(next, |next, wrap| wrap.into_inner()(next))
                .into_layered()
        };
        let Layers { of_calls, of_hops } = layers;
        let hops = Arc::new(hops);
        let (rules, redirects) = HopRules::new(settings.hops, settings.redirects);
        let calls = Arc::new(CallStage {
            hop_layers: around(Next::hops(Arc::clone(&hops)), of_hops),
            hops,
            redirects,
            rules,
            #[cfg(feature = "decompression")]
            decoding: settings.decoding,
            #[cfg(feature = "retry")]
            retries: settings.retries,
        });
        Self {
            layers: around(Next::calls(Arc::clone(&calls)), of_calls),
            calls,
            listeners,
        }
    }

    /// The policy and its connections, or why there are none.
    pub(crate) fn router(&self) -> Result<&Arc<Router>, &Failure> {
        self.calls.hops.router.as_ref()
    }

    /// The limits of a request that names none of its own.
    pub(crate) fn limits(&self) -> RequestLimits {
        self.calls.hops.limits
    }

    /// The versions of HTTP for a request that names none of its own.
    pub(crate) fn versions(&self) -> Versions {
        self.calls.hops.versions
    }

    /// The connections of an origin for `versions`, if they are known.
    pub(crate) fn find(
        &self,
        scheme: Scheme,
        host: &str,
        port: u16,
        versions: Versions,
    ) -> Option<Connections> {
        self.calls.hops.find(scheme, host, port, versions)
    }

    /// Sends `call` through everything.
    pub(crate) async fn send(&self, call: &mut Call) -> Result<Box<Answered>, Error> {
        let deadline = call.limits.deadline();
        let running = Running::new(&self.listeners);
        watched::begin(&running, call);
        let outcome = match &self.layers {
            None => self.calls.run(call, deadline).await,
            Some(layers) => Box::pin(through_all(layers, call, deadline)).await,
        };
        let mut answered = match outcome {
            Ok(answered) => answered,
            Err(error) => {
                running.fail(&error);
                return Err(error);
            }
        };
        if self.layers.is_some() || self.calls.hop_layers.is_some() {
            answered.body = answered.body.until(deadline);
        }
        if running.events().is_on() {
            answered.body = watched::watch(running, answered.body);
        }
        Ok(answered)
    }

    /// Sends a request of the `http` crate through everything.
    pub(crate) async fn serve(&self, request: Request<Body>) -> Result<Response<Body>, Error> {
        // A layer of another client may have passed it on.
        noted(request, async |request| {
            let (mut call, _) = self.calls.hops.read(request, Credentials::Sent)?;
            Ok(self.send(&mut call).await?.into_response())
        })
        .await
    }
}

/// Sends `call` through the caller's layers around calls.
async fn through_all(
    layers: &Layered,
    call: &mut Call,
    deadline: Deadline,
) -> Result<Box<Answered>, Error> {
    #[cfg(feature = "retry")]
    let attempts = {
        let given = call.extensions.get::<Attempts>().cloned();
        let attempts = given.unwrap_or_default();
        call.extensions.insert(attempts.clone());
        attempts
    };
    let answered = match through(layers, call, deadline).await {
        Ok(response) => Ok(Answered::of_call(response, || call.url())),
        Err(error) => Err(error.at(|| call.url())),
    };
    // Where a layer retries too, these are the attempts of both.
    #[cfg(feature = "retry")]
    let answered = match answered {
        Ok(answered) => Ok(answered.counted(&attempts)),
        Err(error) => Err(error.counted(&attempts)),
    };
    answered
}

/// Sends `call` and its body through the caller's layers, which have until `deadline`.
async fn through(
    layers: &Layered,
    call: &mut Call,
    deadline: Deadline,
) -> Result<Response<Body>, Error> {
    call.begun.get_or_insert_with(Instant::now);
    let request = call.request()?;
    let body = mem::take(&mut call.body);
    let mut request = request.map(|()| body);
    let reached = Reached::default();
    let carried = call.carried(deadline, reached.clone());
    request.extensions_mut().insert(carried);
    #[cfg(feature = "retry")]
    if let Some((at, _)) = deadline {
        let at = bonafide_tower::retry::Deadline(at);
        request.extensions_mut().insert(at);
    }
    let sending = layers.clone().oneshot(request);
    let response = match deadline {
        None => sending.await,
        Some(_) if Handle::try_current().is_err() => {
            let failure = Failure::outside_a_runtime("the request");
            return Err(failure.delivered(Delivery::NotSent).into());
        }
        Some((at, limit)) => tokio::time::timeout_at(at, sending)
            .await
            .unwrap_or_else(|_| Err(Failure::overdue(limit).during(Phase::Headers).into())),
    };
    response.map_err(|error| reached.blame(error))
}

/// Records how far a request gets that a caller's layer passes on.
async fn noted<T>(
    request: Request<Body>,
    serve: impl AsyncFnOnce(Request<Body>) -> Result<T, Error>,
) -> Result<T, Error> {
    let carried = request.extensions().get::<Carried>();
    match carried.map(|carried| carried.reached.clone().begin()) {
        None => serve(request).await,
        Some(sending) => sending.end(serve(request).await),
    }
}

/// `error` of `call`, after the redirects in `followed`.
#[cold]
fn of_call(error: Error, call: &Call, followed: &[Hop]) -> Error {
    let error = error.at(|| call.url()).after(followed);
    #[cfg(feature = "retry")]
    let error = match &call.attempts {
        Some(attempts) => error.counted(attempts),
        None => error,
    };
    error
}

impl CallStage {
    /// Sends `call` and follows redirects. Afterwards `call` is the last hop.
    async fn run(&self, call: &mut Call, deadline: Deadline) -> Result<Box<Answered>, Error> {
        settle(call).map_err(|failure| Error::from(failure).at(|| call.url()))?;
        let router = self
            .hops
            .router
            .as_ref()
            .map_err(|failure| Error::from(failure.clone()).at(|| call.url()))?;
        let repeatable = is_idempotent(&call.method);
        let mut followed = Vec::new();
        #[cfg(feature = "decompression")]
        let codings = content::ask(self.decoding, call);
        loop {
            let spare = call.body.try_clone();
            let answer = match self.hop(router, call, deadline).await {
                Ok(answer) => answer,
                Err(error) => {
                    let error = of_call(error, call, &followed);
                    // The servers that redirected did process the request.
                    let safe = followed.is_empty() || repeatable;
                    return Err(if safe {
                        error
                    } else {
                        error.delivered(Delivery::Answered)
                    });
                }
            };
            let redirects = self.redirects_of(call);
            match follow::follow(&redirects, router, call, &answer, spare, &mut followed) {
                Ok(true) => watched::redirected(call, answer.head.status),
                Ok(false) => {
                    #[cfg(feature = "decompression")]
                    let answer = match codings {
                        Codings::LeftAlone => answer,
                        Codings::Asked => {
                            let receipt = answer.found.receipt().cloned();
                            let timings = answer.found.timings();
                            content::decode(self.decoding, call, answer).map_err(|failure| {
                                of_call(failure.into(), call, &followed)
                                    .over(receipt.as_ref())
                                    .timed(|| timings)
                            })?
                        }
                    };
                    return Ok(answer.to_call(call, followed));
                }
                Err(failure) => {
                    return Err(of_call(failure.into(), call, &followed)
                        .over(answer.found.receipt())
                        .timed(|| answer.found.timings()));
                }
            }
        }
    }

    /// The rule of redirects that `call` has, else that of the client.
    fn redirects_of(&self, call: &Call) -> Cow<'_, Redirects> {
        match call.extensions.get::<Redirects>() {
            None => Cow::Borrowed(&self.redirects),
            Some(own) => Cow::Owned(self.rules.complete(own.clone())),
        }
    }

    /// Serves a request that a caller's layer passes on.
    async fn serve(&self, request: Request<Body>) -> Result<Response<Body>, Error> {
        let (mut call, deadline) = self.hops.read(request, Credentials::Sent)?;
        Ok(self.run(&mut call, deadline).await?.into_response())
    }
}

impl HopStage {
    pub(crate) fn new(
        router: Result<Arc<Router>, Failure>,
        checkout_limit: Option<Duration>,
        limits: RequestLimits,
        versions: Versions,
    ) -> Self {
        Self {
            // Where there are no connections, nothing is ever sent.
            router: router.map_err(|failure| failure.delivered(Delivery::NotSent)),
            checkout_limit,
            limits,
            versions,
            #[cfg(feature = "hsts")]
            hsts: None,
        }
    }

    fn find(
        &self,
        scheme: Scheme,
        host: &str,
        port: u16,
        versions: Versions,
    ) -> Option<Connections> {
        self.router
            .as_ref()
            .ok()?
            .find(scheme, host, port, versions)
    }

    /// A request of the `http` crate as a call, and when it must be over.
    fn read(
        &self,
        request: Request<Body>,
        uncarried: Credentials,
    ) -> Result<(Call, Deadline), Error> {
        let defaults = (self.limits, self.versions);
        Call::from_request(
            request,
            defaults,
            uncarried,
            |scheme, host, port, versions| self.find(scheme, host, port, versions),
        )
        .map_err(|error| error.delivered(Delivery::NotSent))
    }

    /// Serves a request that a caller's hop layer passes on.
    async fn serve(&self, request: Request<Body>) -> Result<Response<Body>, Error> {
        // A request that was not carried may belong to a hop after a redirect to another origin.
        let (mut call, deadline) = self.read(request, Credentials::LeftOut)?;
        settle(&mut call)?;
        let router = self.router.as_ref().map_err(Clone::clone)?;
        #[cfg(feature = "hsts")]
        if let Some(hosts) = &self.hsts {
            // The layer may have written another URL.
            hsts::upgrade(hosts, router, &mut call)?;
        }
        let answer = exchange(router, self.checkout_limit, &mut call, deadline).await?;
        Ok(answer.into_hop_response())
    }
}

impl fmt::Debug for HopStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            router,
            checkout_limit,
            limits,
            versions,
            #[cfg(feature = "hsts")]
            hsts,
        } = self;
        let mut f = f.debug_struct("HopStage");
        #[cfg(feature = "hsts")]
        f.field("hsts", hsts);
        match router {
            Ok(router) => f.field("router", router),
            Err(failure) => f.field("failure", failure),
        };
        f.field("checkout_limit", checkout_limit)
            .field("limits", limits)
            .field("versions", versions)
            .finish()
    }
}
