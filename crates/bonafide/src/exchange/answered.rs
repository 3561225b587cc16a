//! A response, and where it came from.

use std::sync::{Arc, OnceLock};

#[cfg(feature = "auth")]
use bonafide_tower::auth::Presented;
use bonafide_tower::redirect::{Hop, Hops};
#[cfg(feature = "retry")]
use bonafide_tower::retry::Attempts;
use bonafide_verify::Receipt;
use http::Extensions;
use http::uri::PathAndQuery;
use url::Url;

use super::attach::Attached;
use super::pace::Steps;
use crate::body::Body;
use crate::connect::{ConnectionInfo, Meta};
use crate::observe::Timings;

/// A response to a hop or a call. It is large and passes several futures, so it is boxed once, when
/// it arrives, and the box goes up to the caller.
pub(crate) struct Answered {
    pub(crate) head: http::response::Parts,
    pub(crate) body: Body,
    pub(crate) found: Found,
}

/// Where a response came from: its connection, its URL and the redirects before it. It is kept with
/// the response, in its extensions where a caller's layer around calls sees it.
#[derive(Clone, Default)]
pub(crate) struct Found {
    /// None for a response that a layer has made.
    pub(crate) delivered: Option<Delivered>,
    /// Built on demand, unless it is all that is known.
    pub(crate) url: OnceLock<Box<Url>>,
    /// None where no redirect was followed.
    pub(crate) hops: Option<Hops>,
    /// None where no rule of retries counted them.
    #[cfg(feature = "retry")]
    pub(crate) attempts: Option<Attempts>,
}

/// How a response came.
#[derive(Clone)]
pub(crate) struct Delivered {
    pub(super) meta: Arc<Meta>,
    pub(super) path: PathAndQuery,
    pub(super) steps: Steps,
    #[cfg_attr(
        not(feature = "auth"),
        expect(dead_code, reason = "only a credential is compared with its response")
    )]
    pub(super) attached: Attached,
}

impl Delivered {
    /// The credential that the request was sent with.
    #[cfg(feature = "auth")]
    pub(crate) fn presented(&self) -> Option<&Presented> {
        self.attached.presented().map(|presented| &**presented)
    }

    /// Drops what the request was sent with.
    #[cfg(feature = "auth")]
    pub(crate) fn forget_presented(&mut self) {
        self.attached = Attached::default();
    }

    /// The URL that answered.
    pub(crate) fn url(&self) -> Url {
        self.meta.wire.url(&self.path)
    }

    /// The connection.
    pub(crate) fn connection(&self) -> &Arc<ConnectionInfo> {
        &self.meta.info
    }

    /// Where the time went.
    fn timings(&self) -> Timings {
        self.steps.timings(&self.meta)
    }

    /// Adds `Arc<Receipt>`, `Arc<ConnectionInfo>` and `Timings`.
    pub(crate) fn describe(&self, extensions: &mut Extensions) {
        let info = self.connection();
        if let Some(receipt) = info.receipt() {
            extensions.insert(Arc::clone(receipt));
        }
        extensions.insert(Arc::clone(info));
        extensions.insert(self.timings());
    }

    /// Removes what [`describe`](Self::describe) adds.
    pub(crate) fn remove_description(extensions: &mut Extensions) {
        extensions.remove::<Arc<Receipt>>();
        extensions.remove::<Arc<ConnectionInfo>>();
        extensions.remove::<Timings>();
    }
}

impl Found {
    /// The URL that answered; `about:blank` if that is not known.
    pub(crate) fn url(&self) -> &Url {
        self.url.get_or_init(|| {
            Box::new(match &self.delivered {
                Some(delivered) => delivered.url(),
                None => blank(),
            })
        })
    }

    /// The connection.
    pub(crate) fn connection(&self) -> Option<&Arc<ConnectionInfo>> {
        self.delivered.as_ref().map(Delivered::connection)
    }

    /// Where the time went.
    pub(crate) fn timings(&self) -> Option<Timings> {
        self.delivered.as_ref().map(Delivered::timings)
    }

    /// What was checked about the server.
    pub(crate) fn receipt(&self) -> Option<&Arc<Receipt>> {
        self.connection()?.receipt()
    }

    /// The redirects that were followed, in order.
    pub(crate) fn hops(&self) -> &[Hop] {
        self.hops.as_ref().map_or(&[], Hops::as_slice)
    }

    /// The attempts, if a rule of retries counted them.
    #[cfg(feature = "retry")]
    pub(crate) fn attempts(&self) -> Option<&Attempts> {
        self.attempts.as_ref()
    }

    /// Adds the extensions that layers and callers of the tower service can read.
    pub(crate) fn describe(&self, extensions: &mut Extensions) {
        if let Some(delivered) = &self.delivered {
            delivered.describe(extensions);
        }
        if let Some(hops) = &self.hops {
            extensions.insert(hops.clone());
        }
        #[cfg(feature = "retry")]
        if let Some(attempts) = &self.attempts {
            extensions.insert(attempts.clone());
        }
    }
}

/// The URL that stands for none.
#[expect(
    clippy::expect_used,
    reason = "the text is a constant, and a test parses it"
)]
fn blank() -> Url {
    Url::parse("about:blank").expect("a URL")
}
