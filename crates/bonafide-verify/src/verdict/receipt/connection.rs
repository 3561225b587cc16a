//! What a handshake negotiated, and how it used the client certificate.

use std::fmt;
use std::sync::Arc;

use crate::identity::IdentityRecord;

/// What the handshake negotiated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// The protocol version, for example `TLSv1_3`.
    pub version: rustls::ProtocolVersion,
    /// The cipher suite, for example `TLS13_AES_128_GCM_SHA256`.
    pub cipher_suite: rustls::CipherSuite,
    /// The key exchange group, for example `X25519MLKEM768`; none for a resumed TLS 1.2 session.
    pub group: Option<rustls::NamedGroup>,
    /// The application protocol that ALPN chose (RFC 7301).
    pub alpn: Option<Vec<u8>>,
    /// Whether the session was resumed. The peer of a resumed session was verified when the session
    /// began.
    pub resumed: bool,
    /// The client certificate, if the zone has one.
    pub client_identity: IdentityUse,
}

/// How a connection used its zone's client certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdentityUse {
    /// The zone has none.
    None,
    /// The zone has one, and the server did not request it in this handshake (it never does in a
    /// resumed session), or the connection belongs to another client, which does not report it. The
    /// record, if known, is the certificate with which the session began.
    AtHand(Option<Arc<IdentityRecord>>),
    /// The server requested one, and the client presented this one.
    Shown(Arc<IdentityRecord>),
}

impl IdentityUse {
    /// Whether the zone has none.
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }

    /// The certificate that the client presented in this handshake.
    pub fn shown(&self) -> Option<&IdentityRecord> {
        match self {
            Self::Shown(record) => Some(record),
            Self::None | Self::AtHand(_) => None,
        }
    }
}

impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, {:?}", self.version, self.cipher_suite)?;
        if let Some(group) = self.group {
            write!(f, ", {group:?}")?;
        }
        if let Some(alpn) = &self.alpn {
            write!(f, ", ALPN {}", String::from_utf8_lossy(alpn))?;
        }
        if self.resumed {
            f.write_str(", resumed")?;
        }
        match &self.client_identity {
            IdentityUse::None => Ok(()),
            IdentityUse::AtHand(None) => f.write_str(", client certificate available"),
            IdentityUse::AtHand(Some(record)) => {
                write!(f, ", client certificate available ({record})")
            }
            IdentityUse::Shown(record) => write!(f, ", client certificate presented ({record})"),
        }
    }
}
