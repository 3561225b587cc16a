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

/// A place for the client certificate of this moment; clones are the same place.
///
/// Given to a [zone](crate::ZoneBuilder::identity) or to the [default
/// zone](crate::PolicyBuilder::identity). From the moment that [`replace`](Self::replace) returns,
/// no request of a client rides on a connection or a session ticket that an older certificate was
/// shown for, unless there is an [overlap](Self::with_overlap). Streams under way finish, and so
/// does what was handed to a connection and has yet to be read: no more than the streams that the
/// server allowed at the time, and one if it allows none. Other zones keep their connections.
///
/// Only the connections of bonafide's own client are retired. A `rustls::ClientConfig` that another
/// client has shows the certificate of the moment in each handshake and resumes no session, but how
/// long that client keeps a connection is its own affair.
///
/// A certificate that ends while connections rest on it ends none of them: servers look at its time
/// in the handshake. It is shown as long as nothing takes its place, and what the server says of it
/// is the answer.
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
    current: ArcSwap<Held>,
    overlap: Duration,
    /// Held while an identity is replaced, so that replacements have an order.
    replacing: Mutex<()>,
    relying: RelyingPolicies,
    subscribers: Subscribers<dyn Listener<Rotation>>,
}

/// An identity in its place.
pub(super) struct Held {
    pub(super) identity: ClientIdentity,
    pub(super) credential: Arc<Credential>,
}

impl Held {
    fn new(identity: ClientIdentity) -> Self {
        Self {
            credential: Credential::new(identity.leaf(), ChosenBy::Configuration),
            identity,
        }
    }
}

impl IdentityHandle {
    /// A handle that holds `identity`, without overlap: the request after a rotation uses a
    /// connection with the new certificate. Whether the key is the certificate's is asked when a
    /// policy is built with the handle.
    pub fn new(identity: ClientIdentity) -> Self {
        Self::with_overlap(identity, Duration::ZERO)
    }

    /// The same with an overlap: connections that were made with the certificate before may still
    /// be given to requests for so long after a rotation. New ones are made with the new
    /// certificate from the first moment. For servers to which connections are dear and that take
    /// both certificates.
    pub fn with_overlap(identity: ClientIdentity, overlap: Duration) -> Self {
        Self(Arc::new(Inner {
            current: ArcSwap::from_pointee(Held::new(identity)),
            overlap,
            replacing: Mutex::default(),
            relying: RelyingPolicies::default(),
            subscribers: Subscribers::default(),
        }))
    }

    /// The identity of this moment.
    pub fn current(&self) -> ClientIdentity {
        self.0.current.load().identity.clone()
    }

    /// The identity of this moment as it is in use: its number, and the certificate as receipts
    /// name it.
    pub fn credential(&self) -> Arc<Credential> {
        Arc::clone(&self.0.current.load().credential)
    }

    /// Puts `identity` in the place of the current one and gives its number, once the connections
    /// of the one before are retired.
    ///
    /// Nothing changes, and no connection is closed, if `identity` is the current one: the same
    /// chain with a key that is not external.
    ///
    /// # Errors
    /// The identity before then stays, with its connections. [`ConfigError::KeyMismatch`] and
    /// [`ConfigError::UnusableKey`] for the key, [`ConfigError::MalformedIdentity`] for a
    /// certificate that cannot be read, [`ConfigError::IdentityOutOfTime`] for one that is not
    /// valid now, by the clock of a policy that uses the handle, or by the system's if there is
    /// none.
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

    /// Reads the certificate chain and the key again and puts them in place of the current ones;
    /// see [`ClientIdentity::from_pem_files`] and [`replace`](Self::replace).
    ///
    /// # Errors
    /// Those of both; what was there before then stays.
    pub fn reload_from_pem_files(
        &self,
        chain: impl AsRef<Path>,
        key: impl AsRef<Path>,
    ) -> Result<Generation, ConfigError> {
        self.replace(ClientIdentity::from_pem_files(chain, key)?)
    }

    /// Retires the connections and the tickets that rest on the current identity, which stays: for
    /// a server that has to ask for it again. The overlap holds here too.
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

    /// The sinks of the policies are notified last, and without the lock: a sink may use the
    /// handle.
    fn put(
        &self,
        replacing: MutexGuard<'_, ()>,
        before: &Held,
        identity: ClientIdentity,
    ) -> Generation {
        let held = Held::new(identity);
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

    /// Has `listener` notified of every rotation from now on, for as long as it is kept elsewhere.
    pub fn subscribe(&self, listener: Weak<impl Listener<Rotation> + 'static>) {
        let listener: Weak<dyn Listener<Rotation>> = listener;
        self.add(&listener);
    }

    pub(super) fn add(&self, listener: &Weak<dyn Listener<Rotation>>) {
        self.0.subscribers.subscribe(listener);
    }

    pub(super) fn held(&self) -> Arc<Held> {
        self.0.current.load_full()
    }

    /// Notes that `user` needs every identity that comes here to be good for it, and sees whether
    /// the current one is.
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
