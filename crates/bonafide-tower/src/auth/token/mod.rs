//! Tokens that expire: fetched once for all waiting requests, and refreshed.

mod error;
mod fetching;
mod source;
mod state;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use self::error::TokenError;
pub(super) use self::fetching::Fetching;
pub use self::source::{FetchToken, Token, TokenSource};
pub(super) use self::state::Held;
use self::state::State;

/// A bearer token that is fetched when it is first needed, and again before it expires.
///
/// Any number of waiting requests share one fetch. If a request is dropped, the fetch continues for
/// the other waiting requests; without any, it is dropped. If a fetch fails, all waiting requests
/// fail, and so do all requests within a [short pause](Self::with_pause); then the next request
/// fetches again. While the old token is still valid, one request waits for the new token, and the
/// others use the old one. If that fetch fails, the waiting request uses the old token too.
///
/// After a 401 to a request with the current token, the token is fetched again and the request is
/// sent once more. A second 401 is returned to the caller.
///
/// The source must not send its request through a client that has this token for the same origin:
/// the fetch would wait for itself, until its [limit](Self::with_limit).
///
/// Times are measured with tokio's clock. Outside a tokio runtime a fetch has no time limit.
///
/// ```
/// use std::time::Duration;
///
/// use bonafide_tower::auth::{Credential, RefreshingToken, Token};
///
/// let source = || async {
///     // … a request to the authorization server …
///     Ok(Token::new("mF_9.B5f-4.1JqM")?.expiring_in(Duration::from_secs(3600)))
/// };
/// let token = RefreshingToken::new(source);
/// let credential = Credential::for_origin("https://api.example.com", token)?;
/// # Ok::<(), bonafide_tower::auth::CredentialError>(())
/// ```
pub struct RefreshingToken {
    source: Box<dyn TokenSource>,
    ahead: Duration,
    pause: Duration,
    limit: Option<Duration>,
    state: Mutex<State>,
}

impl RefreshingToken {
    /// A token from `source`.
    pub fn new(source: impl TokenSource) -> Self {
        Self {
            source: Box::new(source),
            ahead: Duration::from_secs(60),
            pause: Duration::from_secs(1),
            limit: Some(Duration::from_secs(30)),
            state: Mutex::default(),
        }
    }

    /// Sets how long before its expiry a token is refreshed; never more than half of its lifetime.
    /// Default: 60 s.
    pub fn with_ahead(mut self, ahead: Duration) -> Self {
        self.ahead = ahead;
        self
    }

    /// Sets how long after a failure the source is not called. Default: 1 s.
    pub fn with_pause(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// Sets the time limit of one fetch. Default: 30 s.
    pub fn with_limit(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.limit = limit.into();
        self
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token to send.
    pub(super) fn get(self: &Arc<Self>) -> Fetching {
        Fetching::new(Arc::clone(self))
    }

    /// The token to send after a server has refused `held`.
    pub(super) fn after_refusal(self: &Arc<Self>, held: &Held) -> Fetching {
        self.state().forget(held);
        Fetching::new(Arc::clone(self))
    }
}

impl fmt::Debug for RefreshingToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            source: _,
            ahead,
            pause,
            limit,
            state: _,
        } = self;
        f.debug_struct("RefreshingToken")
            .field("ahead", ahead)
            .field("pause", pause)
            .field("limit", limit)
            .finish_non_exhaustive()
    }
}
