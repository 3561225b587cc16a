//! A client certificate that changes while clients use it.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use arc_swap::ArcSwap;

use super::ClientIdentity;
use super::credential::{ChosenBy, Credential, Generation};
use super::relying::{RelyingPolicies, RelyingPolicy};
use super::rotation::Rotation;
use crate::config::error::ConfigError;
use crate::events::subscription::{Listener, Subscribers};

/// Holds the current client certificate, which can be replaced. Clones share it.
///
/// Pass it to a [zone](crate::ZoneBuilder::identity) or to the [default
/// zone](crate::PolicyBuilder::identity). After [`replace`](Self::replace) has returned, no request
/// of a client uses a connection or a session ticket for which an older certificate was presented,
/// unless there is an [overlap](Self::with_overlap). Streams in progress finish, and so do requests
/// that were already handed to a connection: at most as many as the streams that the server allowed
/// at that time, and one if it allows none. Other zones keep their connections.
///
/// Only the connections of bonafide's own client are retired. Another client with a
/// `rustls::ClientConfig` of the policy presents the current certificate in each handshake and
/// resumes no session, but it decides itself how long it keeps a connection.
///
/// A certificate that expires does not end connections: servers check its validity in the
/// handshake. An expired certificate is presented until it is replaced, and the server decides
/// whether to accept it.
///
/// ```
/// use bonafide_verify::{ClientIdentity, Policy, Zone};
/// use bonafide_verify::identity::IdentityHandle;
/// # use bonafide_testkit::{Recipe, TestCa};
/// # let ca = TestCa::new();
/// # let (old, new) = (ca.issue(Recipe::for_host("client").client()), ca.issue(Recipe::for_host("client").client()));
///
/// let handle = IdentityHandle::new(ClientIdentity::from_pem(old.chain_pem(), old.key_pem())?);
/// let policy = Policy::builder()
///     .zone(Zone::for_host("**.corp.example").identity(&handle))
///     .build()?;
/// // … the certificate is renewed:
/// handle.replace(ClientIdentity::from_pem(new.chain_pem(), new.key_pem())?)?;
/// # let _ = policy;
/// # Ok::<(), bonafide_verify::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct IdentityHandle(Arc<Inner>);

struct Inner {
    current: ArcSwap<CurrentIdentity>,
    overlap: Duration,
    /// Held while an identity is replaced, so that replacements have an order.
    replacing: Mutex<()>,
    relying: RelyingPolicies,
    subscribers: Subscribers<dyn Listener<Rotation>>,
}

/// The current identity with its credential.
pub(super) struct CurrentIdentity {
    pub(super) identity: ClientIdentity,
    pub(super) credential: Arc<Credential>,
}

impl CurrentIdentity {
    fn new(identity: ClientIdentity) -> Self {
        Self {
            credential: Credential::new(identity.leaf(), ChosenBy::Configuration),
            identity,
        }
    }
}

impl IdentityHandle {
    /// A handle that holds `identity`, without overlap: the first request after a rotation uses a
    /// connection with the new certificate. Building a policy with the handle checks that the key
    /// matches the certificate.
    pub fn new(identity: ClientIdentity) -> Self {
        Self::with_overlap(identity, Duration::ZERO)
    }

    /// A handle with an overlap: for this time after a rotation, requests may still use connections
    /// that were made with the former certificate. New connections use the new certificate at once.
    /// For servers that accept both certificates and to which connections are expensive.
    pub fn with_overlap(identity: ClientIdentity, overlap: Duration) -> Self {
        Self(Arc::new(Inner {
            current: ArcSwap::from_pointee(CurrentIdentity::new(identity)),
            overlap,
            replacing: Mutex::default(),
            relying: RelyingPolicies::default(),
            subscribers: Subscribers::default(),
        }))
    }

    /// The current identity.
    pub fn current(&self) -> ClientIdentity {
        self.0.current.load().identity.clone()
    }

    /// The current identity in use: its generation, and the certificate as shown on receipts.
    pub fn credential(&self) -> Arc<Credential> {
        Arc::clone(&self.0.current.load().credential)
    }

    /// Replaces the current identity with `identity`, retires the connections of the former one,
    /// and returns the new generation.
    ///
    /// If `identity` is the current one, nothing changes and no connection is closed. That is so
    /// for the same chain and key, but never for an external signer.
    ///
    /// # Errors
    /// After an error, the former identity and its connections stay. [`ConfigError::KeyMismatch`]
    /// and [`ConfigError::UnusableKey`] for the key, [`ConfigError::MalformedIdentity`] for a
    /// certificate that cannot be read, [`ConfigError::IdentityOutOfTime`] for one that is not
    /// valid at this time, by the clock of each policy that uses the handle, or by the system's
    /// clock if no policy uses it.
    pub fn replace(&self, identity: ClientIdentity) -> Result<Generation, ConfigError> {
        let replacing = self
            .0
            .replacing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let before = self.0.current.load_full();
        if identity.is_same_as(&before.identity) {
            return Ok(before.credential.generation());
        }
        self.0.relying.check(&identity)?;
        Ok(self.put(replacing, &before, identity))
    }

    /// Reads a certificate chain and a key from files and replaces the current ones with them; see
    /// [`ClientIdentity::from_pem_files`] and [`replace`](Self::replace).
    ///
    /// # Errors
    /// Those of both; the former identity then stays.
    pub fn reload_from_pem_files(
        &self,
        chain: impl AsRef<Path>,
        key: impl AsRef<Path>,
    ) -> Result<Generation, ConfigError> {
        self.replace(ClientIdentity::from_pem_files(chain, key)?)
    }

    /// Retires the connections and tickets of the current identity, and keeps the identity: for a
    /// server that has to request it again. The overlap applies here too.
    pub fn retire_connections(&self) -> Generation {
        let replacing = self
            .0
            .replacing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let before = self.0.current.load_full();
        let identity = before.identity.clone();
        self.put(replacing, &before, identity)
    }

    /// Notifies the sinks of the policies last, without holding the lock: a sink may use the
    /// handle.
    fn put(
        &self,
        replacing: MutexGuard<'_, ()>,
        before: &CurrentIdentity,
        identity: ClientIdentity,
    ) -> Generation {
        let held = CurrentIdentity::new(identity);
        let credential = Arc::clone(&held.credential);
        self.0.current.store(Arc::new(held));
        before.credential.retire(self.0.overlap);
        self.0.subscribers.notify(&Rotation {
            overlap: self.0.overlap,
        });
        drop(replacing);
        self.0.relying.notify(&before.credential, &credential);
        credential.generation()
    }

    /// Subscribes `listener` to rotations, until it is dropped.
    pub fn subscribe(&self, listener: Weak<impl Listener<Rotation> + 'static>) {
        let listener: Weak<dyn Listener<Rotation>> = listener;
        self.add(&listener);
    }

    pub(super) fn add(&self, listener: &Weak<dyn Listener<Rotation>>) {
        self.0.subscribers.subscribe(listener);
    }

    pub(super) fn held(&self) -> Arc<CurrentIdentity> {
        self.0.current.load_full()
    }

    /// Adds a policy for which every identity of the handle must be usable, and checks the current
    /// one.
    pub(super) fn add_relying(&self, policy: &Arc<RelyingPolicy>) -> Result<(), ConfigError> {
        let _replacing = self
            .0
            .replacing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        self.0
            .current
            .load()
            .identity
            .certified_key(&policy.provider)?;
        self.0.relying.add(policy);
        Ok(())
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for IdentityHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = self.0.current.load();
        f.debug_struct("IdentityHandle")
            .field("current", &held.identity)
            .field("generation", &held.credential.generation().get())
            .field("overlap", &self.0.overlap)
            .finish_non_exhaustive()
    }
}
