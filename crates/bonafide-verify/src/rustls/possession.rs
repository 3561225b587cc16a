//! The state between the verdict about a certificate and the proof that the peer holds its key.
//!
//! rustls calls a verifier twice in a full handshake: with the chain and the name, and then, on the
//! same thread and with no other call in between, with the leaf and the handshake signature. The
//! second call does not have the name. A first contact must not be stored before that signature is
//! verified, because a peer can send a certificate whose key it does not hold. So a pending first
//! contact is kept here between the two calls.

use std::cell::RefCell;
use std::sync::Arc;

use rustls_pki_types::CertificateDer;

use crate::record::{PendingFirstContact, Recorder};

/// What one verifier waits for, on each thread separately.
#[derive(Debug)]
pub(crate) enum Possession {
    /// No first contact is possible.
    NeverAwaited,
    /// A first contact is possible. The number identifies the verifier.
    Awaited { verifier: usize },
}

/// The last certificate that was accepted on this thread. The peer has not yet proved its key.
struct AwaitingProof {
    verifier: usize,
    leaf: CertificateDer<'static>,
    contact: Option<PendingFirstContact>,
}

thread_local! {
    static AWAITING: RefCell<Option<AwaitingProof>> = const { RefCell::new(None) };
}

impl Possession {
    pub(crate) fn of(recorder: &Arc<Recorder>) -> Self {
        if recorder.has_first_use() {
            Self::Awaited {
                verifier: Arc::as_ptr(recorder).addr(),
            }
        } else {
            Self::NeverAwaited
        }
    }

    /// A certificate is about to be judged: discards the state of an earlier handshake.
    pub(crate) fn begin(&self) {
        if let Self::Awaited { .. } = self {
            AWAITING.take();
        }
    }

    /// A certificate is accepted, and the proof of its key is expected next.
    pub(crate) fn expect(&self, leaf: &CertificateDer<'_>, contact: Option<PendingFirstContact>) {
        if let Self::Awaited { verifier } = self {
            AWAITING.set(Some(AwaitingProof {
                verifier: *verifier,
                leaf: leaf.clone().into_owned(),
                contact,
            }));
        }
    }

    /// The key of `leaf` is proved: returns the pending first contact.
    ///
    /// If rustls calls in another order or on another thread, the handshake fails rather than skip
    /// recording the key.
    pub(crate) fn proved(
        &self,
        leaf: &CertificateDer<'_>,
    ) -> Result<Option<PendingFirstContact>, rustls::Error> {
        let Self::Awaited { verifier } = self else {
            return Ok(None);
        };
        match AWAITING.take() {
            Some(accepted) if accepted.verifier == *verifier && accepted.leaf == *leaf => {
                Ok(accepted.contact)
            }
            _ => Err(rustls::Error::General(
                "the handshake signature does not follow the verification of its certificate"
                    .to_owned(),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: Possession = Possession::Awaited { verifier: 1 };
    const OTHER: Possession = Possession::Awaited { verifier: 2 };

    fn leaf(name: &'static str) -> CertificateDer<'static> {
        CertificateDer::from(name.as_bytes())
    }

    fn is_accepted(possession: &Possession, name: &'static str) -> bool {
        match possession.proved(&leaf(name)) {
            Ok(contact) => {
                assert!(contact.is_none());
                true
            }
            Err(rustls::Error::General(_)) => false,
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_proof_counts_once_for_the_certificate_that_was_judged_last_on_its_thread() {
        assert!(!is_accepted(&OWN, "a"), "none was judged");
        OWN.expect(&leaf("a"), None);
        assert!(is_accepted(&OWN, "a"));
        assert!(!is_accepted(&OWN, "a"), "it was proved before");
        OWN.expect(&leaf("a"), None);
        assert!(!is_accepted(&OWN, "b"), "another certificate");
        OWN.expect(&leaf("a"), None);
        assert!(!is_accepted(&OTHER, "a"), "another verifier");
        OWN.expect(&leaf("a"), None);
        OWN.begin();
        assert!(
            !is_accepted(&OWN, "a"),
            "it was judged for an earlier handshake"
        );
        OWN.expect(&leaf("a"), None);
        let elsewhere = std::thread::spawn(|| is_accepted(&OWN, "a"));
        assert!(!elsewhere.join().unwrap(), "another thread");
        assert!(is_accepted(&OWN, "a"));
    }

    #[test]
    fn where_no_first_contact_is_possible_nothing_is_awaited() {
        Possession::NeverAwaited.expect(&leaf("a"), None);
        assert!(is_accepted(&Possession::NeverAwaited, "b"));
        assert!(!is_accepted(&OWN, "a"));
    }
}
