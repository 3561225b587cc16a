//! Errors of credentials and of answers to challenges.

use crate::BoxError;
use crate::origin::{Origin, OriginError};

use super::{TokenError, ZonePattern};

/// Why a credential cannot be made. The caller is at fault. No text of it shows what was given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// The text that it is bound to is not an origin.
    #[error("the credential is not bound to a valid origin")]
    NotAnOrigin {
        /// What is wrong with it.
        #[from]
        source: OriginError,
    },
    /// The origin is `http://`. This cannot be allowed: the network could read the secret.
    #[error("a credential cannot be bound to http://{host}: it would be sent unencrypted")]
    PlainHttp {
        /// The host.
        host: String,
    },
    /// The zone is neither a host nor a host behind `*.` or `**.`.
    #[error("the zone of the credential is not a valid host pattern")]
    NotAZone,
    /// The zone covers a public suffix, under which hosts belong to different owners.
    #[error("a credential cannot be bound to a public suffix")]
    PublicSuffix,
    /// The user name has a colon, which ends it in `Basic` (RFC 7617 section 2) and in `Digest`
    /// (RFC 7616 section 3.4.2).
    #[error("the user name contains a colon")]
    ColonInUser,
    /// The user name or the password has a control character.
    #[error("the user name or the password contains a control character")]
    ControlCharacter,
    /// The token is not a `token68` (RFC 6750 section 2.1): letters, digits, `-._~+/`, and `=` at
    /// its end.
    #[error("the bearer token is empty or contains a character that RFC 6750 does not allow")]
    NotABearerToken,
}

/// Why a request was not sent, or its response was not returned to the caller.
///
/// No text of it shows a secret. The `source()` holds the error of a
/// [`TokenSource`](super::TokenSource) or an [`Authenticator`](super::Authenticator), whose text
/// may show more.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// No token could be obtained.
    #[error("no bearer token could be obtained for the request")]
    Token {
        /// Why.
        #[from]
        source: TokenError,
    },
    /// The server asks for weaker authentication than before: after `Digest` it offers only
    /// `Basic`, or after SHA-256 only MD5. The server, or an attacker or a device in front of it,
    /// is at fault. The password is not sent.
    #[error("{origin} asks for weaker authentication than before; the password was not sent")]
    Downgraded {
        /// Where.
        origin: Origin,
    },
    /// The server offers `Digest`, but in no supported form.
    #[error("the Digest challenge of {origin} cannot be answered: {reason}")]
    UnsupportedDigest {
        /// Where.
        origin: Origin,
        /// What is not supported.
        reason: UnsupportedDigest,
    },
    /// The server's own proof that it knows the password (`rspauth`, RFC 7616 section 3.5) is
    /// wrong. The response is dropped.
    #[error("{origin} did not prove that it knows the password: its rspauth is wrong")]
    WrongProof {
        /// Where.
        origin: Origin,
    },
    /// The server at the other end of the connection was not verified: a grant accepted it, or it is
    /// known only by its key. The credential was not sent.
    #[error("the credential for {origin} was not sent: the server was not verified")]
    Unverified {
        /// Where.
        origin: Origin,
    },
    /// The credential is bound to a zone, and another zone of the policy judged the server. The
    /// credential was not sent.
    #[error(
        "the credential of the zone {bound} was not sent to {origin}, which the zone {zone} judged"
    )]
    OtherZone {
        /// Where.
        origin: Origin,
        /// The zone of the credential.
        bound: ZonePattern,
        /// The zone that judged the server.
        zone: String,
    },
    /// The credential requires a pinned connection, and no pin matched. It was not sent.
    #[error("the credential for {origin} was not sent: no pin matched on the connection")]
    Unpinned {
        /// Where.
        origin: Origin,
    },
    /// The operating system gives no random bytes.
    #[error("the operating system returned no random bytes")]
    Random {
        /// Its error.
        source: getrandom::Error,
    },
    /// The [`Authenticator`](super::Authenticator) failed.
    #[error("the authenticator failed")]
    Authenticator {
        /// Its error.
        source: BoxError,
    },
}

/// Why a `Digest` challenge cannot be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnsupportedDigest {
    /// It has no realm or no nonce.
    #[error("it has no realm or no nonce")]
    Incomplete,
    /// Its algorithm is not one of MD5, SHA-256 and SHA-512-256, with or without `-sess`.
    #[error("its algorithm is not supported")]
    Algorithm,
    /// It has no `qop`, which RFC 7616 section 3.3 demands, or `auth-int` alone, which covers the
    /// body.
    #[error("it does not offer qop=auth")]
    Protection,
    /// One of its values contains a character that a header cannot hold.
    #[error("one of its values contains a character that a header cannot hold")]
    Value,
}
