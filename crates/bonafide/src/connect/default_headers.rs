//! What every request on a connection is sent with, unless the caller sets its own.

use bonafide_tower::default_headers::DefaultHeaderValues;
use bonafide_tower::redirect::Redirects;
use bonafide_verify::Receipt;
use http::{HeaderMap, HeaderValue, Version};

use crate::error::{Failure, Kind};
use crate::origin::Origin;
use crate::protocol::Wire;

/// The default headers of a client.
#[cfg_attr(feature = "testing", derive(Clone))]
pub(crate) struct DefaultHeaders {
    /// Of requests to all origins.
    pub(crate) everywhere: HeaderMap,
    /// Of requests to one origin.
    pub(crate) at: DefaultHeaderValues,
    /// Say which of them do not cross origins.
    pub(crate) redirects: Redirects,
}

impl DefaultHeaders {
    /// What all requests to `origin` have in common, over a connection of `version` with this
    /// receipt.
    pub(crate) fn wire(
        &self,
        origin: &Origin,
        version: Version,
        receipt: Option<&Receipt>,
    ) -> Result<Wire, Failure> {
        Wire::new(origin, version, &self.of(origin, receipt)?, &self.redirects)
    }

    /// Those of requests to `origin`, over a connection with this receipt. Secret values for the
    /// origin are sent only to a server that was verified. A value for the origin takes precedence
    /// over a value for all.
    fn of(&self, origin: &Origin, receipt: Option<&Receipt>) -> Result<HeaderMap, Failure> {
        let Self {
            everywhere,
            at,
            redirects: _,
        } = self;
        let mut headers = everywhere.clone();
        if at.has_none_at_origins() {
            return Ok(headers);
        }
        let origin = origin.to_string().parse().map_err(|error| {
            Failure::new(Kind::Url, "the host is not valid in an origin").caused_by(error)
        })?;
        let own = match receipt.is_some_and(Receipt::is_verified) {
            true => at.at_origin(&origin),
            false => at.public_at(&origin),
        };
        for name in own.keys() {
            headers.remove(name);
        }
        headers.extend(own);
        Ok(headers)
    }

    /// A header for all origins.
    pub(super) fn get(&self, name: http::HeaderName) -> Option<&HeaderValue> {
        self.everywhere.get(name)
    }
}
