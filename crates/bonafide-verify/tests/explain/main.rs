//! Explanations: what they show, and that their remedy is found by judging again with one premise
//! changed.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod remedies;
mod text;

use std::time::Duration;

use bonafide_testkit::{Identity, TestCa};
use bonafide_verify::explain::Explanation;
use bonafide_verify::pki_types::{CertificateDer, ServerName, UnixTime};
use bonafide_verify::{Anchors, Peer, Policy, PolicyBuilder, Refusal};

pub(crate) const HOST: &str = "api.test";

pub(crate) fn trusting(ca: &TestCa) -> PolicyBuilder {
    Policy::builder().anchors(Anchors::only(ca.certificate().clone()))
}

pub(crate) fn refusal(policy: &Policy, chain: &[CertificateDer<'_>], host: &str) -> Refusal {
    let name = ServerName::try_from(host.to_owned()).unwrap();
    policy.verify(&Peer::new(chain, &name)).unwrap_err()
}

pub(crate) fn explained(policy: &Policy, identity: &Identity, host: &str) -> Explanation {
    refusal(policy, identity.chain(), host).explain()
}

pub(crate) fn seconds_from_now(seconds: i64) -> UnixTime {
    let now = UnixTime::now().as_secs();
    UnixTime::since_unix_epoch(Duration::from_secs(now.saturating_add_signed(seconds)))
}
