//! Schemes of the caller's own.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use http::{HeaderValue, Method, Uri};

use super::Challenge;
use crate::BoxError;

/// The future answer of an [`Authenticator`]: the value of `Authorization`, or `None` to return the
/// 401 to the caller.
pub type Answering = Pin<Box<dyn Future<Output = Result<Option<HeaderValue>, BoxError>> + Send>>;

/// Answers challenges by a scheme of your own.
///
/// It is called only for 401 responses from the origin or zone of its credential, at most
/// [`MAX_ROUNDS`](super::MAX_ROUNDS) times for one request. Until it has answered, the response is
/// kept and its connection stays in use.
///
/// ```
/// use bonafide_tower::auth::{AuthScheme, Authenticator, Answering, Challenged, Credential};
/// use http::HeaderValue;
///
/// struct Hawk;
///
/// impl Authenticator for Hawk {
///     fn answer(&self, challenged: Challenged) -> Answering {
///         let is_asked = challenged.challenges.iter().any(|one| one.is_scheme("Hawk"));
///         let answer = is_asked.then(|| HeaderValue::from_static("Hawk id=\"a\""));
///         Box::pin(std::future::ready(Ok(answer)))
///     }
/// }
///
/// let credential = Credential::for_origin("https://api.example.com", AuthScheme::custom(Hawk))?;
/// # Ok::<(), bonafide_tower::auth::CredentialError>(())
/// ```
pub trait Authenticator: Send + Sync + 'static {
    /// The value of `Authorization` with which the request is sent again. It is made
    /// [sensitive](HeaderValue::set_sensitive).
    ///
    /// An error ends the request with
    /// [`AuthError::Authenticator`](super::AuthError::Authenticator).
    fn answer(&self, challenged: Challenged) -> Answering;

    /// The value of `Authorization` for a request before any challenge. Default: none.
    fn ahead(&self, method: &Method, uri: &Uri) -> Option<HeaderValue> {
        let _ = (method, uri);
        None
    }
}

/// A request that was answered with 401.
#[derive(Clone)]
#[non_exhaustive]
pub struct Challenged {
    /// Its method.
    pub method: Method,
    /// Its URI, as it was sent.
    pub uri: Uri,
    /// The challenges of the server.
    pub challenges: Vec<Challenge>,
    /// How many challenges to this request were answered before.
    pub answered: usize,
}

/// Without the URI, which may hold a secret.
impl fmt::Debug for Challenged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            method,
            uri: _,
            challenges,
            answered,
        } = self;
        f.debug_struct("Challenged")
            .field("method", method)
            .field("challenges", challenges)
            .field("answered", answered)
            .finish_non_exhaustive()
    }
}
