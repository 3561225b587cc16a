//! What is put on the loopback for a site.

use http::StatusCode;
use rustls::SupportedProtocolVersion;

use crate::certificate::{Identity, TestCa};
use crate::weak::Weakness;

/// The servers of a site, before they listen.
#[derive(Clone, Debug)]
pub(super) enum Scene {
    /// One that shows an identity.
    Tls(TlsScene),
    /// One that chooses weak parameters.
    Weak {
        weakness: Weakness,
        identity: Identity,
    },
    /// One that is safe, and redirects to another.
    Redirect {
        safe: Identity,
        status: StatusCode,
        to: Destination,
    },
    /// One for `http://`.
    Plain,
    /// One for `http://` that redirects to a safe one.
    Upgrade(Identity),
    /// A safe one that demands `https://` from now on, then one for `http://`.
    Hsts(Identity),
}

#[derive(Clone, Debug)]
pub(super) struct TlsScene {
    pub(super) identity: Identity,
    pub(super) versions: Vec<&'static SupportedProtocolVersion>,
    pub(super) clients: Option<TestCa>,
}

/// Where a redirect leads.
#[derive(Clone, Debug)]
pub(super) enum Destination {
    /// `http://`.
    Plain,
    /// A server that must be refused.
    Tls(Identity),
    /// Through another safe server to `http://`.
    PlainByWayOf(Identity),
}
