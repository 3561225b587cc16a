//! Certificates of x509-limbo, named by the ids of their cases, that are dangerous to
//! trust. The suite has many more; those about form alone are not here.

use super::{Showing, good};
use crate::certificate::{ExtendedKeyUsage, Identity, KeyKind, TestCa, TestCaBuilder};
use crate::conformance::family::{Family, Verdict};
use crate::conformance::site::Site;

/// An object identifier without a meaning, below the arc for examples (2.999).
const UNKNOWN: &[u64] = &[2, 999, 1];
const NULL: &[u8] = &[0x05, 0x00];
/// `id-ce-basicConstraints` with nothing in it: not an authority.
const BASIC_CONSTRAINTS: &[u64] = &[2, 5, 29, 19];
const NOT_AN_AUTHORITY: &[u8] = &[0x30, 0x00];

fn showing(root: &TestCa) -> Showing<'_> {
    Showing {
        root,
        family: Family::Limbo,
    }
}

pub(super) fn accepted(root: &TestCa) -> Vec<Site> {
    let case = showing(root);
    vec![
        case.accept(
            "rfc5280::nc::permitted-dns-match",
            fenced(root, |ca| {
                ca.permitted_dns(["localhost"])
                    .permitted_ip(["127.0.0.0/8"])
            }),
            "its issuer may issue for localhost",
        ),
        case.accept(
            "pathlen::ee-with-intermediate-pathlen-0",
            fenced(root, |ca| ca.path_length(0)),
            "its issuer may have no authority below, and a server is none",
        ),
        case.accept(
            "rfc5280::no-basicconstraints",
            root.issue(good().without_basic_constraints()),
            "a server needs no basic constraints",
        ),
        case.accept(
            "rfc5280::eku::ee-without-eku",
            root.issue(good().extended_key_usage([])),
            "without an extended key usage it may be used for anything",
        ),
    ]
}

pub(super) fn rejected(root: &TestCa) -> Vec<Site> {
    let mut sites = constraints(root);
    sites.extend(roles(root));
    sites.extend(purposes(root));
    sites.extend(extensions(root));
    sites.extend(signatures_and_times(root));
    sites
}

/// A server below an intermediate of its own.
fn fenced(root: &TestCa, choose: impl FnOnce(TestCaBuilder) -> TestCaBuilder) -> Identity {
    choose(root.intermediate_builder()).build().issue(good())
}

fn constraints(root: &TestCa) -> Vec<Site> {
    const WHY: &str = "an authority that may issue for its owner's names could issue for all";
    let case = showing(root);
    let narrow = root
        .intermediate_builder()
        .permitted_dns(["badssl.test"])
        .build();
    vec![
        case.reject(
            "rfc5280::nc::permitted-dns-mismatch",
            fenced(root, |ca| ca.permitted_dns(["badssl.test"])),
            WHY,
        ),
        case.reject(
            "rfc5280::nc::excluded-dns-match",
            fenced(root, |ca| ca.excluded_dns(["localhost"])),
            WHY,
        ),
        case.reject(
            "rfc5280::nc::excluded-match-permitted-and-excluded",
            fenced(root, |ca| {
                ca.permitted_dns(["localhost"]).excluded_dns(["localhost"])
            }),
            WHY,
        ),
        case.reject(
            "rfc5280::nc::permitted-ip-mismatch",
            fenced(root, |ca| ca.permitted_ip(["192.0.2.0/24"])),
            WHY,
        ),
        case.reject(
            "rfc5280::nc::restrictive-permits-in-intermediates-widens",
            fenced(&narrow, |ca| ca.permitted_dns(["localhost"])),
            WHY,
        ),
    ]
}

fn roles(root: &TestCa) -> Vec<Site> {
    const WHY: &str = "the owner of any certificate could issue certificates for every host";
    let case = showing(root);
    let nothing_below = root.intermediate_builder().path_length(0).build();
    let one_below = root.intermediate_builder().path_length(1).build();
    vec![
        case.reject(
            "rfc5280::intermediate-ca-without-ca-bit",
            fenced(root, TestCaBuilder::without_ca_flag),
            WHY,
        ),
        case.reject(
            "rfc5280::intermediate-ca-missing-basic-constraints",
            fenced(root, TestCaBuilder::without_basic_constraints),
            WHY,
        ),
        case.reject(
            "leaf-issues-leaf",
            fenced(root, |ca| {
                ca.without_ca_flag()
                    .without_cert_sign()
                    .extended_key_usage([ExtendedKeyUsage::ServerAuth])
            }),
            WHY,
        ),
        case.reject(
            "v1-intermediate",
            fenced(root, TestCaBuilder::version1),
            "version 1 does not say who is an authority",
        ),
        case.reject(
            "intermediate-without-cert-sign",
            fenced(root, TestCaBuilder::without_cert_sign),
            "its key usage does not let it sign certificates",
        ),
        case.reject(
            "pathlen::intermediate-violates-pathlen-0",
            fenced(&nothing_below, |ca| ca),
            "an authority that may have none below could have any number",
        ),
        case.reject(
            "pathlen::intermediate-pathlen-too-long",
            fenced(&one_below.intermediate("below"), |ca| ca),
            "an authority that may have one below could have any number",
        ),
        case.reject(
            "webpki::ee-basicconstraints-ca",
            root.issue(good().is_ca()),
            "an attacker who takes the server's key gets a certificate authority",
        ),
    ]
}

fn purposes(root: &TestCa) -> Vec<Site> {
    const WHY: &str = "a certificate for mail or programs is checked for other things";
    let case = showing(root);
    vec![
        case.reject(
            "rfc5280::eku::ee-wrong-eku",
            root.issue(good().extended_key_usage([ExtendedKeyUsage::ClientAuth])),
            WHY,
        ),
        case.reject(
            "rfc5280::eku::ee-eku-empty",
            root.issue(good().empty_extended_key_usage()),
            WHY,
        ),
        case.reject(
            "intermediate-wrong-eku",
            fenced(root, |ca| {
                ca.extended_key_usage([ExtendedKeyUsage::EmailProtection])
            }),
            "an authority for mail could issue for servers",
        ),
    ]
}

fn extensions(root: &TestCa) -> Vec<Site> {
    const WHY: &str = "what it restricts is not known, so it cannot be respected";
    let case = showing(root);
    vec![
        case.reject(
            "rfc5280::unknown-critical-extension-ee",
            root.issue(good().critical_extension(UNKNOWN, NULL)),
            WHY,
        ),
        case.reject(
            "rfc5280::unknown-critical-extension-intermediate",
            fenced(root, |ca| ca.critical_extension(UNKNOWN, NULL)),
            WHY,
        ),
        case.reject(
            "rfc5280::duplicate-extensions",
            root.issue(good().extension(BASIC_CONSTRAINTS, NOT_AN_AUTHORITY)),
            "two programs can read two different certificates in it",
        ),
    ]
}

fn signatures_and_times(root: &TestCa) -> Vec<Site> {
    let case = showing(root);
    let weak_root = TestCa::builder()
        .common_name("bonafide test badssl weak root")
        .key(KeyKind::Rsa1024)
        .build();
    let expired_root = TestCa::builder()
        .common_name("bonafide test badssl expired root")
        .expired()
        .build();
    vec![
        case.reject(
            "rfc5280::mismatching-signature-algorithm",
            root.issue(good().mismatched_signature_algorithm()),
            "the algorithm that is not signed is the attacker's choice",
        ),
        case.reject(
            "rfc5280::validity::expired-intermediate",
            fenced(root, TestCaBuilder::expired),
            "after a certificate has expired, its key is no longer guarded",
        ),
        Site::showing(
            "rfc5280::validity::expired-root",
            Family::Limbo,
            Verdict::Reject,
            &expired_root,
            expired_root.issue(good()),
            "after a certificate has expired, its key is no longer guarded",
        ),
        Site::showing(
            "webpki::forbidden-weak-rsa-key-in-root",
            Family::Limbo,
            Verdict::Reject,
            &weak_root,
            weak_root.issue(good()),
            "a key of 1024 bits is within reach of a state, and this one issues",
        ),
    ]
}
