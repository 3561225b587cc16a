//! A request as the client carries it from hop to hop.

use std::sync::Arc;
use std::time::Duration;

use http::uri::PathAndQuery;
use http::{HeaderMap, Method};
use tokio::time::Instant;
use url::Url;

use crate::body::Body;
use crate::connect::Connector;
use crate::pool::Partition;
use crate::redirect::Credentials;
use crate::target::{OriginName, Place};

/// The way to an origin's connections.
pub(crate) type Route = Arc<Partition<Connector>>;

/// One request, before it is written for a connection.
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) place: Place<Route>,
    pub(crate) path: PathAndQuery,
    /// The headers that the caller gave.
    pub(crate) headers: HeaderMap,
    /// Whether the client's own credentials go with it.
    pub(crate) credentials: Credentials,
    pub(crate) body: Body,
    pub(crate) limits: CallLimits,
}

/// The time limits of one request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallLimits {
    pub(crate) headers: Option<Duration>,
    pub(crate) read: Option<Duration>,
    pub(crate) total: Option<Duration>,
}

/// The moment at which a request must be over, and the limit that it comes from.
pub(crate) type Deadline = Option<(Instant, Duration)>;

impl CallLimits {
    /// When a request that starts now must be over.
    pub(crate) fn deadline(&self) -> Deadline {
        let total = self.total?;
        Some((Instant::now().checked_add(total)?, total))
    }
}

impl Call {
    /// Scheme, host and port.
    pub(crate) fn origin(&self) -> OriginName {
        match &self.place {
            Place::Named(name) => name.clone(),
            Place::Known(route) => route.key().parts().into(),
        }
    }

    /// The URL of this hop.
    pub(crate) fn url(&self) -> Option<Url> {
        self.origin().url(&self.path)
    }
}
