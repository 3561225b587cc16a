//! A response between the client and a caller's layers.

use bonafide_tower::redirect::Hop;
#[cfg(feature = "retry")]
use bonafide_tower::retry::Attempts;
use http::Response;
use url::Url;

use crate::body::Body;
use crate::exchange::{Answered, Call, Delivered, Found};

impl Answered {
    /// This response of the last hop as the one to `call`, after the redirects in `hops`.
    pub(super) fn to_call(mut self: Box<Self>, call: &Call, hops: Vec<Hop>) -> Box<Self> {
        let found = &mut self.found;
        if found.delivered.is_none()
            && let Some(known) = call.url()
        {
            let _ = found.url.set(Box::new(known));
        }
        if !hops.is_empty() {
            found.hops = Some(hops.into());
        }
        #[cfg(feature = "retry")]
        found.attempts.clone_from(&call.attempts);
        self
    }

    /// The response that the caller's layers around calls returned for a call to `url`.
    pub(crate) fn of_call(
        response: Response<Body>,
        url: impl FnOnce() -> Option<Url>,
    ) -> Box<Self> {
        let (mut head, body) = response.into_parts();
        let found = head.extensions.remove::<Found>().unwrap_or_else(|| Found {
            url: url().map(|url| Box::new(url).into()).unwrap_or_default(),
            ..Found::default()
        });
        Box::new(Self { head, body, found })
    }

    /// The response that the caller's layers around hops returned. Of one that they made, or had
    /// from another client, no receipt stays in the extensions: this client has verified nothing.
    pub(super) fn of_hop(response: Response<Body>) -> Box<Self> {
        let (mut head, body) = response.into_parts();
        let delivered = head.extensions.remove::<Delivered>();
        if delivered.is_none() {
            head.extensions.remove::<Found>();
            Delivered::remove_description(&mut head.extensions);
        }
        let found = Found {
            delivered,
            ..Found::default()
        };
        Box::new(Self { head, body, found })
    }

    /// For the caller's layers around calls, and for callers of the tower service.
    pub(crate) fn into_response(self) -> Response<Body> {
        let Self {
            mut head,
            body,
            found,
        } = self;
        found.describe(&mut head.extensions);
        head.extensions.insert(found);
        Response::from_parts(head, body)
    }

    /// For the caller's layers around hops.
    pub(super) fn into_hop_response(self) -> Response<Body> {
        let Self {
            mut head,
            body,
            found,
        } = self;
        if let Some(delivered) = found.delivered {
            delivered.describe(&mut head.extensions);
            head.extensions.insert(delivered);
        }
        Response::from_parts(head, body)
    }

    /// Adds the attempts of the call, if there are any.
    #[cfg(feature = "retry")]
    pub(super) fn counted(mut self: Box<Self>, attempts: &Attempts) -> Box<Self> {
        if attempts.made() > 0 {
            self.found.attempts = Some(attempts.clone());
        }
        self
    }
}
