//! Requests that are idempotent by a key.

use std::fmt;

use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Method};

use super::RetryError;
use crate::delivery::is_idempotent;

/// The header that has the key.
pub(super) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The key by which a server knows a request that it has seen before: the value of
/// `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header).
///
/// A request with a key is idempotent with any method: a server that supports the header processes
/// it only once, also if it arrives twice. A server that does not support the header ignores it,
/// and processes the request twice.
///
/// A key in the extensions of a request is sent with every attempt. After a call, it is
/// [`Attempts::key`](super::Attempts::key) in the response's extensions.
///
/// ```
/// use bonafide_tower::retry::IdempotencyKey;
/// use http::Request;
///
/// // Kept by the caller: the same order can be placed again tomorrow.
/// let key = IdempotencyKey::random()?;
/// let request = Request::post("https://shop.example/orders")
///     .extension(key.clone())
///     .body("one cake")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(HeaderValue);

impl IdempotencyKey {
    /// A key that no other request has: a random UUID (RFC 9562 section 5.4) as a string of
    /// structured fields, such as `"8e03978e-40d5-43dd-bc93-6894a57f9324"` with the quotation
    /// marks.
    ///
    /// # Errors
    ///
    /// [`RetryError::NoRandomBytes`] if the operating system returns no random bytes.
    pub fn random() -> Result<Self, RetryError> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(RetryError::NoRandomBytes)?;
        let mut bits = u128::from_be_bytes(bytes);
        bits = bits & !(0xf << 76) | 4 << 76;
        bits = bits & !(0b11 << 62) | 0b10 << 62;
        let part = |from: u32, digits: u32| bits >> from & ((1 << (4 * digits)) - 1);
        let text = format!(
            "\"{:08x}-{:04x}-{:04x}-{:04x}-{:012x}\"",
            part(96, 8),
            part(80, 4),
            part(64, 4),
            part(48, 4),
            part(0, 12),
        );
        #[expect(
            clippy::expect_used,
            reason = "the text has digits, letters, `-` and `\"` alone, and tests make keys"
        )]
        let value = HeaderValue::try_from(text).expect("a header value");
        Ok(Self(value))
    }

    /// A key with this value, which is sent unchanged. The draft requires quotation marks around
    /// it; many services accept any text.
    pub const fn from_value(value: HeaderValue) -> Self {
        Self(value)
    }

    /// The value of the header.
    pub const fn value(&self) -> &HeaderValue {
        &self.0
    }

    /// The key in these headers of a request; `None` unless there is exactly one, which is not
    /// empty.
    fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
        let value = values.next().filter(|value| !value.is_empty())?;
        values.next().is_none().then(|| Self(value.clone()))
    }

    /// The key of a call, written into `headers`: the one that stands there, else `given`, else a
    /// new one where `keys` wants it for `method`.
    pub(super) fn settle(
        keys: Keys,
        method: &Method,
        headers: &mut HeaderMap,
        given: Option<&Self>,
    ) -> Result<Option<Self>, RetryError> {
        if headers.contains_key(IDEMPOTENCY_KEY) {
            return Ok(Self::of(headers));
        }
        let key = match given {
            Some(given) => given.clone(),
            None if keys == Keys::MadeForEachCall && !is_idempotent(method) => Self::random()?,
            None => return Ok(None),
        };
        headers.insert(IDEMPOTENCY_KEY, key.0.clone());
        Ok(Self::of(headers))
    }
}

/// The value: it is not a credential.
impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("IdempotencyKey").field(&self.0).finish()
    }
}

/// Which calls have an idempotency key. Default: [`CallersOnly`](Self::CallersOnly).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Keys {
    /// Those for which the caller gives one: as the header `Idempotency-Key`, or as an
    /// [`IdempotencyKey`] in the request's extensions.
    #[default]
    CallersOnly,
    /// Those too whose method is not idempotent: a key is made, once a call, where the caller gives
    /// none. For servers that all honour the header. Over one that ignores it, a `POST` may be
    /// processed twice. Inside of a layer that follows redirects each hop is a call.
    MadeForEachCall,
}
