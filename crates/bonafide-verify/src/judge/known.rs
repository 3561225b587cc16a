//! Judges a peer by its key, in a zone that accepts keys.

use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::EndEntityCert;

use super::Judge;
use super::trial::{Evidence, Rejection, Trial};
use crate::anchors::AnchorSet;
use crate::first_use::{CertificateSha256, Exactly, FirstUse, KeyReason, KnownBy, KnownPeers};
use crate::path::presented::Peer;
use crate::verdict::receipt::records::{CheckRecord, Outcome};
use crate::verdict::receipt::report::{Receipt, Verdict};
use crate::verdict::refusal::reason::Reason;
use crate::verdict::refusal::report::{Refusal, Subject};
use crate::x509::certificate::subject_text;
use crate::x509::spki::SpkiSha256;
use crate::zone::Zone;

/// The name of the receipt's row for the key.
const ROW: &str = "known key";
/// The detail of its other rows.
const WHY_NOT: &str = "accepted by its key alone: there is no path to judge";
/// How long a connection may be reused before the store is read again. This bounds how long a key
/// that was removed or replaced, possibly by another process, stays in use.
const ASKED_AGAIN_AFTER: Duration = Duration::from_secs(600);

/// Judges the peer by its key, without writing to the store.
pub(super) fn judge(trial: &Trial<'_>, known: &KnownPeers) -> Result<Arc<Receipt>, Refusal> {
    match trial.by_key(known) {
        Ok((key, by)) => {
            let row = CheckRecord::new(ROW, Outcome::Passed).with_detail(Some(match by {
                KnownBy::FirstContact => format!("{key}, at the first contact").into(),
                KnownBy::FirstUse { .. } => format!("{key}, as before").into(),
                KnownBy::Exactly(exactly) => format!("exactly {exactly}").into(),
            }));
            let valid_until = match by {
                KnownBy::Exactly(_) => None,
                KnownBy::FirstContact | KnownBy::FirstUse { .. } => {
                    let until = trial
                        .time
                        .as_secs()
                        .saturating_add(ASKED_AGAIN_AFTER.as_secs());
                    Some(UnixTime::since_unix_epoch(Duration::from_secs(until)))
                }
            };
            let evidence = Evidence {
                path: None,
                checks: trial.rows_beside(row),
                valid_until,
            };
            Ok(trial.receipt(Verdict::KnownKey { key, by }, evidence))
        }
        Err(fault) => Err(trial.refusal(fault)),
    }
}

impl Trial<'_> {
    fn by_key(&self, known: &KnownPeers) -> Result<(SpkiSha256, KnownBy), Box<Rejection>> {
        let leaf = self
            .peer
            .chain
            .leaf()
            .ok_or_else(|| self.keyless(Reason::NoCertificate))?;
        self.zone
            .limits
            .weigh(&self.peer.chain)
            .map_err(|reason| self.keyless(reason))?;
        // The key as the verifier of the handshake's signature reads it, so that no second reading
        // of the certificate can find another one.
        let end_entity = EndEntityCert::try_from(leaf).map_err(|error| {
            let unread = self.unproved(error, &AnchorSet::default());
            Box::new(Rejection {
                subject: unread.subject,
                source: unread.source,
                ..*self.keyless(unread.reason)
            })
        })?;
        let key = SpkiSha256::of_spki(&end_entity.subject_public_key_info());
        let by = match known {
            KnownPeers::Exactly(peers) => self.exactly(peers, key, leaf),
            KnownPeers::FirstUse(store) => self.first_use(&**store, key),
        };
        by.map(|by| (key, by)).map_err(|reason| {
            // A fault of the store is not a fault of the certificate.
            let subject = (!matches!(reason, KeyReason::Store { .. })).then(|| Subject {
                position: 0,
                name: subject_text(leaf),
            });
            Box::new(Rejection {
                subject,
                ..*self.keyless(reason.into())
            })
        })
    }

    fn exactly(
        &self,
        peers: &[Exactly],
        key: SpkiSha256,
        leaf: &CertificateDer<'_>,
    ) -> Result<KnownBy, KeyReason> {
        let certificate = CertificateSha256::of(leaf);
        let named = peers.iter().find(|peer| peer.is(key, certificate));
        named
            .map(|named| KnownBy::Exactly(*named))
            .ok_or_else(|| KeyReason::NotTheKey {
                host: self.asked(),
                expected: peers.to_vec(),
                observed: key,
                certificate,
            })
    }

    fn first_use(&self, store: &dyn FirstUse, key: SpkiSha256) -> Result<KnownBy, KeyReason> {
        let host = self.asked();
        match store.look_up(&host).map_err(KeyReason::of_store)? {
            Some(known) if known.key == key => Ok(KnownBy::FirstUse {
                since: known.first_seen,
            }),
            Some(known) => Err(KeyReason::Changed {
                host,
                known,
                observed: key,
            }),
            None if self.peer.is_in_handshake() => Ok(KnownBy::FirstContact),
            None => Err(KeyReason::Unknown {
                host,
                observed: key,
            }),
        }
    }

    /// The requested host: such zones only judge peers with a host.
    fn asked(&self) -> String {
        self.host.unwrap_or_default().to_owned()
    }

    /// A fault that leaves nothing else to judge.
    fn keyless(&self, reason: Reason) -> Box<Rejection> {
        let row = CheckRecord::new(ROW, Outcome::Refused(reason.clone()));
        Box::new(Rejection {
            checks: self.rows_beside(row),
            ..*self.early(reason)
        })
    }

    /// The row of the key, and the receipt's other rows, which cannot be judged without a path.
    fn rows_beside(&self, row: CheckRecord) -> Vec<CheckRecord> {
        let checks = self.checks().map(|(check, _)| check.name().to_owned());
        let names = ["path", "name"].map(ToOwned::to_owned);
        let not_judged = names
            .into_iter()
            .chain(checks)
            .map(|name| CheckRecord::new(name, Outcome::NotChecked))
            .chain(self.never_checked())
            .map(|row| row.with_detail(Some(WHY_NOT.into())));
        std::iter::once(row).chain(not_judged).collect()
    }
}

impl Judge {
    /// The refusal of a peer because of its zone's store, which was read after the peer was judged.
    pub(crate) fn refuse_key(&self, zone: &Zone, peer: &Peer<'_>, reason: KeyReason) -> Refusal {
        Trial::of(self, zone, peer, |trial| {
            trial.refusal(trial.keyless(reason.into()))
        })
    }
}
