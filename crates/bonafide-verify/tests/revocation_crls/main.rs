//! Certificate revocation lists: which count, for which certificates, and what becomes of a
//! certificate that none clears.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod kinds;

use std::fs;
use std::time::Duration;

use bonafide_testkit::revocation::CrlScope;
use bonafide_testkit::{CrlRecipe, Identity, KeyKind, Moment, Recipe, TestCa};
use bonafide_verify::files::{CrlProblem, LoadProblem};
use bonafide_verify::pki_types::{CertificateRevocationListDer, ServerName, UnixTime};
use bonafide_verify::receipt::Outcome;
use bonafide_verify::refusal::Reason;
use bonafide_verify::revocation::{
    Crls, OnMissingStatus, OnStaleStatus, Revocation, RevocationBuilder, RevocationReason,
    RevocationScope, RevocationSource,
};
use bonafide_verify::{Anchors, Clock, Code, ConfigError, Peer, Policy, Receipt, Refusal};
use proptest::prelude::*;

const HOST: &str = "api.test";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

type List = CertificateRevocationListDer<'static>;

fn with(lists: &[List]) -> RevocationBuilder {
    lists.iter().fold(Revocation::builder(), |builder, list| {
        builder.crls(Crls::pem("lists", list))
    })
}

fn judge(
    root: &TestCa,
    identity: &Identity,
    check: Revocation,
    time: Moment,
) -> Result<std::sync::Arc<Receipt>, Refusal> {
    let policy = Policy::builder()
        .anchors(Anchors::only(root.certificate().clone()))
        .clock(Clock::fixed(time.as_unix_time()))
        .check(check)
        .build()
        .unwrap();
    let name = ServerName::try_from(HOST).unwrap();
    policy.verify(&Peer::new(identity.chain(), &name))
}

fn reason_of(root: &TestCa, identity: &Identity, lists: &[List]) -> Reason {
    judge(root, identity, with(lists).build().unwrap(), Moment::now())
        .unwrap_err()
        .reason()
        .clone()
}

fn row(receipt: &Receipt) -> (Outcome, String) {
    let rows: Vec<_> = receipt
        .checks()
        .iter()
        .filter(|row| row.name() == "revocation")
        .collect();
    let [row] = rows.as_slice() else {
        panic!("{} rows", rows.len());
    };
    let detail = row.detail().unwrap_or_default().to_owned();
    (row.outcome().clone(), detail)
}

fn missing(tried: &str) -> Reason {
    Reason::RevocationMissing {
        tried: tried.to_owned().into(),
    }
}

fn source() -> RevocationSource {
    RevocationSource::List {
        location: "lists".into(),
        number: "01".into(),
    }
}

fn problem(list: &List) -> CrlProblem {
    let error = with(std::slice::from_ref(list)).build().unwrap_err();
    let ConfigError::ReadCrls { location, problem } = error else {
        panic!("{error}");
    };
    assert_eq!(location, "lists");
    match problem {
        LoadProblem::NotACrl {
            position: 1,
            problem,
        } => problem,
        other => panic!("{other}"),
    }
}

#[test]
fn a_listed_certificate_is_refused_and_one_that_is_not_listed_is_accepted_until_the_next_list() {
    let ca = TestCa::new();
    let (good, stolen) = (
        ca.issue(Recipe::for_host(HOST)),
        ca.issue(Recipe::for_host(HOST)),
    );
    let made = Moment::now() - DAY;
    let list = ca.crl(
        CrlRecipe::new()
            .this_update(made)
            .next_update(made + 3 * DAY)
            .revoke(&stolen),
    );
    assert_eq!(
        reason_of(&ca, &stolen, std::slice::from_ref(&list)),
        Reason::Revoked {
            source: source(),
            since: Some(made.as_unix_time()),
            reason: Some(RevocationReason::KeyCompromise),
        }
    );
    let receipt = judge(&ca, &good, with(&[list]).build().unwrap(), Moment::now()).unwrap();
    assert_eq!(
        row(&receipt),
        (
            Outcome::Passed,
            "leaf: good according to the revocation list 01 from lists".to_owned()
        )
    );
    assert_eq!(receipt.deadline(), Some((made + 3 * DAY).as_unix_time()));
}

#[test]
fn a_serial_number_on_the_list_of_another_issuer_does_not_count() {
    let (ca, other) = (TestCa::new(), TestCa::new());
    let leaf = ca.issue(Recipe::for_host(HOST));
    let lists = [
        other.crl(CrlRecipe::new().revoke(&leaf)),
        ca.crl(CrlRecipe::new()),
    ];
    let receipt = judge(&ca, &leaf, with(&lists).build().unwrap(), Moment::now()).unwrap();
    assert_eq!(row(&receipt).0, Outcome::Passed);
    assert_eq!(
        reason_of(&ca, &leaf, &lists[..1]),
        missing("no revocation list of its issuer")
    );
}

#[test]
fn a_revocation_on_any_list_counts_above_all_others() {
    let ca = TestCa::new();
    let leaf = ca.issue(Recipe::for_host(HOST));
    let revoking = CrlRecipe::new().revoke(&leaf);
    let old = revoking
        .clone()
        .this_update(Moment::now() - 9 * DAY)
        .next_update(Moment::now() - 2 * DAY);
    for list in [revoking, old] {
        for lists in [
            [ca.crl(list.clone()), ca.crl(CrlRecipe::new())],
            [ca.crl(CrlRecipe::new()), ca.crl(list)],
        ] {
            assert_eq!(reason_of(&ca, &leaf, &lists).code(), Code::Revoked);
        }
    }
}

#[test]
fn a_list_counts_in_its_time_only() {
    let ca = TestCa::new();
    let leaf = ca.issue(Recipe::for_host(HOST));
    let now = Moment::now();
    let second = Duration::from_secs(1);
    let (from, until) = (now - DAY, now + DAY);
    let list = CrlRecipe::new().this_update(from).next_update(until);
    let stale = |next_update: Option<UnixTime>| Reason::RevocationStale {
        source: source(),
        this_update: from.as_unix_time(),
        next_update,
    };
    let until_end = Some(until.as_unix_time());
    let cases = [
        (list.clone(), from, None),
        (list.clone(), until - second, None),
        (list.clone(), until, Some(stale(until_end))),
        (list.clone(), until + second, Some(stale(until_end))),
        (list.clone().this_update(now).next_update(until), now, None),
        (list.without_next_update(), now, Some(stale(None))),
    ];
    for (recipe, time, expected) in cases {
        let check = with(&[ca.crl(recipe)]).build().unwrap();
        let judged = judge(&ca, &leaf, check, time);
        assert_eq!(
            judged.err().map(|refusal| refusal.reason().clone()),
            expected
        );
    }
    let future = ca.crl(
        CrlRecipe::new()
            .this_update(now + second)
            .next_update(until),
    );
    let reason = reason_of_at(&ca, &leaf, &future, now);
    assert_eq!(
        reason,
        Reason::RevocationStale {
            source: source(),
            this_update: (now + second).as_unix_time(),
            next_update: until_end,
        }
    );
}

fn reason_of_at(root: &TestCa, identity: &Identity, list: &List, time: Moment) -> Reason {
    let check = with(std::slice::from_ref(list)).build().unwrap();
    judge(root, identity, check, time)
        .unwrap_err()
        .reason()
        .clone()
}

#[test]
fn what_is_accepted_without_an_answer_reads_so_on_the_receipt() {
    let ca = TestCa::new();
    let leaf = ca.issue(Recipe::for_host(HOST));
    let now = Moment::now();
    let old = CrlRecipe::new()
        .this_update(now - 2 * DAY)
        .next_update(now - DAY);
    let stale = with(&[ca.crl(old)])
        .on_stale(OnStaleStatus::Accept)
        .build()
        .unwrap();
    let receipt = judge(&ca, &leaf, stale, now).unwrap();
    assert_eq!(row(&receipt).0, Outcome::Stale);

    let elsewhere = with(&[TestCa::new().crl(CrlRecipe::new())])
        .on_missing(OnMissingStatus::Accept)
        .build()
        .unwrap();
    let receipt = judge(&ca, &leaf, elsewhere, now).unwrap();
    assert_eq!(
        row(&receipt),
        (
            Outcome::NotCovered,
            "leaf: no source says whether it is revoked: no revocation list of its issuer"
                .to_owned()
        )
    );
}

#[test]
fn intermediates_are_looked_up_too_unless_the_leaf_alone_is_asked_for() {
    let root = TestCa::named("root");
    let (good, stolen) = (root.intermediate("good"), root.intermediate("stolen"));
    let serial = |ca: &TestCa| {
        let leaf = ca.issue(Recipe::for_host(HOST));
        bonafide_verify::x509::Certificate::from_der(&leaf.chain()[1])
            .unwrap()
            .serial()
            .to_vec()
    };
    let of_root = root.crl(CrlRecipe::new().revoke_serial(serial(&stolen)));
    for (ca, scope, expected) in [
        (&good, RevocationScope::WholePath, None),
        (
            &stolen,
            RevocationScope::WholePath,
            Some((Code::Revoked, 1)),
        ),
        (&stolen, RevocationScope::Leaf, None),
    ] {
        let leaf = ca.issue(Recipe::for_host(HOST));
        let check = with(&[of_root.clone(), ca.crl(CrlRecipe::new())])
            .scope(scope)
            .build()
            .unwrap();
        let refused = judge(&root, &leaf, check, Moment::now())
            .err()
            .map(|refusal| {
                let position = refusal.subject().unwrap().position;
                (refusal.code(), position)
            });
        assert_eq!(refused, expected);
    }
}

#[test]
fn a_list_without_a_number_or_with_a_critical_one_is_not_loaded() {
    let ca = TestCa::new();
    assert_eq!(
        problem(&ca.crl(CrlRecipe::new().without_number())),
        CrlProblem::NoNumber
    );
    assert_eq!(
        problem(&ca.crl(CrlRecipe::new().critical_number())),
        CrlProblem::CriticalNumber
    );
}

#[test]
fn the_issuer_must_be_allowed_to_sign_lists_where_it_has_a_key_usage() {
    let builder = || TestCa::builder().common_name("root");
    for (ca, believed) in [
        (builder().build(), true),
        (builder().without_key_usage().build(), true),
        (builder().without_crl_sign().build(), false),
    ] {
        let leaf = ca.issue(Recipe::for_host(HOST));
        let check = with(&[ca.crl(CrlRecipe::new())]).build().unwrap();
        let reason = judge(&ca, &leaf, check, Moment::now())
            .err()
            .map(|refusal| refusal.reason().clone());
        let expected = missing(
            "the revocation list from lists was issued by a CA whose key usage has no cRLSign",
        );
        assert_eq!(reason, (!believed).then_some(expected));
    }
}

#[test]
fn a_list_counts_for_the_certificates_that_it_is_for() {
    let ca = TestCa::new();
    let url = "http://lists.test/1.crl";
    let plain = ca.issue(Recipe::for_host(HOST));
    let pointing = ca.issue(Recipe::for_host(HOST).crl_distribution_point(url));
    let elsewhere =
        ca.issue(Recipe::for_host(HOST).crl_distribution_point("http://lists.test/2.crl"));
    let other = "does not cover this certificate";
    let new = CrlRecipe::new;
    let cases: [(&str, CrlRecipe, &Identity, Option<&str>); 10] = [
        ("user", new().only(CrlScope::UserCertificates), &plain, None),
        (
            "ca",
            new().only(CrlScope::CaCertificates),
            &plain,
            Some(other),
        ),
        (
            "attribute",
            new().only(CrlScope::AttributeCertificates),
            &plain,
            Some("is for attribute certificates only"),
        ),
        ("point", new().distribution_point(url), &pointing, None),
        (
            "other point",
            new().distribution_point(url),
            &elsewhere,
            Some(other),
        ),
        (
            "no point",
            new().distribution_point(url),
            &plain,
            Some(other),
        ),
        ("unscoped", new(), &pointing, None),
        (
            "reasons",
            new().some_reasons(),
            &plain,
            Some("covers only some revocation reasons, and does not list it"),
        ),
        (
            "relative point",
            new().relative_distribution_point(),
            &pointing,
            Some(
                "names its distribution point relative to its issuer, a form that is not supported",
            ),
        ),
        (
            "not critical",
            new()
                .revoke_serial([9])
                .unknown_extension(false)
                .unknown_entry_extension(false),
            &plain,
            None,
        ),
    ];
    for (case, recipe, leaf, expected) in cases {
        let check = with(&[ca.crl(recipe)]).build().unwrap();
        let reason = judge(&ca, leaf, check, Moment::now())
            .err()
            .map(|refusal| refusal.reason().clone());
        let expected =
            expected.map(|why| missing(&format!("the revocation list from lists {why}")));
        assert_eq!(reason, expected, "{case}");
    }
}

#[test]
fn a_list_by_another_key_under_the_issuers_name_does_not_count() {
    let ca = TestCa::named("root");
    let leaf = ca.issue(Recipe::for_host(HOST));
    let forged = [
        ca.crl(CrlRecipe::new().signed_by(&TestCa::new())),
        ca.crl(CrlRecipe::new().bad_signature()),
        TestCa::named("root").crl(CrlRecipe::new()),
        // It cannot revoke either.
        ca.crl(CrlRecipe::new().revoke(&leaf).signed_by(&TestCa::new())),
    ];
    for list in forged {
        assert_eq!(
            reason_of(&ca, &leaf, &[list]),
            missing("the revocation list from lists is not signed by the key of the issuer")
        );
    }
}

#[test]
fn lists_are_signed_with_every_kind_of_key() {
    for kind in [
        KeyKind::EcdsaP256,
        KeyKind::EcdsaP384,
        KeyKind::Ed25519,
        KeyKind::Rsa2048,
    ] {
        let ca = TestCa::builder().key(kind).build();
        let leaf = ca.issue(Recipe::for_host(HOST));
        let revoked = ca.issue(Recipe::for_host(HOST).revoked());
        let list = ca.crl(CrlRecipe::new());
        assert_eq!(
            reason_of(&ca, &revoked, std::slice::from_ref(&list)).code(),
            Code::Revoked
        );
        let check = with(&[list]).scope(RevocationScope::Leaf).build().unwrap();
        let policy = Policy::builder()
            .anchors(Anchors::only(ca.certificate().clone()))
            .profile(bonafide_verify::Profile::PathOnly)
            .check(check)
            .build()
            .unwrap();
        let name = ServerName::try_from(HOST).unwrap();
        let receipt = policy.verify(&Peer::new(leaf.chain(), &name)).unwrap();
        assert_eq!(row(&receipt).0, Outcome::Passed, "{kind:?}");
    }
}

#[test]
fn every_entry_of_a_long_list_is_found_and_nothing_else() {
    let ca = TestCa::new();
    let leaf = ca.issue(Recipe::for_host(HOST));
    let mut recipe = CrlRecipe::new();
    for number in 0..500_u32 {
        recipe = recipe.revoke_serial((number * 7919 + 1).to_be_bytes());
    }
    let without = ca.crl(recipe.clone());
    let check = with(&[without]).build().unwrap();
    assert!(judge(&ca, &leaf, check, Moment::now()).is_ok());
    assert_eq!(
        reason_of(&ca, &leaf, &[ca.crl(recipe.revoke(&leaf))]).code(),
        Code::Revoked
    );
}

#[test]
fn lists_are_read_from_files_and_directories_and_errors_name_the_file() {
    let ca = TestCa::new();
    let revoked = ca.issue(Recipe::for_host(HOST).revoked());
    let folder = tempfile::tempdir().unwrap();
    let (der, pem) = (folder.path().join("a.crl"), folder.path().join("b.pem"));
    fs::write(&der, TestCa::new().crl(CrlRecipe::new())).unwrap();
    let both = ca.crl_pem(CrlRecipe::new()) + &TestCa::new().crl_pem(CrlRecipe::new());
    fs::write(&pem, both).unwrap();
    for crls in [Crls::file(&pem), Crls::directory(folder.path())] {
        let check = Revocation::builder().crls(crls).build().unwrap();
        let refusal = judge(&ca, &revoked, check, Moment::now()).unwrap_err();
        let expected = RevocationSource::List {
            location: pem.display().to_string().into(),
            number: "01".into(),
        };
        assert!(
            matches!(refusal.reason(), Reason::Revoked { source, .. } if *source == expected),
            "{refusal}"
        );
    }

    let bad = ca.crl_pem(CrlRecipe::new()) + &ca.crl_pem(CrlRecipe::new().without_number());
    fs::write(&pem, bad).unwrap();
    let error = Revocation::builder()
        .crls(Crls::directory(folder.path()))
        .build()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "cannot read revocation lists from {}: revocation list 2 cannot be used: it has no CRL number",
            pem.display()
        )
    );

    let empty = tempfile::tempdir().unwrap();
    let error = Revocation::builder()
        .crls(Crls::directory(empty.path()))
        .build()
        .unwrap_err();
    assert!(
        matches!(
            error,
            ConfigError::ReadCrls {
                problem: LoadProblem::EmptyDirectory,
                ..
            }
        ),
        "{error}"
    );
    let error = Revocation::builder().build().unwrap_err();
    assert!(matches!(error, ConfigError::NoRevocationSource), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn no_bit_of_a_list_can_be_changed_and_the_list_still_count(
        place in any::<prop::sample::Index>(),
        bit in 0_u8..8,
    ) {
        let ca = TestCa::new();
        let leaf = ca.issue(Recipe::for_host(HOST).crl_distribution_point("http://a/"));
        let list = ca.crl(CrlRecipe::new().revoke_serial([7; 16]).distribution_point("http://a/"));
        let whole = with(std::slice::from_ref(&list)).build().unwrap();
        prop_assert!(judge(&ca, &leaf, whole, Moment::now()).is_ok());
        let mut bytes = list.to_vec();
        let place = place.index(bytes.len());
        bytes[place] ^= 1 << bit;
        let check = Revocation::builder().crls(Crls::pem("lists", bytes)).build();
        if let Ok(check) = check {
            let judged = judge(&ca, &leaf, check, Moment::now());
            prop_assert!(judged.is_err(), "bit {} of byte {}", bit, place);
        }
    }

    #[test]
    fn no_bytes_make_the_reader_of_lists_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut bytes = bytes;
        bytes.insert(0, 0x30);
        let error = Revocation::builder().crls(Crls::pem("lists", bytes)).build().unwrap_err();
        let unread = matches!(error, ConfigError::ReadCrls { .. });
        prop_assert!(unread);
    }
}
