/// Why a call was not begun. Nothing was sent.
///
/// Errors of the inner service are passed on unchanged; this is the error of the middleware itself.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RetryError {
    /// An [`IdempotencyKey`](super::IdempotencyKey) was to be made, and the operating system gave
    /// no random bytes for it.
    #[error("the operating system returned no random bytes for an idempotency key")]
    NoRandomBytes(#[source] getrandom::Error),
}
