//! Settings of what happens to a call on its way: redirects, retries, HSTS and decoding.

#[cfg(feature = "retry")]
use std::sync::Arc;

#[cfg(feature = "decompression")]
use bonafide_tower::decompression::DecodingLimits;
#[cfg(feature = "hsts")]
use bonafide_tower::hsts::HstsHosts;
use bonafide_tower::redirect::Redirects;
#[cfg(feature = "retry")]
use bonafide_tower::retry::{Budget, Budgets, Classify, Observer, Retry};

use super::ClientBuilder;
#[cfg(feature = "retry")]
use crate::error::Error;

impl ClientBuilder {
    /// Which redirects are followed, and how many: see [`Redirects`]. Default: up to 10, to any
    /// host.
    pub fn redirects(mut self, redirects: Redirects) -> Self {
        self.redirects = redirects;
        self
    }

    /// Sends failed requests again, by this rule: see the module [`retry`](crate::retry). Default:
    /// only what provably was not processed, and once a request that is idempotent and lost with a
    /// kept connection.
    ///
    /// [`Retry::standard`] makes up to 3 attempts where the request is idempotent, by its method or
    /// by an `Idempotency-Key`, and the response says 408, 429, 500, 502, 503 or 504, or none
    /// arrived. A refused server is asked once.
    ///
    /// Each hop of a redirect has its own attempts, and the [hop layers](Self::hop_layer) see each
    /// of them. [`Response::attempts`](crate::Response::attempts) and
    /// [`Error::attempts`](crate::Error::attempts) have the number of all.
    /// [`RequestBuilder::retry`](crate::RequestBuilder::retry) sets the rule of one request.
    ///
    /// ```
    /// use bonafide::retry::Retry;
    ///
    /// let client = bonafide::Client::builder().retry(Retry::standard()).build()?;
    /// # let _ = client;
    /// # Ok::<(), bonafide::Error>(())
    /// ```
    #[cfg(feature = "retry")]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retries.rule = Some(retry);
        self
    }

    /// How many retries the calls to one authority of one zone have in common. Default: 100, and
    /// one more for every 5 calls. A [`BudgetKey`](crate::retry::BudgetKey) in the extensions of an
    /// `http::Request` names another budget for it.
    ///
    /// ```
    /// use bonafide::retry::{Budget, Retry};
    ///
    /// // 10 retries at the start, and one more for every 10 calls.
    /// let client = bonafide::Client::builder()
    ///     .retry(Retry::standard())
    ///     .retry_budget(Budget::new(10, 10))
    ///     .build()?;
    /// # let _ = client;
    /// # Ok::<(), bonafide::Error>(())
    /// ```
    #[cfg(feature = "retry")]
    pub fn retry_budget(mut self, budget: Budget) -> Self {
        self.retries.budgets = Budgets::new(budget);
        self
    }

    /// Which responses and errors are failures, for the rule of [`retry`](Self::retry). Default:
    /// [`ByDelivery`](crate::retry::ByDelivery), which has an example.
    ///
    /// It cannot make everything repeatable: a refusal, an error of the policy and a TLS alert stay
    /// final. A response counts as answered and an error as sent as far as it was, so that a
    /// request that is not idempotent is not sent twice. `Misdirected` counts for a 421 alone, and
    /// `Http1Required` for an error that says so.
    #[cfg(feature = "retry")]
    pub fn retry_classifier(
        mut self,
        classifier: impl Classify<Error> + Send + Sync + 'static,
    ) -> Self {
        self.retries.classifier = Some(Arc::new(classifier));
        self
    }

    /// Notifies `observer` of each retry, and of each decision not to send a failed request again.
    /// Each is also an event of `tracing`, of level debug, with the host and no other part of the
    /// URL. Default: none.
    ///
    /// ```
    /// use bonafide::retry::{Decision, Retry};
    ///
    /// let client = bonafide::Client::builder()
    ///     .retry(Retry::standard())
    ///     .retry_observer(|decision: &Decision<'_>| eprintln!("{decision:?}"))
    ///     .build()?;
    /// # let _ = client;
    /// # Ok::<(), bonafide::Error>(())
    /// ```
    #[cfg(feature = "retry")]
    pub fn retry_observer(mut self, observer: impl Observer + 'static) -> Self {
        self.retries.observer = Some(Arc::new(observer));
        self
    }

    /// Requests the hosts of this table over https alone, and adds those to it that say so in a
    /// response whose server was verified (HSTS, RFC 6797): see the module [`hsts`](crate::hsts).
    /// Default: none.
    ///
    /// An `http://` URL of a known host becomes `https://` before anything is looked up or sent,
    /// also where [`allow_plain_http`](Self::allow_plain_http) is not set. A redirect from
    /// `https://` to `http://` stays refused, whatever is known of its host.
    ///
    /// ```
    /// use bonafide::hsts::HstsHosts;
    ///
    /// let client = bonafide::Client::builder().hsts(HstsHosts::new()).build()?;
    /// # let _ = client;
    /// # Ok::<(), bonafide::Error>(())
    /// ```
    #[cfg(feature = "hsts")]
    pub fn hsts(mut self, hosts: HstsHosts) -> Self {
        self.hsts = Some(hosts);
        self
    }

    /// Asks for no coding of responses, and decodes none. Default: `Accept-Encoding` lists the
    /// codings whose features are on (`gzip`, `br`, `zstd`, `deflate`), and their responses are
    /// decoded, without `Content-Encoding` and `Content-Length`.
    ///
    /// A request that has an `Accept-Encoding` or a `Range`, of its own or by default, gets its
    /// response as the server sent it, and so does one that is answered with 206.
    ///
    /// ```
    /// let client = bonafide::Client::builder().no_decompression().build()?;
    /// # let _ = client;
    /// # Ok::<(), bonafide::Error>(())
    /// ```
    #[cfg(feature = "decompression")]
    pub fn no_decompression(mut self) -> Self {
        self.decoding = None;
        self
    }

    /// How large a body may become when it is decoded. Default: no limit of its own, and 1,000
    /// times its size beyond the first MiB. [`max_body_bytes`](Self::max_body_bytes) counts decoded
    /// bytes.
    #[cfg(feature = "decompression")]
    pub fn decoding_limits(mut self, limits: DecodingLimits) -> Self {
        self.decoding = Some(limits);
        self
    }
}
