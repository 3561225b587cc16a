//! What a peer may present, and that a chain made to be slow is refused before it costs anything.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bonafide_testkit::{Recipe, TestCa};
use bonafide_verify::pki_types::{CertificateDer, ServerName};
use bonafide_verify::receipt::Outcome;
use bonafide_verify::refusal::{Bound, Reason, Refused};
use bonafide_verify::{
    Anchors, Check, CheckContext, Code, Finding, Limits, Peer, Policy, Profile, Receipt, Refusal,
    VerifiedPath, Zone,
};

const HOST: &str = "api.test";

fn judge(
    root: &TestCa,
    limits: Limits,
    chain: &[CertificateDer<'_>],
) -> Result<Arc<Receipt>, Refusal> {
    let policy = Policy::builder()
        .anchors(Anchors::only(root.certificate().clone()))
        .limits(limits)
        .build()
        .unwrap();
    let name = ServerName::try_from(HOST).unwrap();
    policy.verify(&Peer::new(chain, &name))
}

fn reason(root: &TestCa, limits: Limits, chain: &[CertificateDer<'_>]) -> Reason {
    judge(root, limits, chain).unwrap_err().reason().clone()
}

fn leaf(issuer: &TestCa) -> CertificateDer<'static> {
    issuer.issue(Recipe::for_host(HOST)).chain()[0].clone()
}

/// A root and so many intermediates below it, the lowest first.
fn ladder(length: usize) -> (TestCa, Vec<TestCa>) {
    let root = TestCa::named("root");
    let mut rungs = vec![root.clone()];
    for step in 0..length {
        let below = rungs[step].intermediate(&format!("intermediate {step}"));
        rungs.push(below);
    }
    rungs.remove(0);
    rungs.reverse();
    (root, rungs)
}

fn certificates(cas: &[TestCa]) -> impl Iterator<Item = CertificateDer<'static>> {
    cas.iter().map(|ca| ca.certificate().clone())
}

#[test]
fn a_path_has_no_more_intermediates_than_the_limit() {
    for length in 0..=3 {
        let (root, rungs) = ladder(length);
        let chain = rungs.first().unwrap_or(&root).issue(Recipe::for_host(HOST));
        for allowed in 0..=3 {
            let limits = Limits::default().max_intermediates(allowed);
            let judged = judge(&root, limits, chain.chain());
            if length <= allowed {
                assert!(judged.unwrap().is_verified());
                continue;
            }
            let refusal = judged.unwrap_err();
            let expected = Reason::TooManyIntermediates {
                found: length,
                allowed,
            };
            assert_eq!(refusal.reason(), &expected);
            assert_eq!(refusal.code(), Code::TooManyIntermediates);
            let path = &refusal.receipt().checks()[0];
            assert_eq!(path.outcome(), &Outcome::Refused(expected));
        }
    }
}

#[test]
fn a_self_issued_certificate_does_not_count_as_an_intermediate() {
    let root = TestCa::named("root");
    let old = root.intermediate("issuing");
    let new = TestCa::named("issuing");
    let chain = [
        leaf(&new),
        new.cross_signed_by(&old),
        old.certificate().clone(),
    ];
    let limit = |count| Limits::default().max_intermediates(count);
    assert!(judge(&root, limit(1), &chain).unwrap().is_verified());
    assert_eq!(
        reason(&root, limit(0), &chain),
        Reason::TooManyIntermediates {
            found: 1,
            allowed: 0
        }
    );
}

#[test]
fn a_shorter_path_is_found_behind_one_that_is_too_long() {
    let root = TestCa::named("root");
    let between = root.intermediate("between");
    let issuing = TestCa::named("issuing");
    let chain = [
        leaf(&issuing),
        issuing.cross_signed_by(&between),
        between.certificate().clone(),
        issuing.cross_signed_by(&root),
    ];
    let receipt = judge(&root, Limits::default().max_intermediates(1), &chain).unwrap();
    assert_eq!(receipt.path().unwrap().certificates().len(), 3);
}

#[test]
fn a_zone_has_its_own_limits_or_those_of_the_default_zone() {
    let (root, rungs) = ladder(1);
    let chain = rungs[0].issue(Recipe::for_host(HOST));
    let name = ServerName::try_from(HOST).unwrap();
    let judged = |default: Limits, zone: Option<Limits>| {
        let own = Zone::for_host(HOST);
        let policy = Policy::builder()
            .anchors(Anchors::only(root.certificate().clone()))
            .limits(default)
            .zone(match zone {
                Some(limits) => own.limits(limits),
                None => own,
            })
            .build()
            .unwrap();
        policy
            .verify(&Peer::new(chain.chain(), &name))
            .map_err(|refusal| refusal.code())
            .map(|receipt| receipt.is_verified())
    };
    let none = Limits::default().max_intermediates(0);
    assert_eq!(judged(none, None), Err(Code::TooManyIntermediates));
    assert_eq!(judged(none, Some(Limits::default())), Ok(true));
    assert_eq!(
        judged(Limits::default(), Some(none)),
        Err(Code::TooManyIntermediates)
    );
}

#[test]
fn more_certificates_or_bytes_than_the_limit_are_refused_whatever_they_are() {
    let (root, rungs) = ladder(1);
    let identity = rungs[0].issue(Recipe::for_host(HOST));
    let chain = identity.chain();
    let bytes = chain.iter().map(|certificate| certificate.len()).sum();
    let exact = Limits::default().max_certificates(2).max_bytes(bytes);
    assert!(judge(&root, exact, chain).unwrap().is_verified());
    let expected = |bound, found, allowed| Reason::ChainTooLarge {
        bound,
        found,
        allowed,
    };
    assert_eq!(
        reason(&root, exact.max_certificates(1), chain),
        expected(Bound::Certificates, 2, 1)
    );
    assert_eq!(
        reason(&root, exact.max_bytes(bytes - 1), chain),
        expected(Bound::Bytes, bytes, bytes - 1)
    );
    // What is too much is not read first.
    let nonsense = vec![CertificateDer::from(vec![0; 10]); 65];
    assert_eq!(
        reason(&root, Limits::default(), &nonsense),
        expected(Bound::Certificates, 65, 64)
    );
}

#[test]
fn intermediates_of_one_name_that_follow_each_other_in_every_order_are_refused() {
    let root = TestCa::named("root");
    let twins: Vec<TestCa> = (0..10).map(|_| TestCa::named("twin")).collect();
    let of = |count: usize| -> Vec<_> {
        std::iter::once(leaf(&twins[0]))
            .chain(certificates(&twins[..count]))
            .collect()
    };
    assert_eq!(
        reason(&root, Limits::default(), &of(10)),
        Reason::ChainTooLarge {
            bound: Bound::SameSubject,
            found: 10,
            allowed: 6
        }
    );
    let many = Limits::default().max_same_subject(usize::MAX);
    assert_eq!(reason(&root, many, &of(10)), Reason::TooComplex);
    // A handful of them is no work, and the chain is refused for what is wrong with it.
    assert_eq!(
        judge(&root, many, &of(3)).unwrap_err().code(),
        Code::UnknownIssuer
    );
}

/// Every certificate of each level is issued by every one of the next, and all of them lead to the
/// root: 3 to the power of 4 paths, all proved.
#[test]
fn a_lattice_of_good_paths_is_refused_by_the_signatures_that_it_could_cost() {
    let root = TestCa::named("root");
    let mut above = vec![root.clone()];
    let mut sent = Vec::new();
    for level in 0..4 {
        let name = format!("level {level}");
        let key = TestCa::named(&name);
        let here: Vec<_> = above
            .iter()
            .cycle()
            .take(3)
            .map(|issuer| key.cross_signed_by(issuer))
            .collect();
        sent.extend(here);
        above = vec![key];
    }
    let mut chain = vec![leaf(&above[0])];
    chain.extend(sent);
    assert_eq!(reason(&root, Limits::default(), &chain), Reason::TooComplex);
}

#[test]
fn chains_that_servers_send_are_believed() {
    let root = TestCa::named("root");
    let other_root = TestCa::named("other root");
    let issuing = root.intermediate("issuing");
    let identity = issuing.issue(Recipe::for_host(HOST));
    let [leaf, intermediate] = identity.chain() else {
        panic!("a leaf and its issuer")
    };
    let (leaf, intermediate) = (leaf.clone(), intermediate.clone());
    let the_root = root.certificate().clone();
    let strangers: Vec<_> = (0..40)
        .map(|number| {
            TestCa::named(&format!("stranger {number}"))
                .certificate()
                .clone()
        })
        .collect();
    let with_strangers: Vec<_> = [leaf.clone()]
        .into_iter()
        .chain(strangers)
        .chain([intermediate.clone()])
        .collect();
    let copies: Vec<_> = [leaf.clone()]
        .into_iter()
        .chain(std::iter::repeat_n(intermediate.clone(), 12))
        .collect();
    let table: [(&str, Vec<CertificateDer<'_>>); 6] = [
        ("in order", vec![leaf.clone(), intermediate.clone()]),
        (
            "with the root",
            vec![leaf.clone(), intermediate.clone(), the_root.clone()],
        ),
        (
            "out of order, with the leaf again",
            vec![
                leaf.clone(),
                the_root.clone(),
                leaf.clone(),
                intermediate.clone(),
            ],
        ),
        (
            "cross-signed",
            vec![
                leaf.clone(),
                issuing.cross_signed_by(&other_root),
                root.cross_signed_by(&other_root),
                intermediate.clone(),
            ],
        ),
        ("with strangers", with_strangers),
        ("with copies", copies),
    ];
    for (what, chain) in table {
        let receipt = judge(&root, Limits::default(), &chain).unwrap_or_else(|refusal| {
            panic!("{what}: {refusal}");
        });
        assert_eq!(receipt.path().unwrap().certificates().len(), 3, "{what}");
    }
}

/// A leaf that a check refuses is judged for a few paths, not for all that there are, and for fewer
/// if it is large.
#[test]
fn the_search_ends_after_so_many_refused_paths() {
    let root = TestCa::named("root");
    let top = TestCa::named("top");
    let issuing = TestCa::named("issuing");
    let with_names = |count: usize| {
        let names = (0..count).map(|number| format!("host-{number:05}.example.test"));
        let mut chain = vec![issuing.issue(Recipe::for_hosts(names)).chain()[0].clone()];
        chain.extend((0..4).map(|_| issuing.cross_signed_by(&top)));
        chain.extend((0..4).map(|_| top.cross_signed_by(&root)));
        chain
    };
    // names of the leaf, paths that the check is asked about: 16 at most, or as many as have 200
    // KiB and one more
    for (names, paths) in [(1, 16), (2_000, 4)] {
        let judged = Arc::new(AtomicUsize::new(0));
        let policy = Policy::builder()
            .anchors(Anchors::only(root.certificate().clone()))
            .profile(Profile::PathOnly)
            .check(Counts(Arc::clone(&judged)))
            .build()
            .unwrap();
        let chain = with_names(names);
        let refusal = policy.verify(&Peer::without_name(&chain)).unwrap_err();
        assert_eq!(refusal.code(), Code::CheckRefused);
        assert_eq!(
            judged.load(Ordering::SeqCst),
            paths,
            "{} bytes",
            chain[0].len()
        );
    }
}

#[derive(Debug)]
struct Counts(Arc<AtomicUsize>);

impl Check for Counts {
    fn name(&self) -> &str {
        "counts"
    }

    fn judge(&self, _: &VerifiedPath<'_>, _: &CheckContext<'_>) -> Result<Finding, Refused> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Err(Refused::by_check("never"))
    }
}
