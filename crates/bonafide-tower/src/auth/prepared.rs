//! The credential of a request, from the secret to the header.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{HeaderValue, Method, Uri};

use super::authenticator::Answering;
use super::digest::Answered;
use super::scheme::Kind;
use super::secret::sensitive;
use super::token::{Fetching, Held};
use super::{AuthError, Credential};
use crate::origin::Origin;

/// The credential that the attempts of a request use: the secret, or what it is made from. A client
/// carries it beside the request, and makes it a header when the connection is known.
#[derive(Clone)]
pub struct Prepared {
    credential: Credential,
    origin: Origin,
    with: With,
}

#[derive(Clone)]
enum With {
    /// A credential that the scheme makes without a challenge.
    Scheme,
    Token(Held),
    /// The answer of an authenticator.
    Value(HeaderValue),
}

impl Prepared {
    pub(super) fn new(credential: Credential, origin: Origin) -> Self {
        Self {
            credential,
            origin,
            with: With::Scheme,
        }
    }

    /// The credential, for a client that knows the connection: its binding, and whether it requires
    /// a pin.
    pub const fn credential(&self) -> &Credential {
        &self.credential
    }

    /// The origin that it is for.
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The header for one attempt: for Digest, with a new count and a new `cnonce`.
    ///
    /// # Errors
    ///
    /// [`AuthError::Random`], and [`AuthError::UnsupportedDigest`] if a value of the challenge
    /// cannot stand in a header.
    pub fn present(&self, method: &Method, uri: &Uri) -> Result<Presented, AuthError> {
        let (value, proof) = match (&self.with, self.credential.kind()) {
            (With::Value(value), _) => (
                Some(value.clone()),
                Proof::Custom(method.clone(), uri.clone()),
            ),
            (With::Token(held), _) => (held.field().header_value(), Proof::Token(held.clone())),
            (With::Scheme, Kind::Fixed(field)) => (field.header_value(), Proof::None),
            (With::Scheme, Kind::Token(_)) => (None, Proof::None),
            (With::Scheme, Kind::Custom(authenticator)) => (
                authenticator.ahead(method, uri).map(sensitive),
                Proof::Custom(method.clone(), uri.clone()),
            ),
            (With::Scheme, Kind::Digest(digest)) => {
                let target = uri.path_and_query().map_or("/", |path| path.as_str());
                match digest.present(&self.origin, method, target)? {
                    Some((value, answered)) => (Some(value), Proof::Digest(answered)),
                    None => (None, Proof::None),
                }
            }
        };
        Ok(Presented { value, proof })
    }
}

/// The header of one attempt, and what its response is compared with.
pub struct Presented {
    value: Option<HeaderValue>,
    proof: Proof,
}

pub(super) enum Proof {
    None,
    Token(Held),
    Digest(Answered),
    /// Method and URI, for an authenticator.
    Custom(Method, Uri),
}

impl Presented {
    pub(super) const fn nothing() -> Self {
        Self {
            value: None,
            proof: Proof::None,
        }
    }

    /// The value of `Authorization`, which is [sensitive](HeaderValue::set_sensitive); `None` if
    /// the server must send a challenge first.
    pub const fn value(&self) -> Option<&HeaderValue> {
        self.value.as_ref()
    }

    pub(super) const fn proof(&self) -> &Proof {
        &self.proof
    }
}

/// The future credential; `None` if there is none, and the caller gets the response that led to
/// this.
///
/// # Errors
///
/// [`AuthError::Token`] and [`AuthError::Authenticator`].
#[must_use = "futures do nothing unless polled"]
pub struct Preparing {
    prepared: Option<Prepared>,
    waits: Waits,
}

enum Waits {
    No,
    Token(Fetching),
    Custom(Answering),
}

impl Preparing {
    pub(super) fn ready(prepared: Prepared) -> Self {
        Self {
            prepared: Some(prepared),
            waits: Waits::No,
        }
    }

    pub(super) fn token(prepared: Prepared, fetching: Fetching) -> Self {
        Self {
            prepared: Some(prepared),
            waits: Waits::Token(fetching),
        }
    }

    pub(super) fn custom(prepared: Prepared, answering: Answering) -> Self {
        Self {
            prepared: Some(prepared),
            waits: Waits::Custom(answering),
        }
    }
}

impl Future for Preparing {
    type Output = Result<Option<Prepared>, AuthError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let with = match &mut self.waits {
            Waits::No => Some(With::Scheme),
            Waits::Token(fetching) => Some(With::Token(ready!(Pin::new(fetching).poll(cx))?)),
            Waits::Custom(answering) => {
                let answer = ready!(answering.as_mut().poll(cx));
                let answer = answer.map_err(|source| AuthError::Authenticator { source })?;
                answer.map(|value| With::Value(sensitive(value)))
            }
        };
        let prepared = self.prepared.take();
        Poll::Ready(Ok(with
            .zip(prepared)
            .map(|(with, prepared)| Prepared { with, ..prepared })))
    }
}

/// The credential, without what is sent.
impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            credential,
            origin,
            with: _,
        } = self;
        f.debug_struct("Prepared")
            .field("credential", credential)
            .field("origin", origin)
            .finish_non_exhaustive()
    }
}

/// Whether there is a header.
impl fmt::Debug for Presented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { value, proof: _ } = self;
        f.debug_struct("Presented")
            .field("has_value", &value.is_some())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Preparing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Preparing")
    }
}
