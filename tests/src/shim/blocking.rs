//! The client for programs without async code.

use std::ops::Deref;

use bonafide::Error;
pub use bonafide::blocking::{RequestBuilder, Response};

use super::Certificate;

/// A client.
#[derive(Clone)]
pub struct Client(bonafide::blocking::Client);

/// Settings of a client.
pub struct ClientBuilder(super::ClientBuilder);

impl Client {
    /// Settings.
    pub fn builder() -> ClientBuilder {
        ClientBuilder(super::Client::builder())
    }
}

/// All methods of requests are bonafide's.
impl Deref for Client {
    type Target = bonafide::blocking::Client;

    fn deref(&self) -> &bonafide::blocking::Client {
        &self.0
    }
}

impl ClientBuilder {
    /// Trusts these roots and no other.
    ///
    /// # Panics
    /// Without a root.
    pub fn tls_certs_only(self, roots: impl IntoIterator<Item = Certificate>) -> Self {
        Self(self.0.tls_certs_only(roots))
    }

    /// No proxy is taken from the environment.
    pub fn no_proxy(self) -> Self {
        Self(self.0.no_proxy())
    }

    /// As bonafide's `build_blocking`.
    ///
    /// # Errors
    /// Those of bonafide.
    ///
    /// # Panics
    /// If the roots cannot be read.
    pub fn build(self) -> Result<Client, Error> {
        Ok(Client(self.0.with_policy().build_blocking()?))
    }
}
