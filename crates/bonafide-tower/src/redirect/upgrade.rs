//! Targets of redirects that are requested over https instead.

use std::fmt;
use std::sync::Arc;

use url::Url;

type Source = dyn Fn(&Url) -> Option<Url> + Send + Sync;

/// Knows hosts that are requested only over https.
#[derive(Clone)]
pub(super) struct Upgrade(Arc<Source>);

impl Upgrade {
    /// Asks `earlier`, then `by`.
    pub(super) fn after(
        earlier: Option<Self>,
        by: impl Fn(&Url) -> Option<Url> + Send + Sync + 'static,
    ) -> Self {
        match earlier {
            None => Self(Arc::new(by)),
            Some(Self(first)) => Self(Arc::new(move |url| first(url).or_else(|| by(url)))),
        }
    }

    /// The URL to request instead of `url`, or `url` itself.
    pub(super) fn apply(&self, url: Url) -> Url {
        if url.scheme() != "http" {
            return url;
        }
        let upgraded = (self.0)(&url);
        upgraded
            .filter(|upgraded| upgraded.scheme() == "https" && upgraded.host() == url.host())
            .unwrap_or(url)
    }
}

impl fmt::Debug for Upgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Upgrade")
    }
}
