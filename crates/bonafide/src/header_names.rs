//! Headers as `Debug` shows them.

use std::fmt;

use http::HeaderMap;

/// The names of headers, each once. Values stay out of logs: any of them may be a secret.
pub(crate) struct HeaderNames<'a>(pub(crate) &'a HeaderMap);

impl fmt::Debug for HeaderNames<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}
