//! Where tokens come from.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::BoxError;
use crate::auth::{Bearer, CredentialError, Secret};

/// A token that is being fetched.
pub type FetchToken = Pin<Box<dyn Future<Output = Result<Token, BoxError>> + Send>>;

/// Where the tokens of a [`RefreshingToken`](super::RefreshingToken) come from: an authorization
/// server, a metadata service, a file. Functions that return a future are sources.
pub trait TokenSource: Send + Sync + 'static {
    /// Fetches a token. It is not called again before the future has ended or was dropped.
    fn fetch(&self) -> FetchToken;
}

impl<F, T> TokenSource for F
where
    F: Fn() -> T + Send + Sync + 'static,
    T: Future<Output = Result<Token, BoxError>> + Send + 'static,
{
    fn fetch(&self) -> FetchToken {
        Box::pin(self())
    }
}

/// A token that was fetched.
#[derive(Clone)]
pub struct Token {
    bearer: Bearer,
    lifetime: Option<Duration>,
}

impl Token {
    /// A token without an expiry. It is sent as `Authorization: Bearer` (RFC 6750 section 2.1).
    ///
    /// # Errors
    ///
    /// [`CredentialError::NotABearerToken`] if it is not a `token68`.
    pub fn new(token: impl Into<Secret>) -> Result<Self, CredentialError> {
        Ok(Self {
            bearer: Bearer::new(token)?,
            lifetime: None,
        })
    }

    /// Sets how long the token is valid, from the start of its fetch: `expires_in` (RFC 6749
    /// section 5.1). Default: for ever.
    pub fn expiring_in(mut self, lifetime: Duration) -> Self {
        self.lifetime = Some(lifetime);
        self
    }

    pub(super) fn into_parts(self) -> (Secret, Option<Duration>) {
        let Self { bearer, lifetime } = self;
        (bearer.into_field(), lifetime)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            bearer: _,
            lifetime,
        } = self;
        f.debug_struct("Token")
            .field("lifetime", lifetime)
            .finish_non_exhaustive()
    }
}
