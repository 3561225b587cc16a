//! What a credential is for.

use std::fmt;

use http::Uri;

use super::ZonePattern;
use crate::origin::Origin;

/// Where a credential may be sent. Both variants require `https`.
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Binding {
    /// One origin.
    Origin(Origin),
    /// The hosts of a zone, on any port. A client that knows zones compares that of the connection;
    /// [`AuthLayer`](super::AuthLayer) compares only the host of the request.
    Zone(ZonePattern),
}

impl Binding {
    /// Whether the URI of a request allows it to have the credential.
    pub fn covers(&self, uri: &Uri) -> bool {
        match self {
            Self::Origin(origin) => origin.is_of(uri),
            Self::Zone(_) => Origin::of(uri).is_some_and(|origin| self.covers_origin(&origin)),
        }
    }

    /// Whether the origin of a request allows it to have the credential.
    pub fn covers_origin(&self, origin: &Origin) -> bool {
        match self {
            Self::Origin(own) => own == origin,
            Self::Zone(zone) => origin.is_https() && zone.covers(origin.host()),
        }
    }

    /// Orders bindings that cover the same URI, the narrowest last.
    pub(super) fn narrowness(&self) -> impl Ord + use<> {
        match self {
            Self::Origin(_) => (true, None),
            Self::Zone(zone) => (false, Some(zone.narrowness())),
        }
    }
}

/// The origin, or the pattern of the zone.
impl fmt::Display for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Origin(origin) => fmt::Display::fmt(origin, f),
            Self::Zone(zone) => write!(f, "zone {zone}"),
        }
    }
}

impl fmt::Debug for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
