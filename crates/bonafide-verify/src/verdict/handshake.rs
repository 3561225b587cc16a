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
    /// The peer was judged and is not believed.
    #[error("{0}")]
    Refused(#[source] Refusal),
    /// The handshake failed before, or apart from, the judgement of the peer.
    #[error("{0}")]
    Handshake(#[source] HandshakeError),
    /// The client certificate could not be shown: its signer, or the callback that chooses it, failed. Nothing was sent.
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

/// What a failed handshake rests on.
#[derive(Clone, Debug)]
enum Cause {
    Tls(rustls::Error),
    Io(Arc<io::Error>),
}

/// How the connection of a handshake began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Opening {
    /// How many bytes were sent before the first one came from the server.
    pub(crate) sent: usize,
    pub(crate) answer: Answer,
}

/// What the first bytes of a server look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Nothing,
    Tls,
    Http,
    Other,
}

#[cfg_attr(
    not(feature = "tokio"),
    expect(dead_code, reason = "what notes openings needs tokio")
)]
impl Answer {
    /// Looks at the first bytes: the begin of a record of TLS (RFC 8446, 5.1) or of a status line (RFC
    /// 9112, 4).
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
    /// What one packet holds, about: 1,500 bytes on Ethernet without the headers of IP, TCP and tunnels.
    const ONE_PACKET: usize = 1_400;

    /// The size of the ClientHello, where the server answered nothing to it.
    fn unanswered(self) -> Option<usize> {
        (self.answer == Answer::Nothing && self.sent > 0).then_some(self.sent)
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

    /// How many bytes of a ClientHello were sent, the headers of its records included, where the
    /// connection ended without a byte of an answer to it. Some middleboxes drop a ClientHello that
    /// does not fit into one packet, as with a post-quantum key share;
    /// [`PolicyBuilder::key_exchange_groups`](crate::PolicyBuilder::key_exchange_groups) makes it smaller.
    ///
    /// Known of connections that [`Policy::connect`](crate::Policy) makes.
    pub fn unanswered_client_hello_bytes(&self) -> Option<usize> {
        self.opening.and_then(Opening::unanswered)
    }

    /// Finds the code behind an error of a stream of any client that uses rustls, through its chain of sources.
    ///
    /// A TLS 1.3 server that demands a client certificate says so only after the client believes the handshake done: such an alert reaches the
    /// client as the failure of its first read.
    pub fn find_in(error: &(dyn StdError + 'static)) -> Option<Self> {
        causes(error).find_map(|cause| {
            let source = cause.downcast_ref::<rustls::Error>()?;
            Some(Self::new(code_of(source), Some(Cause::Tls(source.clone()))))
        })
    }
}

impl TlsError {
    /// The stable code, where the failure has one.
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Refused(refusal) => Some(refusal.code()),
            Self::Handshake(error) => Some(error.code),
            Self::Identity(_) => Some(Code::ClientIdentity),
            Self::Config(ConfigError::NoAnchors { .. }) => Some(Code::NoAnchors),
            Self::Io(_) | Self::Config(_) => None,
        }
    }

    /// The refusal, where the peer was judged.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// What was checked until the failure, where the peer was judged.
    pub fn receipt(&self) -> Option<&Arc<Receipt>> {
        self.refusal().map(Refusal::receipt)
    }

    /// The same, told whether the server has asked for a client certificate and how the connection began.
    ///
    /// If it has asked, `handshake_failure` is about that (RFC 5246, 7.4.6), as parameters had been found before.
    #[cfg(feature = "tokio")]
    pub(crate) fn of_handshake(mut self, client_certificate_asked: bool, opening: Opening) -> Self {
        if let Self::Handshake(error) = &mut self {
            let is_tls = matches!(opening.answer, Answer::Nothing | Answer::Tls);
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

    /// Sorts what tokio-rustls, or another driver of rustls, answered.
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
            Code::NotTls if self.opening.is_some_and(|it| it.answer == Answer::Http) => {
                return f.write_str(
                    "the server answered in plain HTTP: it does not speak TLS on this port",
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
                "; that is more than one packet, which some middleboxes drop: `key_exchange_groups` without \
                 X25519MLKEM768 makes it smaller",
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
        // Everything that the verifier refuses is a refusal of ours; what is left is the handshake's signature.
        E::InvalidCertificate(_) => Code::BadHandshakeSignature,
        _ => Code::HandshakeFailed,
    }
}

fn describe(code: Code) -> &'static str {
    match code {
        Code::ProtocolVersion => "the server does not speak TLS 1.2 or 1.3 as asked for",
        Code::ClientCertificate => {
            "the server demands a client certificate, or does not accept the one it was given"
        }
        Code::ClientIdentity => "the client's own certificate could not be shown",
        Code::NoCommonParameters => {
            "no cipher suite, group or signature scheme in common with the server"
        }
        Code::NoCertificate => "the server presented no certificate",
        Code::BadHandshakeSignature => "the server does not hold the key of its certificate",
        Code::HandshakeClosed => "the server closed the connection during the handshake",
        Code::HandshakeReset => "the connection was reset during the handshake",
        Code::NotTls => "what the server answered is not TLS",
        _ => "the TLS handshake failed",
    }
}
