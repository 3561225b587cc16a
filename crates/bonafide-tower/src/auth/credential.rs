//! Credentials, each bound, and the collection of a client's.

use std::fmt;
use std::sync::Arc;

use http::Uri;

use super::scheme::Kind;
use super::{AuthScheme, Binding, CredentialError, Rounds};
use crate::origin::Origin;

/// Authenticates the sender to one origin, or to the hosts of one zone.
///
/// Cheap to clone; the clones share nonces and tokens.
///
/// ```
/// use bonafide_tower::auth::{Basic, Bearer, Credential, CredentialError};
///
/// let credential = Credential::for_origin("https://api.example.com", Bearer::new("mF_9.B5f-4.1JqM")?)?;
/// assert!(credential.binding().covers(&"https://api.example.com/v1".parse().unwrap()));
/// assert!(!credential.binding().covers(&"https://www.example.com/".parse().unwrap()));
/// assert!(!format!("{credential:?}").contains("mF_9"));
///
/// let plain = Credential::for_origin("http://api.example.com", Basic::new("user", "password")?);
/// assert!(matches!(plain, Err(CredentialError::PlainHttp { .. })));
/// # Ok::<(), CredentialError>(())
/// ```
#[derive(Clone)]
pub struct Credential {
    binding: Binding,
    pinning: Pinning,
    kind: Arc<Kind>,
}

/// Whether the connection has to be pinned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pinning {
    NotDemanded,
    Demanded,
}

impl Credential {
    /// A credential for one origin: scheme, host and port, such as `https://api.example.com:8443`.
    /// A base URL with a path is not an origin; `url.origin().ascii_serialization()` is that of a
    /// [`Url`](url::Url).
    ///
    /// # Errors
    ///
    /// [`CredentialError`] if it is not an origin, or one of `http://`.
    pub fn for_origin(
        origin: &str,
        scheme: impl Into<AuthScheme>,
    ) -> Result<Self, CredentialError> {
        let origin: Origin = origin.parse()?;
        if !origin.is_https() {
            return Err(CredentialError::PlainHttp {
                host: origin.host().to_owned(),
            });
        }
        Ok(Self::new(Binding::Origin(origin), scheme.into()))
    }

    /// A credential for the hosts of a zone, over `https` and on any port. The zone is written as
    /// in a policy: `api.example.com`, `*.example.com` or `**.example.com`.
    ///
    /// A client that knows the zones of its policy sends it only over a connection of the same
    /// zone. [`AuthLayer`](super::AuthLayer) compares only the host.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] if it is not a host pattern, or covers a public suffix.
    pub fn for_zone(zone: &str, scheme: impl Into<AuthScheme>) -> Result<Self, CredentialError> {
        Ok(Self::new(Binding::Zone(zone.parse()?), scheme.into()))
    }

    fn new(binding: Binding, AuthScheme(kind): AuthScheme) -> Self {
        Self {
            binding,
            pinning: Pinning::NotDemanded,
            kind: Arc::new(kind),
        }
    }

    /// Requires a pinned connection. A client that knows its connection checks it before it writes
    /// the credential. [`AuthLayer`](super::AuthLayer) cannot check it, because it adds headers
    /// before the client chooses a connection; it requires only `https`. With the layer, put pins
    /// into the policy of the client's connector.
    pub fn pinned(mut self) -> Self {
        self.pinning = Pinning::Demanded;
        self
    }

    /// What it is for.
    pub const fn binding(&self) -> &Binding {
        &self.binding
    }

    /// Whether it requires a [pinned](Self::pinned) connection.
    pub fn is_pinned(&self) -> bool {
        self.pinning == Pinning::Demanded
    }

    /// The rule for one request to `uri`; `None` if the credential is not for it.
    pub fn rounds(&self, uri: &Uri) -> Option<Rounds> {
        self.rounds_for(&Origin::of(uri)?)
    }

    /// The rule for one request to `origin`, for a client that knows it; `None` if the credential
    /// is not for it.
    pub fn rounds_for(&self, origin: &Origin) -> Option<Rounds> {
        let is_covered = self.binding.covers_origin(origin);
        is_covered.then(|| Rounds::new(self.clone(), origin.clone()))
    }

    pub(super) fn kind(&self) -> &Kind {
        &self.kind
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            binding,
            pinning,
            kind,
        } = self;
        f.debug_struct("Credential")
            .field("binding", binding)
            .field("pinning", pinning)
            .field("kind", kind)
            .finish()
    }
}

/// All credentials of a client, each with its own binding. Cheap to clone.
///
/// ```
/// use bonafide_tower::auth::{Basic, Bearer, Credential, Keyring};
///
/// let keyring = Keyring::from_iter([
///     Credential::for_origin("https://api.example.com", Bearer::new("mF_9.B5f-4.1JqM")?)?,
///     Credential::for_zone("**.example.org", Basic::new("user", "password")?)?.pinned(),
/// ]);
/// assert!(keyring.find(&"https://a.example.org/".parse().unwrap()).is_some());
/// assert!(keyring.find(&"https://example.com/".parse().unwrap()).is_none());
/// # Ok::<(), bonafide_tower::auth::CredentialError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Keyring(Arc<[Credential]>);

impl Keyring {
    /// The credential for a request to `uri`: the one with the narrowest binding; of several with
    /// the same binding, the last.
    pub fn find(&self, uri: &Uri) -> Option<&Credential> {
        self.narrowest(|binding| binding.covers(uri))
    }

    /// The credential for a request to `origin`, by the same rule.
    pub fn find_for(&self, origin: &Origin) -> Option<&Credential> {
        self.narrowest(|binding| binding.covers_origin(origin))
    }

    fn narrowest(&self, covers: impl Fn(&Binding) -> bool) -> Option<&Credential> {
        let covering = self.0.iter().filter(|one| covers(&one.binding));
        covering.max_by_key(|one| one.binding.narrowness())
    }

    /// All of them.
    pub fn as_slice(&self) -> &[Credential] {
        &self.0
    }
}

impl FromIterator<Credential> for Keyring {
    fn from_iter<I: IntoIterator<Item = Credential>>(credentials: I) -> Self {
        Self(credentials.into_iter().collect())
    }
}

impl From<Credential> for Keyring {
    fn from(credential: Credential) -> Self {
        Self::from_iter([credential])
    }
}
