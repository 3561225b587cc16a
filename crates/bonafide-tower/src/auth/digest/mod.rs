//! Digest (RFC 7616): what is known of each server, and how challenges are answered.

mod algorithm;
mod offer;
mod session;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::{HeaderValue, Method};

use self::algorithm::{Strength, digits};
use self::offer::Offer;
use self::session::{Sent, Session};
use super::challenge::{parameter, parameters};
use super::scheme::check;
use super::{AuthError, Challenge, CredentialError, Secret};
use crate::origin::Origin;

/// How many origins of one credential are remembered; only one of a zone has more than one.
const MAX_ORIGINS: usize = 64;

/// A user name and a password for Digest (RFC 7616). The password is never sent: the server gets a
/// hash of it and of the server's nonce.
///
/// Of SHA-256, SHA-512-256 and MD5, with and without `-sess`, the strongest that is offered is
/// used, with `qop=auth`, `userhash` and `charset=UTF-8`. The password is never sent as `Basic`. A
/// server that has offered Digest and later offers only `Basic`, or that has offered SHA-256 and
/// later offers only MD5, is refused for the lifetime of the credential:
/// [`AuthError::Downgraded`].
///
/// The first request to a server is answered with 401 and sent again. Later ones use its nonce,
/// each with a new count and `cnonce`; with a `-sess` algorithm, the session keeps its `cnonce`.
/// The client follows `nextnonce`, and refuses a response whose proof (`rspauth`) is wrong.
///
/// The user name is sent unchanged: if it is not ASCII, normalize it to Unicode NFC first (RFC 7616
/// section 4).
pub struct Digest {
    user: String,
    password: Secret,
    servers: Mutex<Servers>,
}

/// What is known of each origin.
#[derive(Default)]
struct Servers {
    known: HashMap<Origin, Server>,
    uses: u64,
}

#[derive(Default)]
struct Server {
    /// The most that it has offered.
    strength: Option<Strength>,
    session: Option<Arc<Session>>,
    used: u64,
}

/// A request that was sent with an answer.
pub(super) struct Answered {
    session: Arc<Session>,
    sent: Sent,
}

impl Digest {
    /// A user name and a password.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] if the user name contains a colon, or either a control character.
    pub fn new(
        user: impl Into<String>,
        password: impl Into<Secret>,
    ) -> Result<Self, CredentialError> {
        let (user, password) = (user.into(), password.into());
        check(&user, &password)?;
        Ok(Self {
            user,
            password,
            servers: Mutex::default(),
        })
    }

    fn servers(&self) -> MutexGuard<'_, Servers> {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The value of `Authorization` for one request to `origin`; `None` before its first challenge.
    pub(super) fn present(
        &self,
        origin: &Origin,
        method: &Method,
        target: &str,
    ) -> Result<Option<(HeaderValue, Answered)>, AuthError> {
        let session = self.servers().of(origin).session.clone();
        let Some(session) = session else {
            return Ok(None);
        };
        let Some(nc) = session.count() else {
            self.servers().end(origin, &session);
            return Ok(None);
        };
        let cnonce = match session.cnonce() {
            Some(kept) => kept.to_owned(),
            None => cnonce().map_err(random)?,
        };
        let sent = Sent {
            nc,
            cnonce,
            target: target.to_owned(),
        };
        let value = session
            .answer(&self.user, method, &sent)
            .map_err(|reason| AuthError::UnsupportedDigest {
                origin: origin.clone(),
                reason,
            })?;
        Ok(Some((value, Answered { session, sent })))
    }

    /// Whether the request that got `challenges` is sent again. `answered` is what it was sent
    /// with; `is_fresh` says whether this answered a challenge to the same request.
    pub(super) fn challenged(
        &self,
        origin: &Origin,
        answered: Option<&Answered>,
        is_fresh: bool,
        challenges: &[Challenge],
    ) -> Result<bool, AuthError> {
        let downgraded = || AuthError::Downgraded {
            origin: origin.clone(),
        };
        let offer = Offer::strongest(challenges);
        let offer = offer.map_err(|reason| AuthError::UnsupportedDigest {
            origin: origin.clone(),
            reason,
        })?;
        let offered = self.servers().of(origin).strength;
        let Some(offer) = offer else {
            let wants_basic = challenges.iter().any(|other| other.is_scheme("Basic"));
            return match offered {
                Some(_) if wants_basic => Err(downgraded()),
                _ => Ok(false),
            };
        };
        if offered > Some(offer.hash().strength()) {
            return Err(downgraded());
        }
        if let Some(answered) = answered {
            let is_known = is_fresh || answered.session.nonce() == offer.nonce;
            if is_known && !offer.stale {
                // The password is wrong.
                self.servers().end(origin, &answered.session);
                return Ok(false);
            }
        }
        let session = Session::new(offer, &self.user, &self.password, cnonce).map_err(random)?;
        let mut servers = self.servers();
        let server = servers.of(origin);
        server.strength = server.strength.max(Some(session.strength()));
        server.session = Some(Arc::new(session));
        Ok(true)
    }

    /// Reads `Authentication-Info` of a response to an answered request.
    pub(super) fn informed(
        &self,
        origin: &Origin,
        answered: &Answered,
        info: &[u8],
    ) -> Result<(), AuthError> {
        let Some(info) = parameters(info) else {
            return Ok(());
        };
        let Answered { session, sent } = answered;
        if !session.is_proved(&info, sent) {
            self.servers().end(origin, session);
            return Err(AuthError::WrongProof {
                origin: origin.clone(),
            });
        }
        if let Some(next) = parameter(&info, "nextnonce")
            && !next.is_empty()
        {
            let mut servers = self.servers();
            let current = &mut servers.of(origin).session;
            if current
                .as_ref()
                .is_some_and(|current| Arc::ptr_eq(current, session))
            {
                *current = Some(Arc::new(session.with_nonce(next)));
            }
        }
        Ok(())
    }
}

impl Servers {
    /// What is known of `origin`. Where there are too many, the one that was not used for longest
    /// is forgotten.
    fn of(&mut self, origin: &Origin) -> &mut Server {
        self.uses += 1;
        if self.known.len() >= MAX_ORIGINS && !self.known.contains_key(origin) {
            let oldest = self.known.iter().min_by_key(|(_, server)| server.used);
            if let Some(oldest) = oldest.map(|(origin, _)| origin.clone()) {
                self.known.remove(&oldest);
            }
        }
        let server = self.known.entry(origin.clone()).or_default();
        server.used = self.uses;
        server
    }

    /// Ends `session`, unless another has taken its place.
    fn end(&mut self, origin: &Origin, session: &Arc<Session>) {
        let is_same = |current: &mut Arc<Session>| Arc::ptr_eq(current, session);
        self.of(origin).session.take_if(is_same);
    }
}

/// 128 random bits in hexadecimal digits.
fn cnonce() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(digits(&bytes).to_string())
}

fn random(source: getrandom::Error) -> AuthError {
    AuthError::Random { source }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest")
    }
}
