//! Text that is not shown.

use std::fmt;

use http::HeaderValue;
use zeroize::Zeroizing;

/// A secret text: a password, a token, a key.
///
/// It has neither `Display` nor a serialization, and its `Debug` shows nothing of it. Its memory is
/// overwritten when it is dropped. Copies, such as the headers of a request, are not overwritten.
///
/// ```
/// use bonafide_tower::auth::Secret;
///
/// let password = Secret::from("Circle of Life");
/// assert_eq!(format!("{password:?}"), "Secret");
/// assert_eq!(password.expose(), "Circle of Life");
/// ```
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The text, for code that must have it, such as an
    /// [`Authenticator`](super::Authenticator) of your own.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The text as a header's value, which is [sensitive](HeaderValue::set_sensitive); `None` if it
    /// has characters that no header can hold.
    pub(super) fn header_value(&self) -> Option<HeaderValue> {
        let value = HeaderValue::from_str(&self.0).ok()?;
        Some(sensitive(value))
    }
}

/// `value`, which `Debug` then does not show, and HTTP/2 does not index (RFC 7541 section 7.1.3).
pub(super) fn sensitive(mut value: HeaderValue) -> HeaderValue {
    value.set_sensitive(true);
    value
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}
