//! Why a request got no connection.

use thiserror::Error;

/// Why a checkout gave no connection. `E` is the connector's own error, carried as it is.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum CheckoutError<E> {
    /// The attempt to connect failed.
    #[error("no connection could be made")]
    Connect(E),
    /// The partition was evicted (its policy was replaced, for one). Nothing was sent: ask for the
    /// partition of the current policy and check out there.
    #[error("the partition was evicted while the request waited for a connection")]
    Evicted,
    /// The task that was connecting ended early: its runtime was shut down. Nothing was sent.
    #[error("the attempt to connect was abandoned")]
    Abandoned,
    /// The task that was connecting panicked, and the next one may do so too. Nothing was sent.
    #[error("the attempt to connect panicked")]
    Panicked,
    /// The new connection was closed, or past its deadline, before it could be used. Nothing was
    /// sent.
    #[error("the new connection was unusable from the start")]
    Unusable,
}
