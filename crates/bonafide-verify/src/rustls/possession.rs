//! From a certificate that is judged to the proof that the peer holds its key.
//!
//! rustls calls a verifier twice in a full handshake: with the chain and the name, then with the
//! chain's leaf and the handshake's signature, at once and on the same thread, and it does not say
//! in the second call which name the first was about. What a peer shows for the first time must not
//! become known before that signature is verified: anybody can send somebody else's certificate. So
//! a first contact waits here in between.

use std::cell::RefCell;
use std::sync::Arc;

use rustls_pki_types::CertificateDer;

use crate::record::{PendingFirstContact, Recorder};

/// What one verifier waits for, on each thread of its own.
#[derive(Debug)]
pub(crate) enum Possession {
    /// No first contact is possible.
    NeverAwaited,
    /// One may be; the number is the verifier's own.
    Awaited { verifier: usize },
}

/// The last certificate that was believed on this thread, whose key is yet to be proved.
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

    /// A certificate is about to be judged: nothing of an earlier handshake is awaited any more.
    pub(crate) fn begin(&self) {
        if let Self::Awaited { .. } = self {
            AWAITING.take();
        }
    }

    /// A certificate is believed, and the proof of its key comes next.
    pub(crate) fn expect(&self, leaf: &CertificateDer<'_>, contact: Option<PendingFirstContact>) {
        if let Self::Awaited { verifier } = self {
            AWAITING.set(Some(AwaitingProof {
                verifier: *verifier,
                leaf: leaf.clone().into_owned(),
                contact,
            }));
        }
    }

    /// The key of `leaf` is proved: gives the first contact that waited for that.
    ///
    /// Should rustls ever call in another order, or on another thread, nobody is believed rather
    /// than that nobody becomes known.
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
