//! A client certificate that a callback chooses in each handshake.

use std::collections::VecDeque;
use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use rustls::SignatureScheme;
use rustls::sign::CertifiedKey;
use sha2::{Digest as _, Sha256};

use super::ClientIdentity;
use super::credential::{ChosenBy, Credential};
use super::error::IdentityError;
use super::relying::{RelyingPolicies, RelyingPolicy};
use super::rotation::Rotation;
use super::signer::NoKey;
use crate::config::provider::Provider;
use crate::events::subscription::{Listener, Subscribers};

/// Maximum number of different requests whose chosen certificate is remembered. Beyond that, the
/// certificate of the request that is oldest retires: a replacement of a forgotten choice could not
/// be noticed later.
const MAX_REQUESTS: usize = 256;

/// A server's request for a client certificate (RFC 8446, 4.3.2; RFC 5246, 7.4.4).
///
/// **The server has not been verified yet**: in TLS 1.3 it sends the request before its own
/// certificate.
#[derive(Clone, Copy, Debug)]
pub struct IdentityRequest<'a> {
    acceptable_issuers: &'a [&'a [u8]],
    schemes: &'a [SignatureScheme],
}

impl<'a> IdentityRequest<'a> {
    pub(crate) fn new(acceptable_issuers: &'a [&'a [u8]], schemes: &'a [SignatureScheme]) -> Self {
        Self {
            acceptable_issuers,
            schemes,
        }
    }

    /// The DER-encoded names of the authorities whose certificates the server accepts; empty if the
    /// server does not name any.
    pub fn acceptable_issuers(&self) -> &'a [&'a [u8]] {
        self.acceptable_issuers
    }

    /// The signature schemes that the server accepts, the preferred one first.
    pub fn schemes(&self) -> &'a [SignatureScheme] {
        self.schemes
    }

    fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for issuer in self.acceptable_issuers {
            hash.update(
                u64::try_from(issuer.len())
                    .unwrap_or(u64::MAX)
                    .to_be_bytes(),
            );
            hash.update(issuer);
        }
        hash.update(u64::MAX.to_be_bytes());
        for scheme in self.schemes {
            hash.update(u16::from(*scheme).to_be_bytes());
        }
        hash.finalize().into()
    }
}

/// What a callback returns: a certificate with its key, `None` to present no certificate, or an
/// error.
type CallbackResult = Result<Option<ClientIdentity>, Box<dyn StdError + Send + Sync>>;

/// A client certificate that a callback chooses in each handshake in which the server requests one.
/// Clones share the callback.
///
/// The callback runs on the thread that drives the handshake, with tokio an async thread: it should
/// return without blocking. With a callback, no session is resumed, so every new connection calls
/// it.
///
/// **If it returns another certificate for the same request than before, that is a rotation**:
/// connections that were made with the former certificate get no more requests, as after
/// [`IdentityHandle::replace`](crate::identity::IdentityHandle::replace). So return the same
/// certificate as long as the old connections are to be used; a callback that returns a new one
/// each time ends each connection with the next handshake. A rotation is noticed only when the
/// callback is called; [`retire_connections`](Self::retire_connections) causes new calls.
///
/// `Ok(None)` presents no certificate, and withdraws the one that was returned for the same request
/// before. The choices for the last 256 different requests stay in use; connections that were made
/// with older choices get no more requests either. An error ends the handshake with
/// [`IdentityError::Callback`], before anything is sent.
///
/// ```
/// use bonafide_verify::{ClientIdentity, Policy, Zone};
/// use bonafide_verify::identity::IdentityCallback;
/// # use bonafide_testkit::{Recipe, TestCa};
/// # let ours = TestCa::new().issue(Recipe::for_host("client").client());
/// # let identity = ClientIdentity::from_pem(ours.chain_pem(), ours.key_pem())?;
///
/// let callback = IdentityCallback::new(move |request| {
///     let asked_for_ours = !request.acceptable_issuers().is_empty();
///     Ok(asked_for_ours.then(|| identity.clone()))
/// });
/// let zone = Zone::for_host("**.corp.example").identity(callback);
/// # let _ = Policy::builder().zone(zone);
/// # Ok::<(), bonafide_verify::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct IdentityCallback(Arc<Inner>);

struct Inner {
    callback: Box<dyn Fn(&IdentityRequest<'_>) -> CallbackResult + Send + Sync>,
    overlap: Duration,
    choices: Mutex<VecDeque<Choice>>,
    relying: RelyingPolicies,
    subscribers: Subscribers<dyn Listener<Rotation>>,
}

/// The certificate that was last chosen for a request.
struct Choice {
    /// The digest of the request.
    request: [u8; 32],
    credential: Arc<Credential>,
}

/// Removes and returns the choice for a request.
fn take(choices: &mut VecDeque<Choice>, request: &[u8; 32]) -> Option<Arc<Credential>> {
    let position = choices
        .iter()
        .position(|choice| choice.request == *request)?;
    choices.remove(position).map(|choice| choice.credential)
}

impl IdentityCallback {
    /// A callback without overlap.
    pub fn new(
        callback: impl Fn(&IdentityRequest<'_>) -> CallbackResult + Send + Sync + 'static,
    ) -> Self {
        Self::with_overlap(callback, Duration::ZERO)
    }

    /// A callback with an overlap; see
    /// [`IdentityHandle::with_overlap`](crate::identity::IdentityHandle::with_overlap).
    pub fn with_overlap(
        callback: impl Fn(&IdentityRequest<'_>) -> CallbackResult + Send + Sync + 'static,
        overlap: Duration,
    ) -> Self {
        Self(Arc::new(Inner {
            callback: Box::new(callback),
            overlap,
            choices: Mutex::default(),
            relying: RelyingPolicies::default(),
            subscribers: Subscribers::default(),
        }))
    }

    /// Retires the connections that were made with certificates which the callback returned before.
    pub fn retire_connections(&self) {
        let choices = std::mem::take(&mut *self.choices());
        for choice in choices {
            choice.credential.retire(self.0.overlap);
        }
        self.notify();
    }

    /// Subscribes `listener` to rotations, until it is dropped.
    pub fn subscribe(&self, listener: Weak<impl Listener<Rotation> + 'static>) {
        let listener: Weak<dyn Listener<Rotation>> = listener;
        self.add(&listener);
    }

    pub(super) fn add(&self, listener: &Weak<dyn Listener<Rotation>>) {
        self.0.subscribers.subscribe(listener);
    }

    /// Adds a policy whose sinks are notified of rotations.
    pub(super) fn add_relying(&self, policy: &Arc<RelyingPolicy>) {
        self.0.relying.add(policy);
    }

    /// Calls the callback.
    pub(super) fn ask(
        &self,
        request: &IdentityRequest<'_>,
        provider: &Provider,
    ) -> Option<(Option<Arc<Credential>>, Arc<CertifiedKey>)> {
        let refused = |error| {
            let key = CertifiedKey::new(Vec::new(), Arc::new(NoKey(error)));
            Some((None, Arc::new(key)))
        };
        let identity = match (self.0.callback)(request) {
            Ok(Some(identity)) => identity,
            Ok(None) => {
                self.withdraw(request);
                return None;
            }
            Err(error) => return refused(IdentityError::Callback(Arc::from(error))),
        };
        match identity.certified_key(provider) {
            Ok(key) => Some((Some(self.note(request, &identity)), key)),
            Err(error) => refused(IdentityError::Unusable(error)),
        }
    }

    /// Stores the choice for a request. If it is another certificate than before, the former
    /// retires.
    fn note(&self, request: &IdentityRequest<'_>, identity: &ClientIdentity) -> Arc<Credential> {
        let digest = request.digest();
        let sha256: [u8; 32] = Sha256::digest(identity.leaf()).into();
        let (credential, before, forgotten) = {
            let mut choices = self.choices();
            let (credential, before) = match take(&mut choices, &digest) {
                Some(same) if *same.record().sha256() == sha256 => (same, None),
                before => (Credential::new(identity.leaf(), ChosenBy::Callback), before),
            };
            let forgotten = (choices.len() >= MAX_REQUESTS)
                .then(|| choices.pop_front())
                .flatten();
            choices.push_back(Choice {
                request: digest,
                credential: Arc::clone(&credential),
            });
            (credential, before, forgotten)
        };
        if let Some(forgotten) = forgotten {
            self.retire(&forgotten.credential);
        }
        if let Some(before) = before {
            self.retire(&before);
            self.0.relying.notify(&before, &credential);
        }
        credential
    }

    /// Removes the choice for a request; the former certificate retires.
    fn withdraw(&self, request: &IdentityRequest<'_>) {
        let before = take(&mut self.choices(), &request.digest());
        if let Some(before) = before {
            self.retire(&before);
        }
    }

    fn retire(&self, credential: &Credential) {
        credential.retire(self.0.overlap);
        self.notify();
    }

    fn notify(&self) {
        self.0.subscribers.notify(&Rotation {
            overlap: self.0.overlap,
        });
    }

    fn choices(&self) -> std::sync::MutexGuard<'_, VecDeque<Choice>> {
        let choices = self.0.choices.lock();
        choices.unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for IdentityCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentityCallback")
            .field("overlap", &self.0.overlap)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use bonafide_testkit::{Recipe, TestCa};

    fn identity(ca: &TestCa, name: &str) -> ClientIdentity {
        let identity = ca.issue(Recipe::for_host(name).client());
        ClientIdentity::from_pem(identity.chain_pem(), identity.key_pem()).unwrap()
    }

    #[test]
    fn only_another_certificate_for_the_same_request_retires_the_one_before() {
        let ca = TestCa::new();
        let (one, two) = (identity(&ca, "one"), identity(&ca, "two"));
        let callback = IdentityCallback::new(|_| Ok(None));
        let schemes = [SignatureScheme::ED25519];
        let (to_a, to_b) = (
            IdentityRequest::new(&[b"a", b"b"], &schemes),
            IdentityRequest::new(&[b"ab"], &schemes),
        );
        let at_a = callback.note(&to_a, &one);
        let at_b = callback.note(&to_b, &two);
        assert!(Arc::ptr_eq(&callback.note(&to_a, &one), &at_a));
        assert!(!at_a.is_retired(std::time::Instant::now()));
        let later = callback.note(&to_a, &two);
        assert!(at_a.is_retired(std::time::Instant::now()));
        assert!(later.generation() > at_a.generation());
        assert!(!at_b.is_retired(std::time::Instant::now()));
        callback.retire_connections();
        for credential in [later, at_b] {
            assert!(credential.is_retired(std::time::Instant::now()));
        }
    }

    #[test]
    fn the_choices_for_many_requests_are_kept_up_to_a_bound_and_retire_beyond_it() {
        let ca = TestCa::new();
        let one = identity(&ca, "one");
        let callback = IdentityCallback::new(|_| Ok(None));
        let note = |number: usize| {
            let issuer = number.to_be_bytes();
            callback.note(&IdentityRequest::new(&[&issuer], &[]), &one)
        };
        let choices: Vec<_> = (0..=MAX_REQUESTS).map(note).collect();
        assert_eq!(callback.choices().len(), MAX_REQUESTS);
        let now = std::time::Instant::now();
        let retired = choices.iter().map(|choice| choice.is_retired(now));
        assert!(retired.eq((0..=MAX_REQUESTS).map(|number| number == 0)));
    }
}
