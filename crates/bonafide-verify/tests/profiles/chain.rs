//! A chain that no profile has anything against, and its copies with one field changed.

use std::time::Duration;

use bonafide_testkit::certificate::Draft;
use bonafide_testkit::{Moment, Recipe, TestCa};
use bonafide_verify::pki_types::{CertificateDer, ServerName, UnixTime};
use bonafide_verify::{Anchors, Clock, Code, Peer, Policy, Profile, Refusal};

use super::der::*;

pub(crate) const HOST: &str = "www.example.com";
/// 2026-06-01.
const NOW: u64 = 1_780_272_000;

/// Changes a certificate.
pub(crate) type Change = fn(&mut Draft);

/// Which certificate of the chain is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PathRole {
    Leaf,
    Intermediate,
    Anchor,
}

/// Root, intermediate and leaf, each with the key to reissue it.
pub(crate) struct Chain {
    root: TestCa,
    issuing: TestCa,
    pub(crate) leaf: CertificateDer<'static>,
    pub(crate) intermediate: CertificateDer<'static>,
    pub(crate) anchor: CertificateDer<'static>,
}

impl Chain {
    /// A chain that keeps to the Baseline Requirements and to RFC 5280.
    pub(crate) fn new() -> Self {
        let at =
            |seconds: u64| Moment::from(UnixTime::since_unix_epoch(Duration::from_secs(seconds)));
        let day = 86_400;
        let root = TestCa::builder()
            .common_name("root")
            .valid_from(at(NOW - 400 * day))
            .valid_until(at(NOW + 4_000 * day))
            .build();
        let issuing = root
            .intermediate_builder()
            .common_name("issuing")
            .valid_from(at(NOW - 300 * day))
            .valid_until(at(NOW + 900 * day))
            .build();
        let recipe = Recipe::for_host(HOST)
            .valid_from(at(NOW - 17 * day))
            .valid_until(at(NOW + 60 * day));
        let served = issuing.issue(recipe);
        let issuer = Self::issuer_name();

        let anchor = root.reissue(root.certificate(), |root| {
            root.serial_number(&[0x11]);
        });
        let intermediate = root.reissue(issuing.certificate(), |issuing| {
            issuing
                .serial_number(&[0x22])
                .subject(&issuer)
                .extension(PURPOSES, false, &oids(&[SERVER_AUTH]))
                .extension(POLICIES, false, &policies(&[DOMAIN_VALIDATED]))
                .extension(
                    CRL_POINTS,
                    false,
                    &crl_points("http://crl.example.com/root"),
                );
        });
        let leaf = issuing.reissue(served.leaf(), |leaf| {
            leaf.serial_number(&[0x33])
                .issuer(&issuer)
                .extension(POLICIES, false, &policies(&[DOMAIN_VALIDATED]))
                .extension(
                    CRL_POINTS,
                    false,
                    &crl_points("http://crl.example.com/issuing"),
                )
                .extension(
                    AUTHORITY_INFO,
                    false,
                    &authority_info("http://ocsp.example.com"),
                );
        });
        Self {
            root,
            issuing,
            leaf,
            intermediate,
            anchor,
        }
    }

    /// The name of the intermediate.
    pub(crate) fn issuer_name() -> Vec<u8> {
        name(&[
            ("2.5.4.6", "US"),
            ("2.5.4.10", "Example"),
            ("2.5.4.3", "Example Issuing"),
        ])
    }

    /// The chain with one certificate changed and signed again.
    pub(crate) fn with(&self, role: PathRole, change: impl FnOnce(&mut Draft)) -> Changed {
        let (mut leaf, mut intermediate, mut anchor) = (
            self.leaf.clone(),
            self.intermediate.clone(),
            self.anchor.clone(),
        );
        match role {
            PathRole::Leaf => leaf = self.issuing.reissue(&leaf, change),
            PathRole::Intermediate => intermediate = self.root.reissue(&intermediate, change),
            PathRole::Anchor => anchor = self.root.reissue(&anchor, change),
        }
        Changed {
            presented: vec![leaf, intermediate],
            anchor,
        }
    }

    /// The chain with another name of the intermediate, in both places where it stands.
    pub(crate) fn issued_by(&self, name: &[u8]) -> Changed {
        let leaf = self.issuing.reissue(&self.leaf, |leaf| {
            leaf.issuer(name);
        });
        let intermediate = self.root.reissue(&self.intermediate, |intermediate| {
            intermediate.subject(name);
        });
        Changed {
            presented: vec![leaf, intermediate],
            anchor: self.anchor.clone(),
        }
    }
}

/// What a server presents, and the anchor.
pub(crate) struct Changed {
    pub(crate) presented: Vec<CertificateDer<'static>>,
    pub(crate) anchor: CertificateDer<'static>,
}

impl Changed {
    /// Whether rustls-webpki takes the anchor for one.
    pub(crate) fn is_usable(&self) -> bool {
        Policy::builder()
            .anchors(Anchors::only(self.anchor.clone()))
            .build()
            .is_ok()
    }

    /// The policy of one profile that trusts the anchor.
    pub(crate) fn policy(&self, profile: Profile) -> Policy {
        Policy::builder()
            .anchors(Anchors::only(self.anchor.clone()))
            .profile(profile)
            .clock(Clock::fixed(UnixTime::since_unix_epoch(
                Duration::from_secs(NOW),
            )))
            .build()
            .unwrap()
    }

    /// The refusal, if the chain is refused for `host`.
    pub(crate) fn refusal_for(&self, profile: Profile, host: &str) -> Option<Refusal> {
        let name = ServerName::try_from(host.to_owned()).unwrap();
        self.policy(profile)
            .verify(&Peer::new(&self.presented, &name))
            .err()
    }

    /// The code of the refusal, if the chain is refused.
    pub(crate) fn code(&self, profile: Profile) -> Option<Code> {
        Some(self.refusal_for(profile, HOST)?.code())
    }

    /// The code of each profile that refuses.
    pub(crate) fn codes(&self) -> Vec<(Profile, Code)> {
        Profile::ALL
            .into_iter()
            .filter_map(|profile| Some((profile, self.code(profile)?)))
            .collect()
    }
}
