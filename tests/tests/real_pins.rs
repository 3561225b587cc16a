//! Pins and bundles beside openssl's: the same pins, and bundles that it signs with the commands of
//! the documentation.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bonafide::verify::pins::{
    BundleError, BundleKey, BundleKeys, MemoryVersionStore, PinAdvice, PinBundle, PinSource,
};
use bonafide::verify::pki_types::UnixTime;
use bonafide::verify::x509::SpkiSha256;
use bonafide_testkit::{KeyKind, Recipe, TestCa};
use bonafide_tests::OpenSslKeys;

/// The only pin of what openssl has made.
fn only(advice: &[PinAdvice]) -> (PinSource, String) {
    let [one] = advice else {
        panic!("{advice:?}");
    };
    assert_eq!(one.warnings, []);
    (one.source, one.pin.to_hex())
}

#[tokio::test]
async fn pins_of_certificates_requests_and_keys_are_those_that_openssl_prints() {
    let Some(openssl) = OpenSslKeys::find() else {
        return;
    };
    let ca = TestCa::new();
    for kind in [
        KeyKind::EcdsaP256,
        KeyKind::EcdsaP384,
        KeyKind::Ed25519,
        KeyKind::Rsa2048,
    ] {
        let identity = ca.issue(Recipe::for_host("localhost").key(kind));
        let pem = identity.chain_pem();
        let public = openssl
            .run(&["x509", "-pubkey", "-noout"], pem.as_bytes())
            .await;
        let expected = openssl.pin(&public).await;
        let chain = PinAdvice::of_pem(&pem).unwrap();
        assert_eq!(chain[0].pin.to_hex(), expected, "{kind:?}");
        let mut sections = vec![(PinSource::Key, public)];
        openssl.write("key.pem", identity.key_pem());
        let request = ["req", "-new", "-key", "key.pem", "-subj", "/CN=localhost"];
        sections.push((PinSource::Request, openssl.run(&request, b"").await));
        sections.push((PinSource::Key, identity.key_pem().into_bytes()));
        for (source, pem) in sections {
            let advice = PinAdvice::of_pem(pem).unwrap();
            assert_eq!(only(&advice), (source, expected.clone()), "{kind:?}");
        }
    }
}

#[tokio::test]
async fn a_bundle_that_openssl_has_signed_opens() {
    let Some(openssl) = OpenSslKeys::find() else {
        return;
    };
    let payload = format!(
        "# bonafide pin bundle 1\nversion = 1\ncount = 1\n\n[bundle]\nname = \"shop\"\nversion = 7\nexpires = \"2027-03-31\"\n\n\
         [[hosts]]\nhost = \"**.example.com\"\nexpires = \"never\"\npins = [\n  {{ role = \"ca\", pin = \"{}\" }},\n  {{ role = \"ca\", pin = \"{}\" }},\n]\n",
        SpkiSha256([1; 32]),
        SpkiSha256([2; 32])
    );
    openssl.write("payload.toml", &payload);
    let mut signatures = Vec::new();
    let mut keys: Vec<BundleKey> = Vec::new();
    for person in ["one.pem", "two.pem"] {
        openssl
            .run(&["genpkey", "-algorithm", "ed25519", "-out", person], b"")
            .await;
        let public = openssl
            .run(&["pkey", "-in", person, "-pubout", "-outform", "DER"], b"")
            .await;
        let raw = &public[public.len() - 32..];
        let sign = [
            "pkeyutl",
            "-sign",
            "-rawin",
            "-inkey",
            person,
            "-in",
            "payload.toml",
            "-out",
            "signature",
        ];
        openssl.run(&sign, b"").await;
        let key = format!("ed25519/{}", STANDARD.encode(raw));
        let pem = openssl.run(&["pkey", "-in", person, "-pubout"], b"").await;
        assert_eq!(BundleKey::from_pem(pem).unwrap().to_string(), key);
        let signature = STANDARD.encode(openssl.read("signature"));
        signatures.push(format!(
            "{{\"key\": \"{key}\", \"signature\": \"{signature}\"}}"
        ));
        keys.push(key.parse().unwrap());
    }
    let envelope = |signatures: &[String]| {
        let payload = STANDARD.encode(&payload);
        let signatures = signatures.join(",");
        let json = format!(
            "{{\"bonafide-pin-bundle\": 1, \"payload\": \"{payload}\", \"signatures\": [{signatures}]}}"
        );
        PinBundle::from_json(json).unwrap()
    };
    let both = BundleKeys::new("shop", 2, keys).unwrap();
    let store = MemoryVersionStore::default();
    let march = UnixTime::since_unix_epoch(Duration::from_secs(1_804_000_000));
    let set = envelope(&signatures).open(&both, &store, march).unwrap();
    assert_eq!(set.for_host("api.example.com").count(), 1);
    match envelope(&signatures[..1]).open(&both, &store, march) {
        Err(BundleError::TooFewSignatures { valid, needed, .. }) => {
            assert_eq!((valid, needed), (1, 2));
        }
        other => panic!("{other:?}"),
    }
}
