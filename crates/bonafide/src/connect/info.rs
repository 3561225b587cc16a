//! What is known about a connection.

use std::net::SocketAddr;
use std::sync::Arc;

use bonafide_verify::Receipt;
use http::Version;

use crate::events::ConnectionId;
use crate::observe::OpeningTimes;

/// The connection that a response came over.
///
/// In the extensions of a response as `Arc<ConnectionInfo>`.
#[derive(Debug)]
pub struct ConnectionInfo {
    pub(crate) id: ConnectionId,
    pub(crate) remote_addr: SocketAddr,
    pub(crate) local_addr: SocketAddr,
    pub(crate) version: Version,
    pub(crate) receipt: Option<Arc<Receipt>>,
    pub(crate) opening: OpeningTimes,
}

impl ConnectionInfo {
    /// Its number, which [events](crate::events) have too.
    pub fn id(&self) -> ConnectionId {
        self.id
    }

    /// The other end of the TCP connection: the server, or the proxy where there is one.
    pub fn remote_addr(&self) -> SocketAddr {
        self.remote_addr
    }

    /// This end of the TCP connection.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// HTTP/1.1 or HTTP/2, as ALPN settled it.
    pub fn version(&self) -> Version {
        self.version
    }

    /// What was checked about the server; `None` only over plain http.
    pub fn receipt(&self) -> Option<&Arc<Receipt>> {
        self.receipt.as_ref()
    }

    /// How long it took to open.
    pub fn opening(&self) -> OpeningTimes {
        self.opening
    }
}
