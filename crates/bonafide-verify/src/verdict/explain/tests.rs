//! Tests the text of every code against its snapshot; `SNAPSHOTS=overwrite` writes them again.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bonafide_testkit::{Recipe, TestCa};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use snapbox::{Data, assert_data_eq};

use super::Explanation;
use crate::anchors::{Origin, OriginCounts};
use crate::code::Code;
use crate::config::epoch::{Epoch, Successor};
use crate::first_use::{
    CertificateSha256, Exactly, FirstUseError, KeyReason, KnownKey, SharedFirstUseError, StoreFault,
};
use crate::verdict::receipt::records::{CheckRecord, Outcome};
use crate::verdict::receipt::report::{Receipt, Verdict, Verification};
use crate::verdict::refusal::reason::{Bound, Reason};
use crate::verdict::refusal::report::{Exhibit, Premise, Refusal, Rejudge, Subject};
use crate::verdict::refusal::revocation::{RevocationReason, RevocationSource, StapleFault};
use crate::verdict::refusal::sct::{SctListError, SctSource};
use crate::x509::presented_name::PresentedName;
use crate::x509::spki::SpkiSha256;

const HOST: &str = "api.test";

/// 2030-01-01T00:00:00Z, and days from then.
fn day(days: i64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(
        1_893_456_000_u64.saturating_add_signed(days * 86_400),
    ))
}

fn counts() -> OriginCounts {
    OriginCounts(vec![(Arc::new(Origin::Memory("corp root".to_owned())), 1)])
}

/// The codes that are explained without a peer.
const WITHOUT_PEER: [Code; 11] = [
    Code::BadHandshakeSignature,
    Code::ProtocolVersion,
    Code::NoCommonParameters,
    Code::ClientCertificate,
    Code::ClientIdentity,
    Code::HandshakeClosed,
    Code::HandshakeReset,
    Code::NotTls,
    Code::HandshakeFailed,
    Code::PlainHttp,
    Code::RedirectToHttp,
];

/// The reason of the sample with this code; a rule's where there is none, as the rules of profiles
/// have no reasons of their own.
fn reason(code: Code) -> Reason {
    let own = reasons().into_iter().find(|reason| reason.code() == code);
    own.unwrap_or(Reason::Rule {
        code,
        clause: "the clause of the rule",
        found: "what the rule found".into(),
    })
}

/// A reason of each kind.
fn reasons() -> Vec<Reason> {
    let pattern = || HOST.parse().unwrap();
    vec![
        Reason::Expired { not_after: day(-1) },
        Reason::NotYetValid { not_before: day(1) },
        Reason::InvalidValidity,
        Reason::ExpiredAnchor {
            not_before: day(-900),
            not_after: day(-1),
        },
        Reason::UnknownIssuer {
            issuer: "CN=root".to_owned(),
            presented: 2,
            anchors: counts(),
        },
        Reason::SelfSigned { anchors: counts() },
        Reason::Distrusted,
        Reason::NameMismatch {
            expected: "other.test".to_owned(),
            presented: vec![PresentedName::Dns(HOST.to_owned())],
        },
        Reason::NoSubjectAltName,
        Reason::NameConstraint,
        Reason::PathLength,
        Reason::CaAsLeaf,
        Reason::LeafAsCa,
        Reason::WrongPurpose {
            presented: vec!["clientAuth".to_owned()],
        },
        Reason::EmptyPurpose,
        Reason::BadSignature,
        Reason::WeakSignature {
            algorithm: "SHA-1".to_owned(),
        },
        Reason::UnsupportedSignature {
            algorithm: "1.2.3".to_owned(),
        },
        Reason::WeakKey { bits: 1024 },
        Reason::UnsupportedKey {
            kind: "DSA".to_owned(),
        },
        Reason::UnknownCriticalExtension {
            id: Some("1.2.3.4".to_owned()),
        },
        Reason::UnsupportedVersion,
        Reason::Malformed {
            detail: "a length that is too long".to_owned(),
        },
        Reason::NoCertificate,
        Reason::TooComplex,
        Reason::ChainTooLarge {
            bound: Bound::Certificates,
            found: 65,
            allowed: 64,
        },
        Reason::TooManyIntermediates {
            found: 2,
            allowed: 1,
        },
        Reason::PinMismatch {
            host: HOST.to_owned(),
            pattern: pattern(),
            configured: vec![SpkiSha256([1; 32])],
            observed: vec![SpkiSha256([2; 32])],
        },
        Reason::PinsExpired {
            pattern: pattern(),
            expired: day(-1),
        },
        Reason::from(KeyReason::Changed {
            host: HOST.to_owned(),
            known: KnownKey {
                key: SpkiSha256([7; 32]),
                first_seen: day(-30),
            },
            observed: SpkiSha256([8; 32]),
        }),
        Reason::from(KeyReason::NotTheKey {
            host: HOST.to_owned(),
            expected: vec![
                Exactly::Key(SpkiSha256([7; 32])),
                Exactly::Certificate(CertificateSha256([9; 32])),
            ],
            observed: SpkiSha256([8; 32]),
            certificate: CertificateSha256([10; 32]),
        }),
        Reason::from(KeyReason::Unknown {
            host: HOST.to_owned(),
            observed: SpkiSha256([8; 32]),
        }),
        Reason::from(KeyReason::Store {
            error: SharedFirstUseError::new(FirstUseError::Damaged {
                path: "/var/lib/devices".into(),
                line: 3,
                fault: StoreFault::CutShort,
            }),
        }),
        Reason::TooFewScts {
            counted: 1,
            operators: 1,
            trusted_now: 1,
            needed: 2,
            needed_operators: 2,
            uncounted: Vec::new(),
        },
        Reason::SctMalformed {
            source: SctSource::Certificate,
            error: SctListError::Truncated,
        },
        Reason::LogListStale {
            made: day(-71),
            fresh_until: day(-1),
        },
        Reason::Revoked {
            source: RevocationSource::List {
                location: Arc::from("corp.crl"),
                number: Arc::from("2a"),
            },
            since: Some(day(-3)),
            reason: Some(RevocationReason::KeyCompromise),
        },
        Reason::RevocationUnknown {
            source: RevocationSource::Staple,
        },
        Reason::RevocationStale {
            source: RevocationSource::Staple,
            this_update: day(-9),
            next_update: Some(day(-2)),
        },
        Reason::RevocationMissing {
            tried: "no revocation list of its issuer".into(),
        },
        Reason::StapleMissing,
        Reason::StapleInvalid {
            fault: StapleFault::OtherCertificate,
        },
        Reason::Check {
            message: "3 intermediates".to_owned(),
        },
        Reason::HostNotInPolicy {
            host: HOST.to_owned(),
        },
        Reason::NoAnchors {
            report: "system store: 0 loaded".to_owned(),
        },
    ]
}

/// Believes whatever is judged at another time or for another name.
struct Lenient;

impl Rejudge for Lenient {
    fn would_accept(&self, _: &Exhibit, premise: &Premise<'_>) -> bool {
        matches!(premise, Premise::Time(_) | Premise::Name(_))
    }
}

/// A leaf and its issuer with names and times that are always the same.
fn chain() -> Vec<CertificateDer<'static>> {
    let root = TestCa::builder()
        .common_name("root")
        .valid_from(day(-800))
        .valid_until(day(800))
        .build();
    let issuing = root
        .intermediate_builder()
        .common_name("issuing")
        .valid_from(day(-400))
        .valid_until(day(400))
        .build();
    let recipe = Recipe::for_hosts([HOST, "127.0.0.1"])
        .valid_from(day(-91))
        .valid_until(day(-1));
    issuing.issue(recipe).chain().to_vec()
}

fn refusal(reason: Reason, chain: &[CertificateDer<'static>]) -> Refusal {
    let verification = Verification {
        verdict: Verdict::Refused(reason.code()),
        epoch: Epoch::next(),
        successor: Successor::default(),
        zone: Arc::from("default"),
        host: Some(HOST.to_owned()),
        time: day(0),
        clock: Arc::from("fixed"),
        provider: "aws-lc-rs",
        anchors: counts(),
        path: None,
        checks: vec![
            CheckRecord::new("path", Outcome::Refused(reason.clone())),
            CheckRecord::new("name", Outcome::NotChecked),
        ],
        valid_until: None,
    };
    let subject = Subject {
        position: 0,
        name: format!("CN={HOST}"),
    };
    let receipt = Arc::new(Receipt::new(Arc::new(verification)));
    Refusal::new(reason, Some(subject), receipt, None).with_exhibit(Exhibit {
        chain: chain.to_vec(),
        name: ServerName::try_from(HOST).ok(),
        time: day(0),
        ocsp_staple: None,
        scts: None,
        left_out: 0,
        is_whole: true,
        anchors: None,
        again: Arc::new(Lenient),
    })
}

#[test]
fn every_code_has_its_snapshot() {
    let chain = chain();
    let snapshots = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/verdict/explain/snapshots");
    for code in Code::ALL {
        let explanation = if WITHOUT_PEER.contains(code) {
            Explanation::of(*code)
        } else {
            refusal(reason(*code), &chain).explain()
        };
        let file = snapshots.join(format!("{code}.txt"));
        assert_data_eq!(explanation.to_string() + "\n", Data::read_from(&file, None));
    }
    // Those of situations have a second part in their names.
    let files = std::fs::read_dir(&snapshots).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let of_codes = names.filter(|name| name.matches('.').count() == 1).count();
    assert_eq!(of_codes, Code::ALL.len(), "a snapshot without a code");
}
