//! A request as the client carries it from hop to hop.

use http::uri::PathAndQuery;
use http::{HeaderMap, Method};
use url::Url;

use crate::body::Body;
use crate::limits::RequestLimits;
use crate::origin::{Origin, Place};
use crate::redirect::Credentials;
use crate::router::Connections;

/// One request, before it is written for a connection.
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) place: Place<Connections>,
    pub(crate) path: PathAndQuery,
    /// The headers that the caller gave.
    pub(crate) headers: HeaderMap,
    /// Whether the client's own credentials go with it.
    pub(crate) credentials: Credentials,
    pub(crate) body: Body,
    pub(crate) limits: RequestLimits,
}

impl Call {
    /// Scheme, host and port.
    pub(crate) fn origin(&self) -> Origin {
        match &self.place {
            Place::Named(name) => name.clone(),
            Place::Known(connections) => connections.key().parts().origin.clone(),
        }
    }

    /// The URL of this hop.
    pub(crate) fn url(&self) -> Option<Url> {
        self.origin().url(&self.path)
    }
}
