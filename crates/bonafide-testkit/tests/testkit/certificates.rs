use std::time::Duration;

use base64::Engine as _;
use bonafide_testkit::certificate::{Catalogue, ExtendedKeyUsage};
use bonafide_testkit::{Identity, KeyKind, Moment, Recipe, TestCa};

use crate::openssl::OpenSsl;

fn describe(openssl: &OpenSsl, pem: &str) -> String {
    openssl.text("x509 -noout -text", pem)
}

fn leaf_pem(identity: &Identity) -> String {
    identity.without_intermediates().chain_pem()
}

/// What `openssl verify` says of a server's chain for the host `localhost`.
fn verify(openssl: &OpenSsl, ca: &TestCa, identity: &Identity, options: &str) -> (bool, String) {
    openssl.file("root.pem", &TestCa::pem(ca));
    openssl.file("chain.pem", &identity.chain_pem());
    openssl.file("leaf.pem", &leaf_pem(identity));
    let command = format!(
        "verify -purpose sslserver -verify_hostname localhost -CAfile root.pem \
         -untrusted chain.pem {options} leaf.pem"
    );
    let (success, output) = openssl.run(&command, b"");
    (
        success,
        String::from_utf8(output).expect("openssl prints text"),
    )
}

#[test]
fn openssl_judges_the_catalogue_as_it_is_meant() {
    let Some(openssl) = OpenSsl::find() else {
        return;
    };
    let catalogue = Catalogue::new();
    for (name, options, verdict) in [
        ("valid-ecdsa", "", "OK"),
        ("valid-rsa", "", "OK"),
        ("valid-ed25519", "", "OK"),
        ("valid-intermediate", "", "OK"),
        ("revoked", "", "OK"),
        ("expired", "", "certificate has expired"),
        ("not-yet-valid", "", "certificate is not yet valid"),
        ("wrong-name", "", "hostname mismatch"),
        ("self-signed", "", "self-signed certificate"),
        ("unknown-root", "", "unable to get local issuer certificate"),
        (
            "missing-intermediate",
            "",
            "unable to get local issuer certificate",
        ),
        ("weak-rsa", "-auth_level 2", "EE certificate key too weak"),
        ("weak-rsa", "-auth_level 0", "OK"),
        (
            "sha1",
            "-auth_level 1",
            "CA signature digest algorithm too weak",
        ),
        ("sha1", "-auth_level 0", "OK"),
        ("wrong-eku", "", "unsuitable certificate purpose"),
        ("name-constrained", "", "permitted subtree violation"),
    ] {
        let case = catalogue.case(name);
        let (success, output) = verify(&openssl, catalogue.ca(), &case.identity, options);
        assert_eq!(success, verdict == "OK", "{name}: {output}");
        assert!(output.contains(verdict), "{name}: {output}");
    }
}

#[test]
fn without_a_san_the_name_stands_in_the_subject_alone() {
    let Some(openssl) = OpenSsl::find() else {
        return;
    };
    let catalogue = Catalogue::new();
    let text = describe(&openssl, &leaf_pem(&catalogue.case("no-san").identity));
    assert!(text.contains("Subject: CN = localhost"), "{text}");
    assert!(!text.contains("Subject Alternative Name"), "{text}");
}

#[test]
fn names_are_told_from_addresses() {
    let Some(openssl) = OpenSsl::find() else {
        return;
    };
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_hosts([
        "localhost",
        "*.a.test",
        "127.0.0.1",
        "::1",
    ]));
    let text = describe(&openssl, &leaf_pem(&identity));
    assert!(
        text.contains(
            "DNS:localhost, DNS:*.a.test, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1"
        ),
        "{text}"
    );
}

#[test]
fn each_choice_of_a_recipe_is_in_the_certificate() {
    let Some(openssl) = OpenSsl::find() else {
        return;
    };
    let ca = TestCa::new();
    let recipe = || Recipe::for_host("localhost");
    for (recipe, expected) in [
        (recipe(), "TLS Web Server Authentication"),
        (recipe().client(), "TLS Web Client Authentication"),
        (
            recipe().extended_key_usage([ExtendedKeyUsage::CodeSigning, ExtendedKeyUsage::Any]),
            "Code Signing, Any Extended Key Usage",
        ),
        (recipe(), "CA:FALSE"),
        (recipe().is_ca(), "CA:TRUE"),
        (
            recipe().must_staple(),
            "TLS Feature: \n                status_request",
        ),
        (recipe().common_name("another"), "Subject: CN = another"),
        (
            recipe().sha1_signature(),
            "Signature Algorithm: ecdsa-with-SHA1",
        ),
        (recipe().key(KeyKind::EcdsaP384), "ASN1 OID: secp384r1"),
        (
            recipe().key(KeyKind::Ed25519),
            "Public Key Algorithm: ED25519",
        ),
        (recipe().key(KeyKind::Rsa1024), "Public-Key: (1024 bit)"),
        (recipe().key(KeyKind::Rsa2048), "Public-Key: (2048 bit)"),
        (recipe().key(KeyKind::Rsa3072), "Public-Key: (3072 bit)"),
        (recipe().key(KeyKind::Rsa4096), "Public-Key: (4096 bit)"),
        (
            recipe().empty_extended_key_usage(),
            "X509v3 Extended Key Usage",
        ),
        (
            recipe().valid_from(Moment::from(time::OffsetDateTime::UNIX_EPOCH)),
            "Not Before: Jan  1 00:00:00 1970 GMT",
        ),
        (
            recipe().valid_until(
                Moment::from(time::OffsetDateTime::UNIX_EPOCH) + Duration::from_secs(4_000_000_000),
            ),
            "Not After : Oct  2 07:06:40 2096 GMT",
        ),
    ] {
        let text = describe(&openssl, &leaf_pem(&ca.issue(recipe.clone())));
        assert!(
            text.contains(expected),
            "{recipe:?} without {expected:?}: {text}"
        );
    }
    let without = describe(
        &openssl,
        &leaf_pem(&ca.issue(recipe().extended_key_usage([]))),
    );
    assert!(!without.contains("Extended Key Usage"), "{without}");
}

#[test]
fn each_choice_of_an_authority_is_in_its_certificate() {
    let Some(openssl) = OpenSsl::find() else {
        return;
    };
    let root = TestCa::builder().common_name("a root").build();
    for (ca, expected) in [
        (TestCa::new(), "CN = bonafide test root "),
        (TestCa::named("a name"), "Subject: CN = a name"),
        (root.intermediate("below"), "Issuer: CN = a root"),
        (
            root.intermediate_builder().build(),
            "CN = bonafide test intermediate ",
        ),
        (
            TestCa::builder().path_length(0).build(),
            "CA:TRUE, pathlen:0",
        ),
        (
            TestCa::builder()
                .key(KeyKind::Rsa2048)
                .sha1_signature()
                .build(),
            "Signature Algorithm: sha1WithRSAEncryption",
        ),
        (
            TestCa::builder().permitted_dns(["a.test"]).build(),
            "Permitted:\n                  DNS:a.test",
        ),
        (
            TestCa::builder().excluded_dns(["b.test"]).build(),
            "Excluded:\n                  DNS:b.test",
        ),
        (
            TestCa::builder().permitted_ip(["10.0.0.0/8"]).build(),
            "Permitted:\n                  IP:10.0.0.0/255.0.0.0",
        ),
        (
            TestCa::builder().excluded_ip(["10.1.2.3"]).build(),
            "Excluded:\n                  IP:10.1.2.3/255.255.255.255",
        ),
    ] {
        let text = describe(&openssl, &ca.pem());
        assert!(text.contains(expected), "no {expected:?} in {text}");
        assert!(text.contains("Certificate Sign, CRL Sign"), "{text}");
    }
}

#[test]
fn every_kind_of_authority_signs_what_openssl_verifies() {
    let Some(openssl) = OpenSsl::find() else {
        return;
    };
    for kind in [
        KeyKind::EcdsaP256,
        KeyKind::EcdsaP384,
        KeyKind::Ed25519,
        KeyKind::Rsa1024,
        KeyKind::Rsa2048,
    ] {
        let root = TestCa::builder().key(kind).build();
        let issuing = root.intermediate_builder().key(kind).build();
        let identity = issuing.issue(Recipe::for_host("localhost").key(kind));
        let (success, output) = verify(&openssl, &root, &identity, "-auth_level 0");
        assert!(success, "{kind:?}: {output}");
    }
}

#[test]
fn a_sha1_signature_of_an_rsa_authority_verifies() {
    let Some(openssl) = OpenSsl::find() else {
        return;
    };
    let ca = TestCa::builder().key(KeyKind::Rsa2048).build();
    let identity = ca.issue(Recipe::for_host("localhost").sha1_signature());
    let (success, output) = verify(&openssl, &ca, &identity, "-auth_level 0");
    assert!(success, "{output}");
}

#[test]
fn a_cross_signed_authority_leads_to_the_other_root() {
    let Some(openssl) = OpenSsl::find() else {
        return;
    };
    let (old, new) = (TestCa::new(), TestCa::new());
    let identity = new.issue(Recipe::for_host("localhost"));
    assert!(!verify(&openssl, &old, &identity, "").0);
    let bridged = identity.with_extra(new.cross_signed_by(&old));
    let (success, output) = verify(&openssl, &old, &bridged, "");
    assert!(success, "{output}");
}

#[test]
fn a_pin_is_what_openssl_makes_of_the_public_key() {
    let Some(openssl) = OpenSsl::find() else {
        return;
    };
    let ca = TestCa::builder().key(KeyKind::EcdsaP384).build();
    let leaves = [
        KeyKind::EcdsaP256,
        KeyKind::Ed25519,
        KeyKind::Rsa1024,
        KeyKind::Rsa2048,
    ]
    .map(|kind| ca.issue(Recipe::for_host("localhost").key(kind)));
    let pins = leaves.iter().map(|leaf| (leaf_pem(leaf), leaf.spki_pin()));
    for (pem, pin) in pins.chain([(ca.pem(), ca.spki_pin())]) {
        let public_key = openssl.text("x509 -noout -pubkey", &pem);
        let (_, spki) = openssl.run("pkey -pubin -outform der", public_key.as_bytes());
        let (_, digest) = openssl.run("dgst -sha256 -binary", &spki);
        let expected = base64::engine::general_purpose::STANDARD.encode(digest);
        assert_eq!(pin, format!("sha256/{expected}"));
    }
}

#[test]
fn an_expired_certificate_was_good_two_hours_ago() {
    let Some(openssl) = OpenSsl::find() else {
        return;
    };
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host("localhost").expired());
    let then = (Moment::now() - Duration::from_secs(2 * 60 * 60)).as_unix_seconds();
    let (success, output) = verify(&openssl, &ca, &identity, &format!("-attime {then}"));
    assert!(success, "{output}");
}

#[test]
fn no_two_certificates_share_a_serial_number_or_a_key() {
    let ca = TestCa::new();
    let [one, two] = [(); 2].map(|()| ca.issue(Recipe::for_host("localhost").revoked()));
    assert_ne!(one.spki_pin(), two.spki_pin());
    let serials = ca.revoked_serials();
    assert_eq!(serials.len(), 2);
    assert_ne!(serials[0], serials[1]);
}

#[test]
#[should_panic(
    expected = "a SHA-1 signature needs an issuer with an RSA or a P-256 key, not Ed25519"
)]
fn a_sha1_signature_of_an_ed25519_authority_does_not_exist() {
    let ca = TestCa::builder().key(KeyKind::Ed25519).build();
    ca.issue(Recipe::for_host("localhost").sha1_signature());
}

#[test]
#[should_panic(expected = "\"10.0.0.0/33\" does not end in a prefix length up to 32")]
fn a_network_wider_than_its_address_is_refused() {
    drop(TestCa::builder().permitted_ip(["10.0.0.0/33"]));
}
