//! Settings of what happens to a call on its way: redirects, retries, HSTS, cookies, credentials
//! and decoding.

#[cfg(feature = "retry")]
use std::sync::Arc;

#[cfg(feature = "auth")]
use bonafide_tower::auth::Credential;
#[cfg(feature = "cookies")]
use bonafide_tower::cookies::Jar;
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
    /// arrived. A 421 is followed by one attempt over a fresh connection, with any method. A
    /// refused server is asked once.
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
    /// request that is not idempotent is not sent twice. `Misdirected` counts for a 421 alone.
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
    /// also where [`allow_plain_http`](Self::allow_plain_http) is not set, and before cookies are
    /// chosen. A redirect from `https://` to `http://` is followed over https if its host is known,
    /// and refused otherwise. An `http://` URL that a [hop layer](Self::hop_layer) writes becomes
    /// `https://` too. Responses and errors show the `https://` URL.
    ///
    /// Nothing is learned over a connection under a grant, over plain http, or from an IP address.
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
        self.hops.hsts = Some(hosts);
        self
    }

    /// Sends the cookies of `jar`, and stores those that servers set in it (RFC 6265bis): see the
    /// module [`cookies`](crate::cookies). Default: none.
    ///
    /// Cookies are chosen for each hop and each attempt, when the connection is known: by its URL,
    /// the zone that judged the server, and what was proved about it. The zone owns its cookies:
    /// [`Partition::new`](crate::store::Partition::new) of the zone's name, which is `default`
    /// where a policy has no other zone. A connection whose server was not verified, under a grant
    /// or by its key alone, gets no cookie and sets none; over plain http, `Secure` cookies are
    /// neither sent nor set. A `Cookie` header of the caller is sent as it is, and no cookie of the
    /// jar beside it. [Hop layers](Self::hop_layer) see `Set-Cookie`, but not what is sent.
    ///
    /// A jar belongs to one user. A program that acts for several users has a client for each, and
    /// all of them share one policy; a client without connections costs little:
    ///
    /// ```
    /// use bonafide::Client;
    /// use bonafide::cookies::Jar;
    /// use bonafide::verify::PolicyHandle;
    ///
    /// fn client_of_a_user(policy: &PolicyHandle, jar: Jar) -> Result<Client, bonafide::Error> {
    ///     Client::builder().policy(policy.clone()).cookies(jar).build()
    /// }
    /// ```
    #[doc(alias("cookie_store", "cookie_provider"))]
    #[cfg(feature = "cookies")]
    pub fn cookies(mut self, jar: Jar) -> Self {
        self.hops.cookies = Some(jar);
        self
    }

    /// Adds a credential, which is sent to the `https` origin or the zone that it is bound to: see
    /// the module [`auth`](crate::auth). Of several, the one with the narrowest binding is sent; of
    /// those with the same binding, the last. Default: none.
    ///
    /// It is written for each hop and each attempt, when the connection is known and its server was
    /// verified. A credential of a [zone](crate::auth::Credential::for_zone) is sent if that zone
    /// of the policy judged the server, and a [pinned](crate::auth::Credential::pinned) one if a
    /// pin matched. Otherwise, and always over a connection under a grant, the request fails with
    /// [`Kind::Auth`](crate::Kind::Auth) before anything of it is sent: it is not sent without the
    /// credential.
    ///
    /// An `Authorization` of the request's own, or one that a [hop layer](Self::hop_layer) adds, is
    /// sent instead; a default header is replaced. After a redirect, the credential of the new
    /// origin is sent, if there is one. A 401 is answered at most twice, after up to 64 KiB of its
    /// body were read, within a second. A token is waited for 60 s at most.
    ///
    /// ```
    /// use bonafide::Client;
    /// use bonafide::auth::{Bearer, Credential, Digest};
    ///
    /// # fn show() -> Result<(), Box<dyn std::error::Error>> {
    /// let token = Bearer::new("mF_9.B5f-4.1JqM")?;
    /// let api = Credential::for_origin("https://api.example.com", token)?;
    /// let user = Digest::new("user", "pass")?;
    /// let corp = Credential::for_zone("**.corp.example", user)?.pinned();
    /// let client = Client::builder().credential(api).credential(corp).build()?;
    /// # let _ = client;
    /// # Ok(())
    /// # }
    /// # show().unwrap();
    /// ```
    #[cfg(feature = "auth")]
    pub fn credential(mut self, credential: Credential) -> Self {
        self.hops.credentials.push(credential);
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
    #[doc(alias("no_gzip", "no_brotli", "no_zstd", "no_deflate"))]
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
