//! A client and how it is built.

use std::ops::Deref;
use std::time::Duration;

use bonafide::Error;
use bonafide::header::HeaderMap;
use bonafide_verify::{Anchors, Policy};

use super::Certificate;
use super::redirect;

/// A client.
#[derive(Clone)]
pub struct Client(bonafide::Client);

/// Settings of a client.
pub struct ClientBuilder {
    builder: bonafide::ClientBuilder,
    anchors: Anchors,
}

impl Client {
    /// Settings.
    pub fn builder() -> ClientBuilder {
        ClientBuilder {
            builder: bonafide::Client::builder(),
            anchors: Anchors::system(),
        }
    }
}

/// All methods of requests are bonafide's.
impl Deref for Client {
    type Target = bonafide::Client;

    fn deref(&self) -> &bonafide::Client {
        &self.0
    }
}

impl ClientBuilder {
    fn change(self, f: impl FnOnce(bonafide::ClientBuilder) -> bonafide::ClientBuilder) -> Self {
        Self {
            builder: f(self.builder),
            anchors: self.anchors,
        }
    }

    /// Trusts these roots too.
    pub fn tls_certs_merge(mut self, roots: impl IntoIterator<Item = Certificate>) -> Self {
        self.anchors = roots.into_iter().fold(self.anchors, Anchors::plus);
        self
    }

    /// Trusts this root too.
    pub fn add_root_certificate(self, root: Certificate) -> Self {
        self.tls_certs_merge([root])
    }

    /// Trusts these roots and no other.
    ///
    /// # Panics
    /// Without a root.
    pub fn tls_certs_only(mut self, roots: impl IntoIterator<Item = Certificate>) -> Self {
        let mut roots = roots.into_iter();
        let first = roots.next().expect("a client that trusts a root");
        self.anchors = roots.fold(Anchors::only(first), Anchors::plus);
        self
    }

    /// `true` is the default of bonafide.
    pub fn https_only(self, enabled: bool) -> Self {
        if enabled {
            return self;
        }
        self.change(bonafide::ClientBuilder::allow_plain_http)
    }

    /// No proxy is taken from the environment.
    pub fn no_proxy(self) -> Self {
        self
    }

    /// No `Referer` is sent.
    ///
    /// # Panics
    /// If one is wanted.
    pub fn referer(self, enable: bool) -> Self {
        assert!(!enable, "bonafide sends no Referer");
        self
    }

    /// Always on.
    ///
    /// # Panics
    /// If it is not wanted.
    pub fn tcp_nodelay(self, enabled: bool) -> Self {
        assert!(enabled, "bonafide has no delay");
        self
    }

    /// As bonafide's `redirects`.
    pub fn redirect(self, policy: redirect::Policy) -> Self {
        self.change(|builder| builder.redirects(policy.into()))
    }

    /// As bonafide's.
    pub fn user_agent(self, value: impl AsRef<str>) -> Self {
        self.change(|builder| builder.user_agent(value))
    }

    /// As bonafide's.
    pub fn default_headers(self, headers: HeaderMap) -> Self {
        self.change(|builder| builder.default_headers(headers))
    }

    /// As bonafide's.
    pub fn timeout(self, limit: impl Into<Option<Duration>>) -> Self {
        self.change(|builder| builder.timeout(limit))
    }

    /// As bonafide's.
    pub fn read_timeout(self, limit: Duration) -> Self {
        self.change(|builder| builder.read_timeout(limit))
    }

    /// As bonafide's.
    pub fn connect_timeout(self, limit: impl Into<Option<Duration>>) -> Self {
        self.change(|builder| builder.connect_timeout(limit))
    }

    /// As bonafide's.
    pub fn pool_idle_timeout(self, limit: Duration) -> Self {
        self.change(|builder| builder.pool_idle_timeout(limit))
    }

    /// As bonafide's.
    pub fn pool_max_idle_per_host(self, max: usize) -> Self {
        self.change(|builder| builder.pool_max_idle_per_host(max))
    }

    /// As bonafide's.
    pub fn http1_only(self) -> Self {
        self.change(bonafide::ClientBuilder::http1_only)
    }

    /// As bonafide's.
    ///
    /// # Errors
    /// Those of bonafide.
    ///
    /// # Panics
    /// If the roots cannot be read.
    pub fn build(self) -> Result<Client, Error> {
        Ok(Client(self.with_policy().build()?))
    }

    pub(super) fn with_policy(self) -> bonafide::ClientBuilder {
        let policy = Policy::builder().anchors(self.anchors).build();
        self.builder.policy(policy.expect("roots that can be read"))
    }
}
