//! Why there is no connection.

use std::io;
use std::sync::Arc;

use bonafide_verify::{Code, ConfigError, HandshakeError, Receipt, Refusal, TlsError};

use crate::BoxError;
use crate::require_https::NotHttps;

/// Why there is no verified connection to a host. No byte of a request was sent.
///
/// hyper-util's client has it as the `source()` of its own error. `Display` names the host; the
/// cause is in turn the `source()` of this error, so [`Refusal::find_in`] and
/// [`HandshakeError::find_in`] work on the client's error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URI is not for `https://`, and plain http was not allowed. The caller's URI is at fault.
    #[error("the URI is not https")]
    NotHttps(#[source] NotHttps),
    /// The policy refused the server or the host.
    #[error("the server of {host} is not trusted")]
    Refused {
        /// The host of the URI.
        host: String,
        /// Why not.
        #[source]
        source: Refusal,
    },
    /// The handshake failed before the server was judged, or for another reason.
    #[error("the TLS handshake with {host} failed")]
    Handshake {
        /// The host of the URI.
        host: String,
        /// Why, with its code.
        #[source]
        source: HandshakeError,
    },
    /// The policy has no configuration for the host, or none of its anchors could be loaded. The
    /// configuration is at fault.
    #[error("the policy has no usable configuration for {host}")]
    Config {
        /// The host of the URI.
        host: String,
        /// Why not.
        #[source]
        source: ConfigError,
    },
    /// No transport to the host: its name was not resolved, TCP did not connect, or it broke during
    /// the handshake in another way than by a reset.
    #[error("cannot connect to {host}")]
    Transport {
        /// The host of the URI.
        host: String,
        /// The error of the transport.
        #[source]
        source: BoxError,
    },
}

impl ConnectError {
    /// The stable code, where there is one.
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::NotHttps(refusal) => refusal.code(),
            Self::Refused { source, .. } => Some(source.code()),
            Self::Handshake { source, .. } => Some(source.code()),
            Self::Config {
                source: ConfigError::NoAnchors { .. },
                ..
            } => Some(Code::NoAnchors),
            Self::Config { .. } | Self::Transport { .. } => None,
        }
    }

    /// The refusal, where the server was judged.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused { source, .. } => Some(source),
            _ => None,
        }
    }

    /// What was checked until the failure, where the server was judged.
    pub fn receipt(&self) -> Option<&Arc<Receipt>> {
        self.refusal().map(Refusal::receipt)
    }
}

/// Why there is no connection, before the host is named.
#[derive(Debug)]
pub(super) enum Cause {
    NotHttps(NotHttps),
    Refused(Refusal),
    Handshake(HandshakeError),
    Config(ConfigError),
    Transport(BoxError),
}

impl Cause {
    /// Classifies an error of `hyper_rustls::HttpsConnector`: it is the transport's own error, or
    /// the `io::Error` of the handshake inside another `io::Error`.
    pub(super) fn of_https(error: BoxError) -> Self {
        match handshake_error(error) {
            Ok(handshake) => match TlsError::from_io(handshake) {
                TlsError::Refused(refusal) => Self::Refused(refusal),
                TlsError::Handshake(error) => Self::Handshake(error),
                TlsError::Config(error) => Self::Config(error),
                TlsError::Io(error) => Self::Transport(error.into()),
                other => Self::Transport(other.into()),
            },
            Err(transport) => Self::Transport(transport),
        }
    }

    pub(super) fn at(self, host: String) -> ConnectError {
        match self {
            Self::NotHttps(refusal) => ConnectError::NotHttps(refusal),
            Self::Refused(source) => ConnectError::Refused { host, source },
            Self::Handshake(source) => ConnectError::Handshake { host, source },
            Self::Config(source) => ConnectError::Config { host, source },
            Self::Transport(source) => ConnectError::Transport { host, source },
        }
    }
}

/// The error of the handshake; any other error is returned unchanged.
fn handshake_error(error: BoxError) -> Result<io::Error, BoxError> {
    let outer = error.downcast::<io::Error>()?;
    outer.downcast::<io::Error>().map_err(BoxError::from)
}

impl From<NotHttps> for Cause {
    fn from(refusal: NotHttps) -> Self {
        Self::NotHttps(refusal)
    }
}

impl From<Refusal> for Cause {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<ConfigError> for Cause {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}
