//! Tests the whole text of refusals whose cause the code alone does not name against snapshots;
//! `SNAPSHOTS=overwrite` writes them again.

use std::path::PathBuf;
use std::time::Duration;

use bonafide_testkit::{Identity, KeyKind, Recipe, TestCa, TestCaBuilder};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use snapbox::{Data, assert_data_eq};

use crate::code::Code;
use crate::config::clock::Clock;
use crate::path::presented::Peer;
use crate::policy::Policy;
use crate::{Anchors, CustomCa};

const HOST: &str = "api.test";

/// 2030-01-01T00:00:00Z, and days from then.
fn day(days: i64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(
        1_893_456_000_u64.saturating_add_signed(days * 86_400),
    ))
}

fn named(builder: TestCaBuilder, name: &str) -> TestCaBuilder {
    let builder = builder.common_name(name);
    builder.valid_from(day(-800)).valid_until(day(800))
}

fn root(name: &str) -> TestCa {
    named(TestCa::builder(), name).build()
}

fn recipe(host: &str) -> Recipe {
    Recipe::for_host(host)
        .valid_from(day(-30))
        .valid_until(day(30))
}

/// The text of the refusal of `chain` under `anchors`, and its code.
fn refusal_text(
    anchors: &[CertificateDer<'static>],
    chain: &[CertificateDer<'_>],
    host: &str,
) -> (Code, String) {
    let pem: Vec<CustomCa> = anchors
        .iter()
        .map(|anchor| CustomCa::pem("corp", anchor.as_ref()))
        .collect();
    let mut anchors = Anchors::only(Vec::new());
    for ca in pem {
        anchors = anchors.plus(ca);
    }
    explanation(anchors, chain, host)
}

/// The same for anchors from any source.
fn explanation(anchors: Anchors, chain: &[CertificateDer<'_>], host: &str) -> (Code, String) {
    let policy = Policy::builder()
        .anchors(anchors)
        .clock(Clock::fixed(day(0)));
    let policy = policy.build().unwrap();
    let name = ServerName::try_from(host).unwrap();
    let refusal = policy.verify(&Peer::new(chain, &name)).unwrap_err();
    (refusal.code(), refusal.explain().to_string() + "\n")
}

/// Compares the text with the snapshot of this code and situation.
fn matches_snapshot((code, text): (Code, String), expected: Code, situation: &str) {
    let snapshots = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/verdict/explain/snapshots");
    assert_eq!(code, expected, "{text}");
    let file = snapshots.join(format!("{expected}.{situation}.txt"));
    assert_data_eq!(text, Data::read_from(&file, None));
}

/// The certificate with every occurrence of `from` replaced by `to`; its signature no longer
/// verifies.
fn replaced(der: &CertificateDer<'_>, from: &[u8], to: &[u8]) -> CertificateDer<'static> {
    let mut bytes = der.as_ref().to_vec();
    let places: Vec<usize> = (0..=bytes.len() - from.len())
        .filter(|at| bytes[*at..].starts_with(from))
        .collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + to.len()].copy_from_slice(to);
    }
    bytes.into()
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut der = vec![tag, u8::try_from(content.len()).unwrap()];
    der.extend_from_slice(content);
    der
}

#[test]
fn a_leaf_that_is_itself_among_the_anchors() {
    let unknown = root("corp root").issue(recipe(HOST));
    matches_snapshot(
        refusal_text(&[unknown.leaf().clone()], unknown.chain(), HOST),
        Code::UnknownIssuer,
        "leaf-among-anchors",
    );
    let own = named(TestCa::builder(), HOST).build();
    matches_snapshot(
        refusal_text(
            &[own.certificate().clone()],
            &[own.certificate().clone()],
            HOST,
        ),
        Code::CaAsLeaf,
        "leaf-among-anchors",
    );
}

#[test]
fn a_source_of_anchors_that_could_not_be_read() {
    let server = root("corp root").issue(recipe(HOST));
    let situation = "unread-anchors";
    let explained = |sources: Anchors| explanation(sources, server.chain(), HOST);
    let other = Anchors::only(root("other root").certificate().clone());
    let unread = explained(other.clone().plus(CustomCa::pem("corp root", "")));
    matches_snapshot(unread, Code::UnknownIssuer, situation);
    let lonely = Identity::self_signed(recipe(HOST));
    let unread = other.clone().plus(CustomCa::pem("lonely", ""));
    let (code, text) = explanation(unread, lonely.chain(), HOST);
    assert_eq!(code, Code::SelfSigned);
    let remedy = "remedy: no anchor could be read from memory (lonely) (contains no certificate)";
    assert!(text.contains(remedy), "{text}");
    // A source that has any anchor was read, also one that another source has too, and a variable
    // that is not set is not a source.
    let certificate = root("third root");
    let (pem, key) = (certificate.pem(), server.key_pem());
    let beside_key = |label| CustomCa::pem(label, format!("{pem}{key}"));
    let read = other
        .plus(beside_key("corp root"))
        .plus(beside_key("again"));
    let (_, text) = explained(read.plus_from_env("BONAFIDE_TEST_VARIABLE_THAT_IS_NOT_SET"));
    assert!(!text.contains("no anchor could be read"), "{text}");
}

#[test]
fn an_anchor_of_the_issuers_name_that_has_another_key() {
    let (old, new) = (root("corp root"), root("corp root"));
    let server = new.issue(recipe(HOST));
    let anchors = [old.certificate().clone()];
    let told_of = |chain: &[CertificateDer<'_>]| refusal_text(&anchors, chain, HOST);
    let situation = "anchor-with-another-key";
    matches_snapshot(told_of(server.chain()), Code::BadSignature, situation);
    // Also if the server sends the new root, or has an intermediate below it.
    let remedy = "remedy: an anchor has the name \"CN=corp root\" and another key";
    let with_root = [server.leaf().clone(), new.certificate().clone()];
    let below = named(new.intermediate_builder(), "issuing")
        .build()
        .issue(recipe(HOST));
    for chain in [&with_root[..], below.chain()] {
        let (code, text) = told_of(chain);
        assert_eq!(code, Code::BadSignature, "{text}");
        assert!(text.contains(remedy), "{text}");
    }
    // A key of another kind is another key, not an unsupported algorithm.
    let rsa = named(TestCa::builder(), "corp root")
        .key(KeyKind::Rsa2048)
        .build();
    let (code, text) = refusal_text(&[rsa.certificate().clone()], server.chain(), HOST);
    assert_eq!(code, Code::BadSignature, "{text}");
    assert!(text.contains(remedy), "{text}");
    // A modified certificate is not reported as any of these.
    let forged = old.issue(recipe(HOST).tampered_signature());
    let (code, text) = refusal_text(&anchors, forged.chain(), HOST);
    assert_eq!(code, Code::BadSignature, "{text}");
    assert!(!text.contains("another key than"), "{text}");
}

#[test]
fn names_that_differ_in_their_encoding_alone() {
    let ca = root("corp root");
    let server = ca.issue(recipe(HOST));
    // A PrintableString instead of a UTF8String, then other white space and case.
    let (utf8, printable) = (element(0x0c, b"corp root"), element(0x13, b"corp root"));
    let anchor = replaced(ca.certificate(), &utf8, &printable);
    matches_snapshot(
        refusal_text(&[anchor], server.chain(), HOST),
        Code::UnknownIssuer,
        "name-in-another-encoding",
    );
    let same = replaced(ca.certificate(), b"corp root", b"Corp Root");
    let (_, text) = refusal_text(&[same], server.chain(), HOST);
    assert!(
        text.contains("an anchor has the issuer's name \"CN=corp root\" in another"),
        "{text}"
    );
    let other = replaced(ca.certificate(), b"corp root", b"corp boot");
    let (_, text) = refusal_text(&[other], server.chain(), HOST);
    assert!(!text.contains("encoding"), "{text}");
    // An intermediate that was sent is found too.
    let issuing = named(ca.intermediate_builder(), "issuing").build();
    let below = issuing.issue(recipe(HOST));
    let sent = replaced(
        issuing.certificate(),
        &element(0x0c, b"issuing"),
        &element(0x13, b"issuing"),
    );
    let chain = [below.leaf().clone(), sent];
    let (_, text) = refusal_text(&[ca.certificate().clone()], &chain, HOST);
    assert!(
        text.contains("a certificate that was sent has the issuer's name"),
        "{text}"
    );
}

#[test]
fn an_address_that_is_written_as_a_dns_name() {
    let ca = root("corp root");
    let names = element(0x30, &element(0x82, b"192.0.2.7"));
    let recipe = recipe("192.0.2.7")
        .without_san()
        .extension(&[2, 5, 29, 17], &names);
    let server = ca.issue(recipe);
    matches_snapshot(
        refusal_text(&[ca.certificate().clone()], server.chain(), "192.0.2.7"),
        Code::NameMismatch,
        "address-as-dns-name",
    );
    let (_, text) = refusal_text(&[ca.certificate().clone()], server.chain(), "192.0.2.8");
    assert!(
        text.contains("not for 192.0.2.8 but for the DNS name 192.0.2.7"),
        "{text}"
    );
    assert!(!text.contains("as an address"), "{text}");
}

#[test]
fn a_signature_by_rsassa_pss() {
    let ca = named(TestCa::builder(), "corp root")
        .key(KeyKind::Rsa2048)
        .build();
    let server = ca.issue(recipe(HOST));
    // sha256WithRSAEncryption, and RSASSA-PSS without its parameters.
    let pkcs1 = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
    let pss = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];
    let leaf = replaced(server.leaf(), &pkcs1, &pss);
    matches_snapshot(
        refusal_text(&[ca.certificate().clone()], &[leaf], HOST),
        Code::UnsupportedSignature,
        "rsassa-pss",
    );
}

/// Name constraints with one permitted subtree (RFC 5280, 4.2.1.10).
fn permitting(base: &[u8]) -> Vec<u8> {
    element(0x30, &element(0xa0, &element(0x30, base)))
}

#[test]
fn constraints_on_names_that_are_not_compared() {
    const NAME_CONSTRAINTS: &[u64] = &[2, 5, 29, 30];
    let common_name = [element(0x06, &[0x55, 4, 3]), element(0x0c, b"corp")].concat();
    let directory = element(0x30, &element(0x31, &element(0x30, &common_name)));
    let under = |base: &[u8], recipe: Recipe| {
        let root = root("corp root");
        let issuing = named(root.intermediate_builder(), "issuing");
        let issuing = issuing
            .critical_extension(NAME_CONSTRAINTS, &permitting(base))
            .build();
        refusal_text(
            &[root.certificate().clone()],
            issuing.issue(recipe).chain(),
            HOST,
        )
    };
    matches_snapshot(
        under(&element(0xa4, &directory), recipe(HOST)),
        Code::NameConstraint,
        "directory-name-not-compared",
    );
    // Also in an anchor; and a URI constraint if the certificate has a URI.
    let root = named(TestCa::builder(), "corp root");
    let root = root.critical_extension(NAME_CONSTRAINTS, &permitting(&element(0xa4, &directory)));
    let root = root.build();
    let (_, text) = refusal_text(
        &[root.certificate().clone()],
        root.issue(recipe(HOST)).chain(),
        HOST,
    );
    assert!(
        text.contains("on a directoryName, a kind that this verifier"),
        "{text}"
    );
    let names = [
        element(0x82, HOST.as_bytes()),
        element(0x86, b"spiffe://a.test/b"),
    ]
    .concat();
    let with_uri = recipe(HOST).without_san();
    let with_uri = with_uri.extension(&[2, 5, 29, 17], &element(0x30, &names));
    let (code, text) = under(&element(0x86, b".a.test"), with_uri);
    assert_eq!(code, Code::NameConstraint, "{text}");
    assert!(
        text.contains("on a uniformResourceIdentifier, a kind that this verifier"),
        "{text}"
    );
    let (code, text) = under(&element(0x82, b"b.test"), recipe(HOST));
    assert_eq!(code, Code::NameConstraint, "{text}");
    assert!(
        text.contains("a name outside the issuer's name constraints"),
        "{text}"
    );
}

#[test]
fn a_self_issued_certificate_counts_in_the_length_of_a_path() {
    let root = root("corp root");
    let issuing = named(root.intermediate_builder(), "issuing")
        .path_length(0)
        .build();
    // The same CA with a new key, whose certificate its old key signed.
    let renewed = named(issuing.intermediate_builder(), "issuing").build();
    let server: Identity = renewed.issue(recipe(HOST));
    let anchors = [root.certificate().clone()];
    matches_snapshot(
        refusal_text(&anchors, server.chain(), HOST),
        Code::PathLength,
        "self-issued",
    );
    let mut reversed = server.chain().to_vec();
    reversed[1..].reverse();
    let (code, text) = refusal_text(&anchors, &reversed, HOST);
    assert_eq!(code, Code::PathLength, "{text}");
    // A bad signature is still reported as a bad signature.
    let forged = renewed.issue(recipe(HOST).tampered_signature());
    let (code, text) = refusal_text(&anchors, forged.chain(), HOST);
    assert_eq!(code, Code::BadSignature, "{text}");
}
