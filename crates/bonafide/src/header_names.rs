//! Headers as `Debug` shows them.

use std::fmt;

use bonafide_tower::redirect::PRIVATE_HEADERS;
use http::{HeaderMap, HeaderName, HeaderValue};

/// Made once: the constant would be made for each header.
static PRIVATE: [HeaderName; 37] = PRIVATE_HEADERS;

/// The names of headers, each once. Values stay out of logs: any of them may be a secret.
pub(crate) struct HeaderNames<'a>(pub(crate) &'a HeaderMap);

impl fmt::Debug for HeaderNames<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

/// Marks `value` as sensitive if it is a credential by its name: then neither the `Debug` of a
/// layer nor a trace shows it, and HPACK does not index it (RFC 7541 section 7.1.3).
pub(crate) fn mark_secret(name: &HeaderName, value: &mut HeaderValue) {
    if PRIVATE.contains(name) {
        value.set_sensitive(true);
    }
}

/// Does the same for all values of `headers`.
pub(crate) fn mark_secrets(headers: &mut HeaderMap) {
    for (name, value) in headers.iter_mut() {
        mark_secret(name, value);
    }
}
