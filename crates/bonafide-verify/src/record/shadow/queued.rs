//! One handshake that was judged, kept until the candidate judges it.

use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::events::Judged;
use crate::judge::Judge;
use crate::path::presented::{Peer, PresentedChain};
use crate::verdict::receipt::report::{Receipt, Verdict};

/// Larger handshakes are skipped. rustls accepts at most a quarter of this.
const MAX_BYTES: usize = 256 * 1024;

#[derive(Debug)]
pub(super) struct QueuedHandshake {
    chain: Vec<CertificateDer<'static>>,
    name: ServerName<'static>,
    staple: Vec<u8>,
    pub(super) time: UnixTime,
    pub(super) host: String,
    pub(super) zone: String,
    pub(super) in_force: Judged,
}

impl QueuedHandshake {
    /// Copies what was judged; `None` if it is too large or has no name.
    pub(super) fn of(peer: &Peer<'_>, receipt: &Receipt) -> Option<Self> {
        let staple = peer.ocsp_staple.unwrap_or_default();
        let bytes = peer.chain.iter().map(|certificate| certificate.len());
        if bytes.sum::<usize>() + staple.len() > MAX_BYTES {
            return None;
        }
        let chain = peer.chain.iter();
        Some(Self {
            chain: chain
                .map(|certificate| certificate.clone().into_owned())
                .collect(),
            name: peer.name?.to_owned(),
            staple: staple.to_vec(),
            time: receipt.time(),
            host: receipt.host()?.to_owned(),
            zone: receipt.zone().to_owned(),
            in_force: in_short(receipt),
        })
    }

    /// The verdict of the candidate about the same peer at the same time.
    pub(super) fn judge(&self, candidate: &Judge) -> Judged {
        let peer = Peer::from_chain(PresentedChain::new(&self.chain), &self.name)
            .with_ocsp_staple(&self.staple)
            .at(self.time);
        match candidate.verify(&peer) {
            Ok(receipt) => in_short(&receipt),
            Err(refusal) => Judged::Refused(refusal.code()),
        }
    }
}

fn in_short(receipt: &Receipt) -> Judged {
    match receipt.verdict() {
        Verdict::Verified => Judged::Verified,
        Verdict::PathOnly => Judged::PathOnly,
        Verdict::KnownKey { .. } => Judged::KnownKey,
        Verdict::Granted { .. } => Judged::Granted,
        Verdict::Refused(code) => Judged::Refused(*code),
    }
}
