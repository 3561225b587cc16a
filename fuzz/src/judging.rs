//! Judging the peer of an input.

use std::sync::Arc;
use std::time::Duration;

use bonafide_verify::pki_types::{CertificateDer, ServerName, UnixTime};
use bonafide_verify::{Anchors, CustomCa, Intermediates, Peer, Policy, PolicyBuilder, Profile};

use crate::budget::bounded;
use crate::case::{Case, Part};
use crate::signatures::{BELIEVING, VERIFYING};

/// The authorities of an input.
pub fn authorities(case: &Case<'_>) -> CustomCa {
    CustomCa::certificates(certificates(case, Part::Anchor))
}

/// Judges the peer by a policy of these authorities, with the checks that `add_checks` adds, and
/// prints and explains what comes of it.
pub fn judge(
    case: &Case<'_>,
    authorities: CustomCa,
    add_checks: impl FnOnce(PolicyBuilder) -> PolicyBuilder,
) {
    let provider = if case.verifies_signatures {
        &VERIFYING
    } else {
        &BELIEVING
    };
    let mut policy = Policy::builder()
        .anchors(Anchors::only(authorities))
        .profile(Profile::ALL[usize::from(case.profile) % Profile::ALL.len()])
        .crypto_provider(Arc::clone(provider));
    let intermediates: Vec<&[u8]> = case.all(Part::Intermediate).collect();
    if let [intermediate] = intermediates[..] {
        policy = policy.intermediates(Intermediates::pem("input", intermediate));
    }
    let Ok(policy) = add_checks(policy).build() else {
        return;
    };
    let chain: Vec<CertificateDer<'_>> = certificates(case, Part::Presented).collect();
    let host = std::str::from_utf8(case.host).ok();
    let name = host.and_then(|host| ServerName::try_from(host).ok());
    let mut peer = match &name {
        Some(name) => Peer::new(&chain, name),
        None => Peer::without_name(&chain),
    };
    peer = peer.at(UnixTime::since_unix_epoch(Duration::from_secs(case.time)));
    if let Some(staple) = case.all(Part::Staple).next() {
        peer = peer.with_ocsp_staple(staple);
    }
    if let Some(timestamps) = case.all(Part::Timestamps).next() {
        peer = peer.with_scts(timestamps);
    }
    match bounded(|| policy.verify(&peer)) {
        Ok(receipt) => drop(receipt.to_string()),
        Err(refusal) => {
            drop(refusal.to_string());
            drop(refusal.receipt().to_string());
            drop(refusal.explain().to_string());
        }
    }
}

fn certificates(case: &Case<'_>, part: Part) -> impl Iterator<Item = CertificateDer<'static>> {
    case.all(part)
        .map(|der| CertificateDer::from(der.to_vec()))
        .collect::<Vec<_>>()
        .into_iter()
}
