/// Why a call was not begun. Nothing was sent.
///
/// What the inner service fails with passes as it is: this is the middleware's own error.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RetryError {
    /// An [`IdempotencyKey`](super::IdempotencyKey) was to be made, and the operating system gave
    /// no random bytes for it.
    #[error("the operating system returned no random bytes for an idempotency key")]
    NoRandomBytes(#[source] getrandom::Error),
}
