//! What a server offers and demands in its handshakes.

use std::time::Duration;

use rustls::SupportedProtocolVersion;
use rustls_pki_types::CertificateDer;

use crate::certificate::Identity;
use crate::server::connection::Protocol;

/// Which protocols a server offers by ALPN.
///
/// ```
/// use bonafide_testkit::{Alpn, Recipe, TestCa, TestServer};
///
/// let identity = TestCa::new().issue(Recipe::for_host("localhost"));
/// let old_fashioned = TestServer::builder(identity).alpn(Alpn::None);
/// # drop(old_fashioned);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Alpn {
    /// `http/1.1`.
    Http1,
    /// `h2`. A client without ALPN is served HTTP/2 as well.
    Http2,
    /// `h2` first, then `http/1.1`: the default.
    #[default]
    Both,
    /// No ALPN at all; HTTP/1.1 is spoken.
    None,
}

impl Alpn {
    pub(super) fn protocols(self) -> Vec<Vec<u8>> {
        let names: &[&[u8]] = match self {
            Self::Http1 => &[b"http/1.1"],
            Self::Http2 => &[b"h2"],
            Self::Both => &[b"h2", b"http/1.1"],
            Self::None => &[],
        };
        names.iter().map(|name| name.to_vec()).collect()
    }

    pub(super) fn spoken(self, negotiated: Option<&[u8]>) -> Protocol {
        match (self, negotiated) {
            (_, Some(b"h2")) | (Self::Http2, None) => Protocol::Http2,
            _ => Protocol::Http1,
        }
    }
}

/// Whether clients have to show a certificate, and from which authority.
///
/// ```
/// use bonafide_testkit::{ClientAuth, Recipe, TestCa, TestServer};
///
/// let (servers, clients) = (TestCa::new(), TestCa::new());
/// let alice = clients.issue(Recipe::for_host("alice").client());
/// let strict = TestServer::builder(servers.issue(Recipe::for_host("localhost")))
///     .client_auth(ClientAuth::Required(clients.certificate().clone()));
/// # drop((alice, strict));
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum ClientAuth {
    /// None is asked for: the default.
    #[default]
    None,
    /// One is asked for; a client without one is served all the same. One from another
    /// authority is refused.
    Optional(CertificateDer<'static>),
    /// A client without one from this authority is refused.
    Required(CertificateDer<'static>),
}

/// The choices that concern TLS alone.
#[derive(Clone, Debug)]
pub(super) struct TlsPlan {
    pub(super) identity: Identity,
    pub(super) by_name: Vec<(String, Identity)>,
    pub(super) alpn: Alpn,
    pub(super) versions: Vec<&'static SupportedProtocolVersion>,
    pub(super) client_auth: ClientAuth,
    pub(super) tickets: Option<usize>,
    pub(super) held: bool,
    pub(super) delay: Duration,
}
