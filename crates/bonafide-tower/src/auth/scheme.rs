//! Basic and Bearer, and the schemes of credentials.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::challenge::is_token68;
use super::{Authenticator, CredentialError, Digest, RefreshingToken, Secret};

/// A user name and a password, sent with each request (RFC 7617).
pub struct Basic {
    /// The value of `Authorization`.
    field: Secret,
}

impl Basic {
    /// The user name and the password are sent as UTF-8.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] if the user name contains a colon, or either a control character.
    pub fn new(
        user: impl AsRef<str>,
        password: impl Into<Secret>,
    ) -> Result<Self, CredentialError> {
        let (user, password) = (user.as_ref(), password.into());
        check(user, &password)?;
        let pair = Zeroizing::new(format!("{user}:{}", password.expose()));
        let mut field = Zeroizing::new("Basic ".to_owned());
        field.reserve_exact(pair.len().div_ceil(3) * 4);
        STANDARD.encode_string(pair.as_bytes(), &mut field);
        Ok(Self {
            field: Secret::from(&**field),
        })
    }
}

/// Refuses what RFC 7617 section 2 and RFC 7616 section 3.4.2 do not allow.
pub(super) fn check(user: &str, password: &Secret) -> Result<(), CredentialError> {
    if user.contains(':') {
        return Err(CredentialError::ColonInUser);
    }
    let mut characters = user.chars().chain(password.expose().chars());
    if characters.any(char::is_control) {
        return Err(CredentialError::ControlCharacter);
    }
    Ok(())
}

/// A token that is sent unchanged with each request (RFC 6750 section 2.1).
#[derive(Clone)]
pub struct Bearer {
    /// The value of `Authorization`.
    field: Secret,
}

impl Bearer {
    /// A token.
    ///
    /// # Errors
    ///
    /// [`CredentialError::NotABearerToken`] if it is not a `token68`.
    pub fn new(token: impl Into<Secret>) -> Result<Self, CredentialError> {
        let token = token.into();
        let unpadded = token.expose().trim_end_matches('=');
        if unpadded.is_empty() || !unpadded.bytes().all(is_token68) {
            return Err(CredentialError::NotABearerToken);
        }
        Ok(Self {
            field: format!("Bearer {}", token.expose()).into(),
        })
    }

    pub(super) fn into_field(self) -> Secret {
        self.field
    }
}

/// The scheme of a credential: made from [`Basic`], [`Bearer`], [`Digest`] or [`RefreshingToken`],
/// or an [`Authenticator`].
pub struct AuthScheme(pub(super) Kind);

pub(super) enum Kind {
    /// The value of `Authorization`, always the same.
    Fixed(Secret),
    Digest(Digest),
    Token(Arc<RefreshingToken>),
    Custom(Arc<dyn Authenticator>),
}

impl AuthScheme {
    /// A scheme of your own.
    pub fn custom(authenticator: impl Authenticator) -> Self {
        Self(Kind::Custom(Arc::new(authenticator)))
    }
}

impl From<Basic> for AuthScheme {
    fn from(basic: Basic) -> Self {
        Self(Kind::Fixed(basic.field))
    }
}

impl From<Bearer> for AuthScheme {
    fn from(bearer: Bearer) -> Self {
        Self(Kind::Fixed(bearer.into_field()))
    }
}

impl From<Digest> for AuthScheme {
    fn from(digest: Digest) -> Self {
        Self(Kind::Digest(digest))
    }
}

impl From<RefreshingToken> for AuthScheme {
    fn from(token: RefreshingToken) -> Self {
        Self(Kind::Token(Arc::new(token)))
    }
}

impl fmt::Debug for Basic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Basic")
    }
}

impl fmt::Debug for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bearer")
    }
}

/// The kind of scheme.
impl fmt::Debug for AuthScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fixed(_) => "Fixed",
            Self::Digest(_) => "Digest",
            Self::Token(_) => "Token",
            Self::Custom(_) => "Custom",
        })
    }
}
