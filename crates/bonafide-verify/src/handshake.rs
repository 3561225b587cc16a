//! Why a handshake failed, as a code.

use std::error::Error as StdError;
use std::io;
use std::sync::Arc;

use rustls::{AlertDescription, PeerIncompatible};

use crate::code::Code;
use crate::config_error::ConfigError;
use crate::identity::IdentityError;
use crate::receipt::Receipt;
use crate::refusal::{Refusal, causes};

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
#[derive(Clone, Debug, thiserror::Error)]
#[error("{code}: {}", describe(*code))]
pub struct HandshakeError {
    code: Code,
    source: Option<rustls::Error>,
}

impl HandshakeError {
    /// The stable code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// Finds the code behind an error of a stream of any client that uses rustls, through its chain of sources.
    ///
    /// A TLS 1.3 server that demands a client certificate says so only after the client believes the handshake done: such an alert reaches the
    /// client as the failure of its first read.
    pub fn find_in(error: &(dyn StdError + 'static)) -> Option<Self> {
        causes(error).find_map(|cause| {
            let source = cause.downcast_ref::<rustls::Error>()?;
            Some(Self {
                code: code_of(source),
                source: Some(source.clone()),
            })
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

    /// The same, told whether the server has asked for a client certificate: if so, `handshake_failure` is about that
    /// (RFC 5246, 7.4.6), as parameters had been found before.
    #[cfg(feature = "tokio")]
    pub(crate) fn of_handshake(mut self, client_certificate_asked: bool) -> Self {
        match &mut self {
            Self::Handshake(HandshakeError {
                code,
                source: Some(rustls::Error::AlertReceived(AlertDescription::HandshakeFailure)),
            }) if client_certificate_asked => *code = Code::ClientCertificate,
            _ => {}
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
            Some(handshake) => Self::Handshake(handshake),
            None if error.kind() == io::ErrorKind::UnexpectedEof => {
                Self::Handshake(HandshakeError {
                    code: Code::HandshakeClosed,
                    source: None,
                })
            }
            None => Self::Io(error),
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
        _ => "the TLS handshake failed",
    }
}
