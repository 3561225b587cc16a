//! Which credential a request is sent with, and whether it is sent again: without a client.

use std::fmt;

use http::header::{HeaderName, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};

use super::prepared::Proof;
use super::scheme::Kind;
use super::{AuthError, Challenge, Challenged, Credential, Prepared, Preparing, Presented};
use crate::origin::Origin;

/// At most 2 challenges to one request are answered. The second one is for a nonce that is too
/// old.
pub const MAX_ROUNDS: usize = 2;

/// RFC 7615 section 3.
const AUTHENTICATION_INFO: HeaderName = HeaderName::from_static("authentication-info");

/// The rule for one request: which credential it is sent with, and whether it is sent again.
///
/// [`prepare`](Self::prepare) may wait until a token is fetched. [`Prepared::present`] then makes
/// the header of each attempt without waiting: a client calls it when it has a connection and knows
/// its server. Last, pass the response to [`judge`](Self::judge).
///
/// ```
/// use bonafide_tower::auth::{AuthError, Basic, Credential, Seen, Step};
/// use http::{HeaderMap, Method, StatusCode, Uri};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let credential = Credential::for_origin("https://api.example.com", Basic::new("user", "pass")?)?;
/// let uri: Uri = "https://api.example.com/v1".parse()?;
/// let mut rounds = credential.rounds(&uri).ok_or("another origin")?;
/// let prepared = rounds.prepare().await?.ok_or("nothing to send")?;
/// let presented = prepared.present(&Method::GET, &uri)?;
/// assert_eq!(presented.value().ok_or("no header")?, "Basic dXNlcjpwYXNz");
///
/// // A password that was refused is not sent again.
/// let seen = Seen {
///     status: StatusCode::UNAUTHORIZED,
///     headers: &HeaderMap::new(),
///     can_repeat_body: true,
/// };
/// assert!(matches!(rounds.judge(&presented, &seen)?, Step::Respond));
/// # Ok(())
/// # }
/// ```
pub struct Rounds {
    credential: Credential,
    origin: Origin,
    answered: usize,
}

/// The parts of a response that the rule reads.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    /// Its status.
    pub status: StatusCode,
    /// Its headers. `WWW-Authenticate` and `Authentication-Info` are read.
    pub headers: &'a HeaderMap,
    /// Whether the body of the request can be sent once more. An empty body can.
    pub can_repeat_body: bool,
}

/// What to do with a response.
#[derive(Debug)]
pub enum Step {
    /// The caller gets this response.
    Respond,
    /// The request is sent again when its credential is ready; if there is none, the caller gets
    /// this response.
    Again(Preparing),
}

impl Rounds {
    pub(super) fn new(credential: Credential, origin: Origin) -> Self {
        Self {
            credential,
            origin,
            answered: 0,
        }
    }

    /// Whether a response can lead to another attempt. If not, the request need not be kept.
    pub fn can_answer(&self) -> bool {
        !matches!(self.credential.kind(), Kind::Fixed(_)) && self.answered < MAX_ROUNDS
    }

    /// The credential of the request before any challenge to it.
    pub fn prepare(&self) -> Preparing {
        match self.credential.kind() {
            Kind::Token(token) => Preparing::token(self.prepared(), token.get()),
            Kind::Fixed(_) | Kind::Digest(_) | Kind::Custom(_) => Preparing::ready(self.prepared()),
        }
    }

    fn prepared(&self) -> Prepared {
        Prepared::new(self.credential.clone(), self.origin.clone())
    }

    /// What to do with the response to an attempt that was sent with `presented`.
    ///
    /// # Errors
    ///
    /// [`AuthError`] if the server asks for what must not be sent, or fails to prove itself.
    pub fn judge(&mut self, presented: &Presented, seen: &Seen<'_>) -> Result<Step, AuthError> {
        if seen.status != StatusCode::UNAUTHORIZED {
            if let (Kind::Digest(digest), Proof::Digest(answered)) =
                (self.credential.kind(), presented.proof())
                && let Some(info) = seen.headers.get(AUTHENTICATION_INFO)
            {
                digest.informed(&self.origin, answered, info.as_bytes())?;
            }
            return Ok(Step::Respond);
        }
        if !self.can_answer() {
            return Ok(Step::Respond);
        }
        let preparing = match (self.credential.kind(), presented.proof()) {
            (Kind::Digest(digest), proof) => {
                let answered = match proof {
                    Proof::Digest(answered) => Some(answered),
                    _ => None,
                };
                let challenges = Challenge::all(seen.headers, &WWW_AUTHENTICATE);
                let is_fresh = self.answered > 0;
                if !digest.challenged(&self.origin, answered, is_fresh, &challenges)? {
                    return Ok(Step::Respond);
                }
                Preparing::ready(self.prepared())
            }
            (Kind::Token(token), Proof::Token(held)) if self.answered == 0 => {
                Preparing::token(self.prepared(), token.after_refusal(held))
            }
            (Kind::Custom(authenticator), Proof::Custom(method, uri)) if seen.can_repeat_body => {
                let answering = authenticator.answer(Challenged {
                    method: method.clone(),
                    uri: uri.clone(),
                    challenges: Challenge::all(seen.headers, &WWW_AUTHENTICATE),
                    answered: self.answered,
                });
                Preparing::custom(self.prepared(), answering)
            }
            _ => return Ok(Step::Respond),
        };
        if !seen.can_repeat_body {
            // The next request uses what was learned.
            return Ok(Step::Respond);
        }
        self.answered += 1;
        Ok(Step::Again(preparing))
    }
}

impl fmt::Debug for Rounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            credential,
            origin,
            answered,
        } = self;
        f.debug_struct("Rounds")
            .field("credential", credential)
            .field("origin", origin)
            .field("answered", answered)
            .finish()
    }
}

/// Without the headers.
impl fmt::Debug for Seen<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            status,
            headers: _,
            can_repeat_body,
        } = self;
        f.debug_struct("Seen")
            .field("status", status)
            .field("can_repeat_body", can_repeat_body)
            .finish_non_exhaustive()
    }
}
