//! Why a handshake failed, as a code.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::sync::Arc;

use rustls::{AlertDescription, InvalidMessage, PeerIncompatible};

use crate::code::Code;
use crate::config::error::ConfigError;
use crate::identity::IdentityError;
use crate::verdict::receipt::report::Receipt;
use crate::verdict::refusal::report::{Refusal, causes};

/// Why there is no verified connection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The peer was judged and refused.
    #[error("{0}")]
    Refused(#[source] Refusal),
    /// The handshake failed before the peer was judged, or for another reason.
    #[error("{0}")]
    Handshake(#[source] HandshakeError),
    /// The client could not present its certificate: the signer, or the callback that chooses the
    /// certificate, failed. No certificate was sent.
    #[error("{0}")]
    Identity(#[source] IdentityError),
    /// The transport failed.
    #[error("the transport failed during the handshake")]
    Io(#[source] io::Error),
    /// The policy cannot be used.
    #[error("{0}")]
    Config(#[source] ConfigError),
}

/// A failed handshake, with its code.
#[derive(Clone, Debug)]
pub struct HandshakeError {
    code: Code,
    opening: Option<Opening>,
    cause: Option<Cause>,
}

/// The error that made the handshake fail.
#[derive(Clone, Debug)]
enum Cause {
    Tls(rustls::Error),
    Io(Arc<io::Error>),
}

/// How the connection of a handshake began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Opening {
    /// Number of bytes sent before the server's first byte arrived.
    pub(crate) sent: usize,
    pub(crate) first_bytes: FirstBytes,
}

/// What the first bytes of a server look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FirstBytes {
    Nothing,
    Tls,
    Http,
    Other,
}

#[cfg_attr(
    not(feature = "tokio"),
    expect(
        dead_code,
        reason = "only connections made with tokio record their opening"
    )
)]
impl FirstBytes {
    /// Classifies the first bytes: the beginning of a TLS record (RFC 8446, 5.1), of an HTTP status
    /// line (RFC 9112, 4), or neither.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        match bytes {
            [] => Self::Nothing,
            [20..=24] | [20..=24, 3, ..] => Self::Tls,
            [b'H', b'T', b'T', b'P'] | [b'H', b'T', b'T', b'P', b'/', ..] => Self::Http,
            _ => Self::Other,
        }
    }
}

impl Opening {
    /// Approximate payload of one packet: 1,500 bytes on Ethernet, minus the headers of IP, TCP and
    /// tunnels.
    const ONE_PACKET: usize = 1_400;

    /// The size of the ClientHello in bytes, if the server did not answer it.
    fn unanswered(self) -> Option<usize> {
        (self.first_bytes == FirstBytes::Nothing && self.sent > 0).then_some(self.sent)
    }
}

impl HandshakeError {
    fn new(code: Code, cause: Option<Cause>) -> Self {
        Self {
            code,
            opening: None,
            cause,
        }
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The size in bytes of the ClientHello, record headers included, if the connection ended
    /// before the server answered it. Some middleboxes drop a ClientHello that does not fit into
    /// one packet, for example with a post-quantum key share;
    /// [`PolicyBuilder::key_exchange_groups`](crate::PolicyBuilder::key_exchange_groups) makes it
    /// smaller.
    ///
    /// Known only for connections that [`Policy::connect`](crate::Policy) makes.
    pub fn unanswered_client_hello_bytes(&self) -> Option<usize> {
        self.opening.and_then(Opening::unanswered)
    }

    /// Finds the code in the source chain of a stream error, for any client that uses rustls.
    ///
    /// A TLS 1.3 server that requires a client certificate sends its alert only after the handshake
    /// is complete for the client. The client then sees the alert as an error of its first read.
    pub fn find_in(error: &(dyn StdError + 'static)) -> Option<Self> {
        causes(error).find_map(|cause| {
            let source = cause.downcast_ref::<rustls::Error>()?;
            Some(Self::new(code_of(source), Some(Cause::Tls(source.clone()))))
        })
    }
}

impl TlsError {
    /// The stable code, if the failure has one.
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Refused(refusal) => Some(refusal.code()),
            Self::Handshake(error) => Some(error.code),
            Self::Identity(_) => Some(Code::ClientIdentity),
            Self::Config(ConfigError::NoAnchors { .. }) => Some(Code::NoAnchors),
            Self::Io(_) | Self::Config(_) => None,
        }
    }

    /// The refusal, if the peer was judged.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// What was checked before the failure, if the peer was judged.
    pub fn receipt(&self) -> Option<&Arc<Receipt>> {
        self.refusal().map(Refusal::receipt)
    }

    /// Refines the code by whether the server requested a client certificate and how the connection
    /// began.
    ///
    /// If the server requested one, `handshake_failure` is about the client certificate (RFC 5246,
    /// 7.4.6), because the parameters were already agreed.
    #[cfg(feature = "tokio")]
    pub(crate) fn of_handshake(mut self, client_certificate_asked: bool, opening: Opening) -> Self {
        if let Self::Handshake(error) = &mut self {
            let is_tls = matches!(opening.first_bytes, FirstBytes::Nothing | FirstBytes::Tls);
            error.opening = Some(opening);
            error.code = match (error.code, &error.cause) {
                (
                    _,
                    Some(Cause::Tls(rustls::Error::AlertReceived(
                        AlertDescription::HandshakeFailure,
                    ))),
                ) if client_certificate_asked => Code::ClientCertificate,
                (Code::NotTls, _) if is_tls => Code::HandshakeFailed,
                (Code::HandshakeFailed | Code::HandshakeClosed | Code::HandshakeReset, _)
                    if !is_tls =>
                {
                    Code::NotTls
                }
                (code, _) => code,
            };
        }
        self
    }

    /// Classifies an error of tokio-rustls or of another driver of rustls.
    pub fn from_io(error: io::Error) -> Self {
        if let Some(refusal) = Refusal::find_in(&error) {
            return Self::Refused(refusal.clone());
        }
        let of_rustls = causes(&error).find_map(|cause| cause.downcast_ref::<rustls::Error>());
        if let Some(identity) = of_rustls.and_then(IdentityError::within) {
            return Self::Identity(identity.clone());
        }
        match HandshakeError::find_in(&error) {
            Some(mut handshake) => {
                if let Some(Cause::Tls(rustls::Error::InvalidMessage(
                    InvalidMessage::InvalidContentType,
                ))) = handshake.cause
                {
                    handshake.code = Code::NotTls;
                }
                Self::Handshake(handshake)
            }
            None => match error.kind() {
                io::ErrorKind::UnexpectedEof => {
                    Self::Handshake(HandshakeError::new(Code::HandshakeClosed, None))
                }
                io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe => Self::Handshake(HandshakeError::new(
                    Code::HandshakeReset,
                    Some(Cause::Io(Arc::new(error))),
                )),
                _ => Self::Io(error),
            },
        }
    }
}

impl fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.code)?;
        let ended = match self.code {
            Code::NotTls
                if self
                    .opening
                    .is_some_and(|it| it.first_bytes == FirstBytes::Http) =>
            {
                return f.write_str(
                    "the server answered in plain HTTP: it does not use TLS on this port",
                );
            }
            Code::HandshakeClosed => "the server closed the connection",
            Code::HandshakeReset => "the connection was reset",
            code => return f.write_str(describe(code)),
        };
        let Some(bytes) = self.unanswered_client_hello_bytes() else {
            return f.write_str(describe(self.code));
        };
        write!(
            f,
            "{ended} after a ClientHello of {bytes} bytes, without an answer"
        )?;
        if bytes > Opening::ONE_PACKET {
            f.write_str(
                "; that is more than one packet, and some middleboxes drop such a ClientHello: \
                 `key_exchange_groups` without X25519MLKEM768 makes it smaller",
            )?;
        }
        Ok(())
    }
}

impl StdError for HandshakeError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.cause {
            Some(Cause::Tls(error)) => Some(error),
            Some(Cause::Io(error)) => Some(&**error),
            None => None,
        }
    }
}

fn code_of(error: &rustls::Error) -> Code {
    use rustls::Error as E;
    if IdentityError::within(error).is_some() {
        return Code::ClientIdentity;
    }
    match error {
        E::AlertReceived(AlertDescription::ProtocolVersion)
        | E::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            | PeerIncompatible::Tls12NotOffered
            | PeerIncompatible::Tls12NotOfferedOrEnabled,
        ) => Code::ProtocolVersion,
        E::AlertReceived(AlertDescription::CertificateRequired) => Code::ClientCertificate,
        E::AlertReceived(
            AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied,
        ) => Code::ClientCertificate,
        E::AlertReceived(
            AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity,
        )
        | E::PeerIncompatible(_) => Code::NoCommonParameters,
        E::NoCertificatesPresented => Code::NoCertificate,
        // What our verifier refuses arrives as a refusal, so only the handshake's signature is left
        // here.
        E::InvalidCertificate(_) => Code::BadHandshakeSignature,
        _ => Code::HandshakeFailed,
    }
}

fn describe(code: Code) -> &'static str {
    match code {
        Code::ProtocolVersion => {
            "the server supports no TLS version that the client offers (1.2, 1.3 or both)"
        }
        Code::ClientCertificate => {
            "the server requires a client certificate, or rejected the one that the client sent"
        }
        Code::ClientIdentity => "the client could not present its own certificate",
        Code::NoCommonParameters => {
            "no cipher suite, group or signature scheme in common with the server"
        }
        Code::NoCertificate => "the server presented no certificate",
        Code::BadHandshakeSignature => "the server does not hold the key of its certificate",
        Code::HandshakeClosed => "the server closed the connection during the handshake",
        Code::HandshakeReset => "the connection was reset during the handshake",
        Code::NotTls => "the server's answer is not TLS",
        _ => "the TLS handshake failed",
    }
}
