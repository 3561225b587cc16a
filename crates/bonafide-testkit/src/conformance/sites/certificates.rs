//! Certificates, as on badssl.com.

use super::{Showing, good};
use crate::certificate::{Identity, KeyKind, Recipe, TestCa};
use crate::conformance::family::{Family, Needs};
use crate::conformance::site::Site;

/// `id-ce-certificatePolicies` with the policy of extended validation, 2.23.140.1.1.
const CERTIFICATE_POLICIES: &[u64] = &[2, 5, 29, 32];
const EXTENDED_VALIDATION: &[u8] = &[
    0x30, 0x09, 0x30, 0x07, 0x06, 0x05, 0x67, 0x81, 0x0c, 0x01, 0x01,
];

fn showing(root: &TestCa) -> Showing<'_> {
    Showing {
        root,
        family: Family::Certificate,
    }
}

pub(super) fn accepted(root: &TestCa, issuing: &TestCa) -> Vec<Site> {
    let case = showing(root);
    let rsa_root = root
        .intermediate_builder()
        .common_name("bonafide test badssl RSA CA")
        .key(KeyKind::Rsa2048)
        .build();
    let many = |count: usize| {
        let names = (1..count).map(|number| format!("host{number}.badssl.test"));
        Recipe::for_hosts(["localhost".to_owned()].into_iter().chain(names))
    };
    let second = issuing.intermediate("bonafide test badssl second CA");
    let ordered = second.issue(good());
    let mut disorderly = ordered.without_intermediates();
    for certificate in ordered.chain()[1..].iter().rev() {
        disorderly = disorderly.with_extra(certificate.clone());
    }
    vec![
        case.accept(
            "sha256",
            issuing.issue(good()),
            "a P-256 key, signed over SHA-256, below an intermediate",
        ),
        case.accept(
            "sha384",
            rsa_root.issue(good().sha384_signature()),
            "signed by RSA over SHA-384",
        ),
        case.accept(
            "sha512",
            rsa_root.issue(good().sha512_signature()),
            "signed by RSA over SHA-512",
        ),
        case.accept("ecc256", root.issue(good()), "a P-256 key"),
        case.accept(
            "ecc384",
            root.issue(good().key(KeyKind::EcdsaP384)),
            "a P-384 key",
        ),
        case.accept(
            "rsa2048",
            issuing.issue(good().key(KeyKind::Rsa2048)),
            "an RSA key of 2048 bits",
        ),
        case.accept(
            "rsa4096",
            issuing.issue(good().key(KeyKind::Rsa4096)),
            "an RSA key of 4096 bits",
        ),
        case.accept(
            "rsa8192",
            issuing.issue(good().key(KeyKind::Rsa8192)),
            "an RSA key of 8192 bits: odd and slow, yet safe",
        ),
        case.accept(
            "extended-validation",
            issuing.issue(good().extension(CERTIFICATE_POLICIES, EXTENDED_VALIDATION)),
            "a policy of extended validation, which changes nothing for a client",
        ),
        case.accept(
            "no-common-name",
            issuing.issue(good().organization("badssl")),
            "no common name, which is not needed with a SAN",
        ),
        case.accept(
            "no-subject",
            issuing.issue(good().without_subject()),
            "no subject, and a critical SAN",
        ),
        case.accept("1000-sans", issuing.issue(many(1000)), "1000 names"),
        case.accept(
            "disorderly-chain",
            disorderly,
            "two intermediates in the wrong order (RFC 8446 section 4.4.2 lets them be)",
        ),
    ]
    .into_iter()
    .chain([case
        .reject(
            "10000-sans",
            issuing.issue(many(10_000)),
            "10000 names in a quarter of a megabyte: every client has a limit somewhere",
        )
        .needing(Needs::Limits)])
    .collect()
}

pub(super) fn rejected(root: &TestCa, issuing: &TestCa) -> Vec<Site> {
    let case = showing(root);
    let stranger = TestCa::named("bonafide test badssl untrusted root");
    let rsa_root = TestCa::builder()
        .common_name("bonafide test badssl RSA root")
        .key(KeyKind::Rsa2048)
        .build();
    let sha1 = root
        .intermediate_builder()
        .common_name("bonafide test badssl SHA-1 CA")
        .sha1_signature()
        .build();
    let whole = issuing.issue(good());
    vec![
        case.reject(
            "expired",
            issuing.issue(good().expired()),
            "after a certificate has expired, its key is neither guarded nor revoked",
        ),
        case.reject(
            "not-yet-valid",
            issuing.issue(good().not_yet_valid()),
            "its validity has not begun",
        ),
        case.reject(
            "wrong.host",
            issuing.issue(Recipe::for_host("wrong.host.badssl.test")),
            "the owner of any other host could impersonate this one",
        ),
        case.reject(
            "self-signed",
            Identity::self_signed(good()),
            "anyone can sign their own certificate",
        ),
        case.reject(
            "untrusted-root",
            stranger
                .issue(good())
                .with_extra(stranger.certificate().clone()),
            "a root that the server itself sends proves nothing",
        ),
        case.reject(
            "incomplete-chain",
            whole.without_intermediates(),
            "no path leads to the root, and a client does not go looking for one",
        ),
        case.reject(
            "reversed-chain",
            whole.with_leaf_last(),
            "the first certificate has to be the server's own",
        ),
        case.reject(
            "invalid-signature",
            issuing.issue(good().tampered_signature()),
            "without its signature a certificate can say anything",
        ),
        case.reject(
            "sha1-leaf",
            issuing.issue(good().sha1_signature()),
            "a second certificate with the same SHA-1 can be made",
        ),
        case.reject(
            "sha1-intermediate",
            sha1.issue(good()),
            "a second intermediate with the same SHA-1 can be made",
        ),
        Site::showing(
            "sha1-rsa",
            Family::Certificate,
            crate::conformance::family::Verdict::Reject,
            &rsa_root,
            rsa_root.issue(good().key(KeyKind::Rsa2048).sha1_signature()),
            "a second certificate with the same SHA-1 can be made",
        ),
        case.reject(
            "rsa1024",
            issuing.issue(good().key(KeyKind::Rsa1024)),
            "a key of 1024 bits is within reach of a state",
        ),
    ]
}
