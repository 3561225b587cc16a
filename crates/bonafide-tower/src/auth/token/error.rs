use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

/// Why there is no token. All requests that waited for it get the same error.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The source failed.
    #[error("the token source failed")]
    Source {
        /// Its error.
        source: Arc<dyn StdError + Send + Sync>,
    },
    /// The source took too long.
    #[error("the token source returned no token within {limit:?}")]
    Overdue {
        /// The limit, [`RefreshingToken::with_limit`](super::RefreshingToken::with_limit).
        limit: Duration,
    },
}
