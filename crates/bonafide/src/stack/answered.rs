//! The response to a call, between the client and a caller's layers.

use std::sync::{Arc, OnceLock};

use bonafide_tower::redirect::{Hop, Hops};
#[cfg(feature = "retry")]
use bonafide_tower::retry::Attempts;
use bonafide_verify::Receipt;
use http::{Extensions, Response};
use url::Url;

use crate::body::Body;
use crate::connect::ConnectionInfo;
use crate::exchange::{Call, Delivered, HopResponse};
use crate::observe::Timings;

/// A response to a call, and what led to it.
pub(crate) struct Answered {
    pub(crate) head: http::response::Parts,
    pub(crate) body: Body,
    pub(crate) found: Found,
}

/// Where a response came from: its connection, its URL and the redirects before it. It is kept with
/// the response, in its extensions where a caller's layer sees it.
#[derive(Clone)]
pub(crate) struct Found {
    delivered: Option<Delivered>,
    /// Built on demand, unless it is all that is known.
    url: OnceLock<Box<Url>>,
    /// None where no redirect was followed.
    hops: Option<Hops>,
    /// None where no rule of retries counted them.
    #[cfg(feature = "retry")]
    attempts: Option<Attempts>,
}

impl Answered {
    /// The response to `call`, the last hop of a call, after the redirects in `hops`.
    pub(super) fn new(answer: Box<HopResponse>, call: &Call, hops: Vec<Hop>) -> Self {
        let HopResponse {
            head,
            body,
            delivered,
        } = *answer;
        let url = OnceLock::new();
        if delivered.is_none()
            && let Some(known) = call.url()
        {
            let _ = url.set(Box::new(known));
        }
        Self {
            head,
            body,
            found: Found {
                delivered,
                url,
                hops: (!hops.is_empty()).then(|| hops.into()),
                #[cfg(feature = "retry")]
                attempts: call.attempts.clone(),
            },
        }
    }

    /// The response that the caller's layers returned for a call to `url`.
    pub(crate) fn from_response(
        response: Response<Body>,
        url: impl FnOnce() -> Option<Url>,
    ) -> Self {
        let (mut head, body) = response.into_parts();
        let found = head.extensions.remove::<Found>().unwrap_or_else(|| Found {
            delivered: None,
            url: url().map(|url| Box::new(url).into()).unwrap_or_default(),
            hops: None,
            #[cfg(feature = "retry")]
            attempts: None,
        });
        Self { head, body, found }
    }
}

impl Answered {
    /// Adds the attempts of the call, if there are any.
    #[cfg(feature = "retry")]
    pub(super) fn counted(mut self, attempts: &Attempts) -> Self {
        if attempts.made() > 0 {
            self.found.attempts = Some(attempts.clone());
        }
        self
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
            describe(delivered, extensions);
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

/// Adds `Arc<Receipt>`, `Arc<ConnectionInfo>` and `Timings`.
fn describe(delivered: &Delivered, extensions: &mut Extensions) {
    let info = delivered.connection();
    if let Some(receipt) = info.receipt() {
        extensions.insert(Arc::clone(receipt));
    }
    extensions.insert(Arc::clone(info));
    extensions.insert(delivered.timings());
}

impl From<Answered> for Response<Body> {
    fn from(answered: Answered) -> Self {
        let Answered {
            mut head,
            body,
            found,
        } = answered;
        found.describe(&mut head.extensions);
        head.extensions.insert(found);
        Self::from_parts(head, body)
    }
}

impl From<Box<HopResponse>> for Response<Body> {
    fn from(answer: Box<HopResponse>) -> Self {
        let HopResponse {
            mut head,
            body,
            delivered,
        } = *answer;
        if let Some(delivered) = delivered {
            describe(&delivered, &mut head.extensions);
            head.extensions.insert(delivered);
        }
        Self::from_parts(head, body)
    }
}

impl From<Response<Body>> for HopResponse {
    fn from(response: Response<Body>) -> Self {
        let (mut head, body) = response.into_parts();
        let delivered = head.extensions.remove::<Delivered>();
        Self {
            head,
            body,
            delivered,
        }
    }
}
