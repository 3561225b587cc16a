//! The texts of an error.

use std::fmt;

use bonafide_tower::shown::ShownUrl;

use super::{Error, Inner};

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(url) = &self.inner.url {
            write!(f, "{}: ", ShownUrl(url))?;
        }
        fmt::Display::fmt(&self.inner.failure, f)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            failure,
            url,
            status,
            receipt: _, // a refusal has its own
            hops,
            timings,
            #[cfg(feature = "retry")]
            attempts,
        } = &*self.inner;
        let mut f = f.debug_struct("Error");
        f.field("kind", &failure.kind)
            .field("phase", &failure.phase)
            .field("what", &failure.what)
            .field("cause", &failure.cause)
            .field("delivery", &failure.delivery)
            .field("retryable", &failure.is_retryable())
            .field("url", &url.as_ref().map(ShownUrl))
            .field("status", status)
            .field("receipt", &self.receipt().is_some())
            .field("redirects", hops)
            .field("timings", timings);
        #[cfg(feature = "retry")]
        f.field("attempts", attempts);
        f.finish()
    }
}
