//! Stapled OCSP responses: which prove something, about whom, for how long.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;
use std::time::Duration;

use bonafide_testkit::certificate::ExtendedKeyUsage;
use bonafide_testkit::revocation::{OcspHash, OcspRecipe, OcspStatus};
use bonafide_testkit::{CrlRecipe, Identity, KeyKind, Moment, Recipe, TestCa};
use bonafide_verify::pki_types::ServerName;
use bonafide_verify::receipt::Outcome;
use bonafide_verify::refusal::Reason;
use bonafide_verify::revocation::{
    Crls, OnMissingStatus, OnStaleStatus, OnUnknownStatus, Revocation, RevocationBuilder,
    RevocationReason, RevocationScope, RevocationSource, StapleFault,
};
use bonafide_verify::{Anchors, Clock, Code, Peer, Policy, Profile, Receipt, Refusal};
use proptest::prelude::*;

const HOST: &str = "api.test";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const SECOND: Duration = Duration::from_secs(1);

fn staples() -> RevocationBuilder {
    Revocation::builder().ocsp_staple()
}

fn judge_at(
    ca: &TestCa,
    leaf: &Identity,
    staple: &[u8],
    builder: RevocationBuilder,
    time: Moment,
) -> Result<Arc<Receipt>, Refusal> {
    let policy = Policy::builder()
        .anchors(Anchors::only(ca.root_certificate().clone()))
        .clock(Clock::fixed(time.as_unix_time()))
        .check(builder.build().unwrap())
        .build()
        .unwrap();
    let name = ServerName::try_from(HOST).unwrap();
    policy.verify(&Peer::new(leaf.chain(), &name).with_ocsp_staple(staple))
}

fn judge(
    ca: &TestCa,
    leaf: &Identity,
    staple: &[u8],
    builder: RevocationBuilder,
) -> Result<Arc<Receipt>, Refusal> {
    judge_at(ca, leaf, staple, builder, Moment::now())
}

/// Why a staple by this recipe is refused, if it is.
fn refused(ca: &TestCa, leaf: &Identity, recipe: OcspRecipe) -> Option<Reason> {
    judge(ca, leaf, &ca.ocsp(leaf.leaf(), recipe), staples())
        .err()
        .map(|refusal| refusal.reason().clone())
}

fn invalid(fault: StapleFault) -> Option<Reason> {
    Some(Reason::StapleInvalid { fault })
}

fn row(receipt: &Receipt) -> (Outcome, String) {
    let row = receipt
        .checks()
        .iter()
        .find(|row| row.name() == "revocation")
        .unwrap();
    (
        row.outcome().clone(),
        row.detail().unwrap_or_default().to_owned(),
    )
}

fn responder() -> Recipe {
    Recipe::for_host("responder").extended_key_usage([ExtendedKeyUsage::OcspSigning])
}

#[test]
fn a_staple_says_good_revoked_or_unknown() {
    let ca = TestCa::new();
    let leaf = ca.issue(Recipe::for_host(HOST));
    let made = Moment::now() - DAY;
    let recipe = || {
        OcspRecipe::new()
            .this_update(made)
            .produced_at(made)
            .next_update(made + 3 * DAY)
    };
    let good = ca.ocsp(leaf.leaf(), recipe());
    let receipt = judge(&ca, &leaf, &good, staples()).unwrap();
    assert_eq!(
        row(&receipt),
        (
            Outcome::Passed,
            "leaf: good according to the stapled OCSP response".to_owned()
        )
    );
    assert_eq!(receipt.deadline(), Some((made + 3 * DAY).as_unix_time()));

    assert_eq!(
        refused(&ca, &leaf, recipe().status(OcspStatus::Revoked)),
        Some(Reason::Revoked {
            source: RevocationSource::Staple,
            since: Some((made - DAY).as_unix_time()),
            reason: Some(RevocationReason::KeyCompromise),
        })
    );
    assert_eq!(
        refused(&ca, &leaf, recipe().status(OcspStatus::Unknown)),
        Some(Reason::RevocationUnknown {
            source: RevocationSource::Staple
        })
    );
}

#[test]
fn a_staple_counts_in_its_time_only() {
    let ca = TestCa::new();
    let leaf = ca.issue(Recipe::for_host(HOST));
    let now = Moment::now();
    let (from, until) = (now - DAY / 2, now + DAY);
    let recipe = OcspRecipe::new()
        .this_update(from)
        .produced_at(from)
        .next_update(until);
    let stale = |this_update: Moment, next_update: Option<Moment>| {
        Some(Reason::RevocationStale {
            source: RevocationSource::Staple,
            this_update: this_update.as_unix_time(),
            next_update: next_update.map(Moment::as_unix_time),
        })
    };
    let endless = recipe.clone().without_next_update();
    let late = recipe.clone().produced_at(now + SECOND);
    let cases = [
        (recipe.clone(), from, None),
        (recipe.clone(), from - SECOND, stale(from, Some(until))),
        (recipe.clone(), until - SECOND, None),
        (recipe, until, stale(from, Some(until))),
        // Without an end it counts for a day.
        (endless.clone(), from + DAY - SECOND, None),
        (endless, from + DAY, stale(from, None)),
        (late, now, stale(now + SECOND, Some(until))),
    ];
    for (case, (recipe, time, expected)) in cases.into_iter().enumerate() {
        let staple = ca.ocsp(leaf.leaf(), recipe);
        let reason = judge_at(&ca, &leaf, &staple, staples(), time)
            .err()
            .map(|refusal| refusal.reason().clone());
        assert_eq!(reason, expected, "case {case}");
    }
}

#[test]
fn a_staple_is_about_this_certificate_of_this_issuer() {
    let ca = TestCa::named("root");
    let namesake = TestCa::named("root");
    let (leaf, other) = (
        ca.issue(Recipe::for_host(HOST)),
        ca.issue(Recipe::for_host(HOST)),
    );
    for hash in [OcspHash::Sha1, OcspHash::Sha256] {
        assert_eq!(refused(&ca, &leaf, OcspRecipe::new().hash(hash)), None);
        for issuer in [&TestCa::new(), &namesake] {
            assert_eq!(
                refused(&ca, &leaf, OcspRecipe::new().hash(hash).for_issuer(issuer)),
                invalid(StapleFault::OtherCertificate)
            );
        }
    }
    let of_other = ca.ocsp(other.leaf(), OcspRecipe::new());
    let refusal = judge(&ca, &leaf, &of_other, staples()).unwrap_err();
    assert_eq!(
        Some(refusal.reason().clone()),
        invalid(StapleFault::OtherCertificate)
    );
    assert_eq!(refusal.code(), Code::StapleInvalid);
    assert_eq!(refusal.subject().unwrap().position, 0);
}

#[test]
fn a_staple_is_signed_by_the_issuer_or_by_a_responder_of_its_own() {
    let ca = TestCa::named("root");
    let leaf = ca.issue(Recipe::for_host(HOST));
    let by = |recipe: Recipe| OcspRecipe::new().responder(&ca.issue(recipe));
    let elsewhere = TestCa::new().issue(responder());
    let forged = TestCa::named("root").issue(responder());
    let new = OcspRecipe::new;
    let cases = [
        ("issuer", new(), None),
        ("issuer by key", new().by_key(), None),
        (
            "another key",
            new().signed_by(&TestCa::new()),
            invalid(StapleFault::BadSignature),
        ),
        (
            "changed",
            new().bad_signature(),
            invalid(StapleFault::BadSignature),
        ),
        ("responder", by(responder()), None),
        ("responder by key", by(responder()).by_key(), None),
        (
            "responder, changed",
            by(responder()).bad_signature(),
            invalid(StapleFault::BadSignature),
        ),
        (
            "not for signing responses",
            by(Recipe::for_host("responder")),
            invalid(StapleFault::ResponderPurpose),
        ),
        (
            "for anything",
            by(Recipe::for_host("r").extended_key_usage([ExtendedKeyUsage::Any])),
            invalid(StapleFault::ResponderPurpose),
        ),
        (
            "the leaf itself",
            new().responder(&leaf),
            invalid(StapleFault::ResponderPurpose),
        ),
        (
            "expired responder",
            by(responder().expired()),
            invalid(StapleFault::ResponderExpired),
        ),
        (
            "of another issuer",
            new().responder(&elsewhere),
            invalid(StapleFault::ResponderNotIssued),
        ),
        (
            "of another issuer of the same name",
            new().responder(&forged),
            invalid(StapleFault::ResponderNotIssued),
        ),
        (
            "critical extension",
            new().unknown_extension(true),
            invalid(StapleFault::CriticalExtension),
        ),
        ("extension", new().unknown_extension(false), None),
        (
            "try later",
            new().error(3),
            invalid(StapleFault::Unsuccessful { status: 3 }),
        ),
    ];
    for (case, recipe, expected) in cases {
        assert_eq!(refused(&ca, &leaf, recipe), expected, "{case}");
    }
}

#[test]
fn a_responder_of_the_root_does_not_speak_for_an_intermediate() {
    let root = TestCa::new();
    let issuing = root.intermediate("issuing");
    let leaf = issuing.issue(Recipe::for_host(HOST));
    let above = root.issue(responder());
    let staple = issuing.ocsp(leaf.leaf(), OcspRecipe::new().responder(&above));
    let builder = staples().scope(RevocationScope::Leaf);
    let refusal = judge(&root, &leaf, &staple, builder).unwrap_err();
    assert_eq!(
        Some(refusal.reason().clone()),
        invalid(StapleFault::ResponderNotIssued)
    );
}

#[test]
fn a_revoked_responder_does_not_count() {
    let ca = TestCa::new();
    let leaf = ca.issue(Recipe::for_host(HOST));
    let bad = ca.issue(responder());
    let staple = ca.ocsp(leaf.leaf(), OcspRecipe::new().responder(&bad));
    for (recipe, expected) in [
        (CrlRecipe::new(), None),
        (
            CrlRecipe::new().revoke(&bad),
            invalid(StapleFault::ResponderRevoked),
        ),
    ] {
        let builder = staples().crls(Crls::pem("lists", ca.crl(recipe)));
        let reason = judge(&ca, &leaf, &staple, builder)
            .err()
            .map(|refusal| refusal.reason().clone());
        assert_eq!(reason, expected);
    }
}

#[test]
fn responses_are_signed_with_every_kind_of_key() {
    for kind in [KeyKind::EcdsaP384, KeyKind::Rsa2048, KeyKind::EcdsaP256] {
        let ca = TestCa::builder().key(kind).build();
        let leaf = ca.issue(Recipe::for_host(HOST));
        assert_eq!(refused(&ca, &leaf, OcspRecipe::new()), None, "{kind:?}");
        let delegated = ca.issue(responder().key(kind));
        let recipe = OcspRecipe::new().responder(&delegated);
        assert_eq!(refused(&ca, &leaf, recipe), None, "{kind:?}");
    }
}

#[test]
fn a_leaf_that_demands_a_staple_is_refused_without_one_whatever_lists_say() {
    let ca = TestCa::new();
    let demanding = ca.issue(Recipe::for_host(HOST).must_staple());
    let list = || Crls::pem("lists", ca.crl(CrlRecipe::new()));
    for builder in [
        staples(),
        staples().on_missing(OnMissingStatus::Accept),
        staples().crls(list()),
    ] {
        let refusal = judge(&ca, &demanding, b"", builder).unwrap_err();
        assert_eq!(refusal.reason(), &Reason::StapleMissing);
    }
    let good = ca.ocsp(demanding.leaf(), OcspRecipe::new());
    assert!(judge(&ca, &demanding, &good, staples()).is_ok());
    // A check that takes no staples does not look at them.
    let lists_only = Revocation::builder().crls(list());
    assert!(judge(&ca, &demanding, b"", lists_only).is_ok());
}

/// An extension with a padded identifier, which the reader does not take and rustls-webpki does.
const UNREADABLE: &[u8] = &[0x30, 0x08, 0x06, 0x02, 0x80, 0x01, 0x04, 0x02, 0x05, 0x00];

#[test]
fn a_leaf_whose_extensions_cannot_be_read_is_refused_whatever_its_profile() {
    let ca = TestCa::new();
    let demanding = ca.issue(Recipe::for_host(HOST).must_staple());
    let demanding = ca.reissue(demanding.leaf(), |leaf| {
        leaf.encoded_extension(UNREADABLE);
    });
    let lists = Crls::pem("lists", ca.crl(CrlRecipe::new()));
    let policy = Policy::builder()
        .anchors(Anchors::only(ca.certificate().clone()))
        .profile(Profile::PathOnly)
        .check(staples().crls(lists).build().unwrap())
        .build()
        .unwrap();
    let name = ServerName::try_from(HOST).unwrap();
    let refusal = policy.verify(&Peer::new(&[demanding], &name)).unwrap_err();
    assert_eq!(refusal.code(), Code::Malformed);
    assert_eq!(refusal.subject().unwrap().position, 0);
}

#[test]
fn a_missing_staple_is_refused_unless_a_list_clears_the_leaf_or_it_is_accepted() {
    let ca = TestCa::new();
    let leaf = ca.issue(Recipe::for_host(HOST));
    let refusal = judge(&ca, &leaf, b"", staples()).unwrap_err();
    assert_eq!(
        refusal.reason(),
        &Reason::RevocationMissing {
            tried: "no stapled OCSP response".into()
        }
    );
    let elsewhere = TestCa::new().crl(CrlRecipe::new());
    let refusal = judge(
        &ca,
        &leaf,
        b"",
        staples().crls(Crls::pem("lists", elsewhere)),
    )
    .unwrap_err();
    assert_eq!(
        refusal.reason(),
        &Reason::RevocationMissing {
            tried: "no stapled OCSP response, no revocation list of its issuer".into()
        }
    );
    let listed = staples().crls(Crls::pem("lists", ca.crl(CrlRecipe::new())));
    assert_eq!(
        row(&judge(&ca, &leaf, b"", listed).unwrap()).0,
        Outcome::Passed
    );
    let accepting = staples().on_missing(OnMissingStatus::Accept);
    assert_eq!(
        row(&judge(&ca, &leaf, b"", accepting).unwrap()).0,
        Outcome::NotChecked
    );
}

#[test]
fn what_is_accepted_without_an_answer_reads_so_on_the_receipt() {
    let ca = TestCa::new();
    let leaf = ca.issue(Recipe::for_host(HOST));
    let unknown = ca.ocsp(leaf.leaf(), OcspRecipe::new().status(OcspStatus::Unknown));
    let accepting = staples().on_unknown(OnUnknownStatus::Accept);
    assert_eq!(
        row(&judge(&ca, &leaf, &unknown, accepting).unwrap()).0,
        Outcome::NotCovered
    );
    let old = OcspRecipe::new()
        .this_update(Moment::now() - 3 * DAY)
        .next_update(Moment::now() - DAY);
    let old = ca.ocsp(leaf.leaf(), old);
    let accepting = staples().on_stale(OnStaleStatus::Accept);
    assert_eq!(
        row(&judge(&ca, &leaf, &old, accepting).unwrap()).0,
        Outcome::Stale
    );
}

#[test]
fn a_staple_that_proves_nothing_is_refused_even_if_a_list_clears_the_leaf() {
    let ca = TestCa::new();
    let leaf = ca.issue(Recipe::for_host(HOST));
    let lenient = || {
        staples()
            .crls(Crls::pem("lists", ca.crl(CrlRecipe::new())))
            .on_missing(OnMissingStatus::Accept)
            .on_stale(OnStaleStatus::Accept)
            .on_unknown(OnUnknownStatus::Accept)
    };
    for (staple, fault) in [
        (vec![0x30], StapleFault::Malformed),
        (
            vec![0; 70_000],
            StapleFault::TooLarge {
                limit_bytes: 64 * 1024,
            },
        ),
        (
            ca.ocsp(leaf.leaf(), OcspRecipe::new().bad_signature()),
            StapleFault::BadSignature,
        ),
    ] {
        let refusal = judge(&ca, &leaf, &staple, lenient()).unwrap_err();
        assert_eq!(refusal.reason(), &Reason::StapleInvalid { fault });
    }
}

#[test]
fn a_list_that_revokes_counts_above_a_staple_that_says_good_and_the_other_way_round() {
    let ca = TestCa::new();
    let leaf = ca.issue(Recipe::for_host(HOST));
    for (recipe, status) in [
        (CrlRecipe::new().revoke(&leaf), OcspStatus::Good),
        (CrlRecipe::new(), OcspStatus::Revoked),
    ] {
        let staple = ca.ocsp(leaf.leaf(), OcspRecipe::new().status(status));
        let builder = staples().crls(Crls::pem("lists", ca.crl(recipe)));
        let refusal = judge(&ca, &leaf, &staple, builder).unwrap_err();
        assert_eq!(refusal.code(), Code::Revoked);
    }
}

#[test]
fn staples_say_nothing_of_intermediates() {
    let root = TestCa::new();
    let issuing = root.intermediate("issuing");
    let leaf = issuing.issue(Recipe::for_host(HOST));
    let staple = issuing.ocsp(leaf.leaf(), OcspRecipe::new());
    let refusal = judge(&root, &leaf, &staple, staples()).unwrap_err();
    assert_eq!(
        refusal.reason(),
        &Reason::RevocationMissing {
            tried: "no source covers such certificates".into()
        }
    );
    assert_eq!(refusal.subject().unwrap().position, 1);
    let of_leaf = staples().scope(RevocationScope::Leaf);
    assert!(judge(&root, &leaf, &staple, of_leaf).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn no_bit_of_a_staple_can_be_changed_and_the_staple_still_count(
        place in any::<prop::sample::Index>(),
        bit in 0_u8..8,
        delegated in any::<bool>(),
    ) {
        let ca = TestCa::new();
        let leaf = ca.issue(Recipe::for_host(HOST));
        let mut recipe = OcspRecipe::new();
        if delegated {
            recipe = recipe.responder(&ca.issue(responder()));
        }
        let mut staple = ca.ocsp(leaf.leaf(), recipe);
        prop_assert!(judge(&ca, &leaf, &staple, staples()).is_ok());
        let place = place.index(staple.len());
        staple[place] ^= 1 << bit;
        let judged = judge(&ca, &leaf, &staple, staples());
        prop_assert!(judged.is_err(), "bit {} of byte {}", bit, place);
    }

    #[test]
    fn no_bytes_make_the_reader_of_staples_panic(
        staple in prop::collection::vec(any::<u8>(), 1..300),
    ) {
        let ca = TestCa::new();
        let leaf = ca.issue(Recipe::for_host(HOST));
        let refusal = judge(&ca, &leaf, &staple, staples()).unwrap_err();
        prop_assert_eq!(refusal.code(), Code::StapleInvalid);
    }
}
