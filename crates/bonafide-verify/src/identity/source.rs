//! The source of a zone's client certificate.

use std::path::PathBuf;
use std::sync::{Arc, Weak};

use rustls::sign::CertifiedKey;

use super::ClientIdentity;
#[cfg(feature = "tokio")]
use super::Generation;
use super::callback::{IdentityCallback, IdentityRequest};
use super::credential::{ChosenBy, Credential, IdentityRecord};
use super::handle::IdentityHandle;
use super::relying::RelyingPolicy;
use super::rotation::Rotation;
use crate::config::description::{Description, ExpiryKind};
use crate::config::error::ConfigError;
use crate::events::subscription::Listener;
use crate::x509::certificate::{Certificate, base16};
use crate::x509::spki::SpkiSha256;

/// The source of a zone's client certificate: a fixed [`ClientIdentity`], an [`IdentityHandle`] or
/// an [`IdentityCallback`].
#[derive(Clone, Debug)]
pub struct IdentitySource(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Fixed(Box<ClientIdentity>),
    Handle(IdentityHandle),
    Callback(IdentityCallback),
}

impl From<ClientIdentity> for IdentitySource {
    fn from(identity: ClientIdentity) -> Self {
        Self(Kind::Fixed(Box::new(identity)))
    }
}

impl From<IdentityHandle> for IdentitySource {
    fn from(handle: IdentityHandle) -> Self {
        Self(Kind::Handle(handle))
    }
}

impl From<&IdentityHandle> for IdentitySource {
    fn from(handle: &IdentityHandle) -> Self {
        handle.clone().into()
    }
}

impl From<IdentityCallback> for IdentitySource {
    fn from(callback: IdentityCallback) -> Self {
        Self(Kind::Callback(callback))
    }
}

impl From<&IdentityCallback> for IdentitySource {
    fn from(callback: &IdentityCallback) -> Self {
        callback.clone().into()
    }
}

/// The client certificate of a zone of a policy.
#[derive(Clone, Debug)]
pub(crate) enum ZoneIdentity {
    Fixed(Shown, Vec<PathBuf>),
    Handle(IdentityHandle, Arc<RelyingPolicy>),
    Callback(IdentityCallback, Arc<RelyingPolicy>),
}

/// A certificate with its key ready to sign.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    /// `None` if no certificate can be presented; signing with the key then returns the error.
    pub(crate) credential: Option<Arc<Credential>>,
    pub(crate) key: Arc<CertifiedKey>,
}

impl ZoneIdentity {
    /// The identity of `source` for a policy, after checking that the key matches the certificate.
    pub(crate) fn new(source: &IdentitySource, policy: RelyingPolicy) -> Result<Self, ConfigError> {
        match &source.0 {
            Kind::Fixed(identity) => {
                let shown = Shown {
                    credential: Some(Credential::new(identity.leaf(), ChosenBy::Configuration)),
                    key: identity.certified_key(&policy.provider)?,
                };
                Ok(Self::Fixed(shown, identity.files().to_vec()))
            }
            Kind::Handle(handle) => {
                let policy = Arc::new(policy);
                handle.add_relying(&policy)?;
                Ok(Self::Handle(handle.clone(), policy))
            }
            Kind::Callback(callback) => {
                let policy = Arc::new(policy);
                callback.add_relying(&policy);
                Ok(Self::Callback(callback.clone(), policy))
            }
        }
    }

    /// What is presented until the next rotation; `None` if a callback chooses in each handshake.
    pub(crate) fn current(&self) -> Result<Option<Shown>, ConfigError> {
        match self {
            Self::Fixed(shown, _) => Ok(Some(shown.clone())),
            Self::Handle(handle, policy) => {
                let held = handle.held();
                Ok(Some(Shown {
                    credential: Some(Arc::clone(&held.credential)),
                    key: held.identity.certified_key(&policy.provider)?,
                }))
            }
            Self::Callback(..) => Ok(None),
        }
    }

    /// The generation of what is presented until the next rotation.
    #[cfg(feature = "tokio")]
    pub(crate) fn generation(&self) -> Option<Generation> {
        match self {
            Self::Fixed(shown, _) => shown
                .credential
                .as_ref()
                .map(|credential| credential.generation()),
            Self::Handle(handle, _) => Some(handle.credential().generation()),
            Self::Callback(..) => None,
        }
    }

    /// What is presented in a handshake in which the server sends `request`.
    pub(crate) fn answer(&self, request: &IdentityRequest<'_>) -> Option<Shown> {
        match self {
            Self::Fixed(shown, _) => Some(shown.clone()),
            // `replace` has checked that it is usable for this policy.
            Self::Handle(..) => self.current().ok().flatten(),
            Self::Callback(callback, policy) => callback
                .ask(request, &policy.provider)
                .map(|(credential, key)| Shown { credential, key }),
        }
    }

    /// Whether it stays the same for the lifetime of the policy.
    pub(crate) fn is_fixed(&self) -> bool {
        matches!(self, Self::Fixed(..))
    }

    /// Subscribes `listener` to rotations.
    pub(crate) fn subscribe(&self, listener: &Weak<dyn Listener<Rotation>>) {
        match self {
            Self::Fixed(..) => {}
            Self::Handle(handle, _) => handle.add(listener),
            Self::Callback(callback, _) => callback.add(listener),
        }
    }

    /// Describes the current certificate, the files of a fixed one, and when the certificate
    /// expires.
    pub(crate) fn describe(&self, description: &mut Description) {
        let (source, leaf) = match self {
            Self::Fixed(shown, files) => {
                for file in files {
                    description.file(file);
                }
                ("fixed", shown.key.cert.first().cloned())
            }
            Self::Handle(handle, _) => ("handle", Some(handle.held().identity.leaf().clone())),
            Self::Callback(..) => ("callback", None),
        };
        description.setting("source", source);
        let Some(leaf) = leaf else {
            return;
        };
        let record = IdentityRecord::of(&leaf);
        description.setting("subject", record.subject());
        description.setting("sha256", base16(record.sha256()));
        if let Ok(leaf) = Certificate::from_der(&leaf) {
            description.setting("pin", SpkiSha256::of_certificate(&leaf).to_string());
        }
        if let Some(end) = record.not_after() {
            description.expires(ExpiryKind::ClientCertificate, record.subject(), end);
        }
    }

    /// Whether both are one and the same.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Fixed(one, _), Self::Fixed(two, _)) => Arc::ptr_eq(&one.key, &two.key),
            (Self::Handle(one, _), Self::Handle(two, _)) => one.is(two),
            (Self::Callback(one, _), Self::Callback(two, _)) => one.is(two),
            _ => false,
        }
    }
}
