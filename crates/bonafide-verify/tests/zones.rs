//! Zones, closed policies, and client configurations.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;

use bonafide_testkit::{Identity, Recipe, TestCa};
use bonafide_verify::files::LoadProblem;
use bonafide_verify::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use bonafide_verify::x509::SpkiSha256;
use bonafide_verify::{
    Anchors, ClientIdentity, Code, ConfigError, Peer, Pins, Policy, Profile, TlsVersion, Zone,
};

fn name(host: &str) -> ServerName<'static> {
    ServerName::try_from(host.to_owned()).unwrap()
}

fn only(ca: &TestCa) -> Anchors {
    Anchors::only(ca.certificate().clone())
}

fn code(policy: &Policy, identity: &Identity, host: &str) -> Option<Code> {
    policy
        .verify(&Peer::new(identity.chain(), &name(host)))
        .err()
        .map(|refusal| refusal.code())
}

#[test]
fn the_longest_matching_pattern_wins() {
    let ca = TestCa::new();
    let policy = Policy::builder()
        .anchors(only(&ca))
        .zone(Zone::for_host("**.corp.test"))
        .zone(Zone::for_host("*.db.corp.test"))
        .zone(Zone::for_host("**.db.corp.test"))
        .zone(Zone::for_host("one.db.corp.test"))
        .zone(Zone::for_host("192.0.2.1"))
        .build()
        .unwrap();
    for (host, zone) in [
        ("corp.test", "**.corp.test"),
        ("WWW.corp.test.", "**.corp.test"),
        ("db.corp.test", "**.db.corp.test"),
        ("two.db.corp.test", "*.db.corp.test"),
        ("a.two.db.corp.test", "**.db.corp.test"),
        ("one.db.corp.test", "one.db.corp.test"),
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.2", "default"),
        ("notcorp.test", "default"),
    ] {
        assert_eq!(policy.zone_of(&name(host)).unwrap().name(), zone, "{host}");
    }
}

#[test]
fn a_zone_believes_its_own_anchors_and_no_others() {
    let (public, private) = (TestCa::new(), TestCa::new());
    let policy = Policy::builder()
        .anchors(only(&public))
        .zone(Zone::for_host("**.corp.test").anchors(only(&private)))
        .build()
        .unwrap();
    let recipe = || Recipe::for_hosts(["a.corp.test", "a.test"]);
    let (by_public, by_private) = (public.issue(recipe()), private.issue(recipe()));
    assert_eq!(code(&policy, &by_private, "a.corp.test"), None);
    assert_eq!(
        code(&policy, &by_public, "a.corp.test"),
        Some(Code::UnknownIssuer)
    );
    assert_eq!(code(&policy, &by_public, "a.test"), None);
    assert_eq!(
        code(&policy, &by_private, "a.test"),
        Some(Code::UnknownIssuer)
    );
}

#[test]
fn pins_of_the_policy_hold_in_every_zone() {
    let ca = TestCa::new();
    let pins = Pins::for_host("**.corp.test")
        .ca(SpkiSha256([9; 32]))
        .without_backup()
        .never_expires()
        .build()
        .unwrap();
    let policy = Policy::builder()
        .anchors(only(&ca))
        .pins(pins)
        .zone(Zone::for_host("a.corp.test").profile(Profile::PathOnly))
        .build()
        .unwrap();
    assert_eq!(
        code(
            &policy,
            &ca.issue(Recipe::for_host("a.corp.test")),
            "a.corp.test"
        ),
        Some(Code::PinMismatch)
    );
}

#[test]
fn a_closed_policy_refuses_hosts_without_a_zone() {
    let ca = TestCa::new();
    let policy = Policy::builder()
        .anchors(only(&ca))
        .zone(Zone::for_host("a.test"))
        .closed()
        .build()
        .unwrap();
    assert_eq!(
        code(&policy, &ca.issue(Recipe::for_host("a.test")), "a.test"),
        None
    );
    assert_eq!(
        code(&policy, &ca.issue(Recipe::for_host("b.test")), "b.test"),
        Some(Code::HostNotInPolicy)
    );
    assert_eq!(
        policy.zone_of(&name("b.test")).unwrap_err().code(),
        Code::HostNotInPolicy
    );
    let unreachable = Policy::builder()
        .anchors(only(&ca))
        .closed()
        .build()
        .map(drop);
    assert!(matches!(unreachable, Err(ConfigError::NoAnchors { .. })));
}

#[test]
fn two_zones_of_one_pattern_do_not_build() {
    let build = Policy::builder()
        .anchors(only(&TestCa::new()))
        .zone(Zone::for_host("A.test"))
        .zone(Zone::for_host("a.test."))
        .build();
    assert!(
        matches!(build.map(drop), Err(ConfigError::DuplicateZone { pattern }) if pattern == "a.test")
    );
}

#[test]
fn one_configuration_serves_all_zones_unless_they_differ_in_what_rustls_chooses_first() {
    let ca = TestCa::new();
    let client = ca.issue(Recipe::for_host("client").client());
    let identity = ClientIdentity::from_pem(client.chain_pem(), client.key_pem()).unwrap();
    let with = |zone| {
        Policy::builder()
            .anchors(only(&ca))
            .zone(zone)
            .build()
            .unwrap()
    };
    assert!(with(Zone::for_host("a.test")).client_config().is_ok());
    let facet = |policy: &Policy| match policy.client_config() {
        Err(ConfigError::ZoneNeedsOwnConfig { zone, facet }) => (zone, facet),
        other => panic!("{other:?}"),
    };
    let versions = with(Zone::for_host("a.test").min_tls_version(TlsVersion::Tls13));
    assert_eq!(facet(&versions), ("a.test".to_owned(), "TLS version"));
    let certificates = with(Zone::for_host("a.test").identity(identity));
    assert_eq!(
        facet(&certificates),
        ("a.test".to_owned(), "client certificate")
    );
    assert!(
        certificates
            .client_config_for("a.test")
            .unwrap()
            .client_auth_cert_resolver
            .has_certs()
    );
    assert!(
        !certificates
            .client_config_for("b.test")
            .unwrap()
            .client_auth_cert_resolver
            .has_certs()
    );
}

#[test]
fn policies_are_epochs_of_their_own() {
    let ca = TestCa::new();
    let build = || Policy::builder().anchors(only(&ca)).build().unwrap();
    let (first, second) = (build(), build());
    assert!(first.epoch() < second.epoch());
    assert_eq!(first.clone().epoch(), first.epoch());
}

#[test]
fn client_keys_are_read_in_every_encoding_and_must_fit_their_certificate() {
    use bonafide_testkit::KeyKind;
    let ca = TestCa::new();
    let build = |identity: ClientIdentity| {
        Policy::builder()
            .anchors(only(&ca))
            .identity(identity)
            .build()
            .map(drop)
    };
    let ec = ca.issue(Recipe::for_host("client").client());
    let rsa = ca.issue(Recipe::for_host("client").client().key(KeyKind::Rsa2048));
    for (chain, key) in [
        (ec.chain_pem(), ec.key_pem()),
        (ec.chain_pem(), ec.key_pem_sec1()),
        (rsa.chain_pem(), rsa.key_pem()),
        (rsa.chain_pem(), rsa.key_pem_pkcs1()),
    ] {
        build(ClientIdentity::from_pem(chain, key).unwrap()).unwrap();
    }
    let mismatch = build(ClientIdentity::from_pem(ec.chain_pem(), rsa.key_pem()).unwrap());
    assert!(matches!(mismatch, Err(ConfigError::KeyMismatch)));
    let garbage = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(vec![1, 2, 3]));
    let unusable = build(ClientIdentity::from_der(ec.chain().to_vec(), garbage).unwrap());
    assert!(matches!(unusable, Err(ConfigError::UnusableKey(_))));
}

#[test]
fn unreadable_client_certificates_and_keys_are_named() {
    let identity = TestCa::new().issue(Recipe::for_host("client").client());
    let (chain, key) = (identity.chain_pem(), identity.key_pem());
    let what = |chain: &str, key: &str| match ClientIdentity::from_pem(chain, key) {
        Err(ConfigError::IdentityPem { what, .. }) => what,
        other => panic!("{other:?}"),
    };
    assert_eq!(what("", &key), "client certificate");
    assert_eq!(what(&chain, ""), "private key");
    assert_eq!(
        what(
            &chain,
            "-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----\n"
        ),
        "private key"
    );
    let encrypted =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    assert!(matches!(
        ClientIdentity::from_pem(&chain, encrypted),
        Err(ConfigError::EncryptedKey)
    ));
    let absent = ClientIdentity::from_pem_files("/nonexistent/chain.pem", "/nonexistent/key.pem");
    assert!(matches!(absent, Err(ConfigError::ReadIdentity { .. })));
    let empty = ClientIdentity::from_der(Vec::<CertificateDer<'static>>::new(), identity.key());
    assert!(matches!(
        empty,
        Err(ConfigError::IdentityPem {
            what: "client certificate",
            ..
        })
    ));
}

#[test]
fn a_device_in_the_place_of_a_key_file_is_not_read() {
    let identity = ClientIdentity::from_pem_files("/dev/zero", "/dev/zero");
    assert!(matches!(
        identity,
        Err(ConfigError::ReadIdentity {
            problem: LoadProblem::NotAFile(_),
            ..
        })
    ));
}

#[test]
fn debug_shows_no_key() {
    let identity = TestCa::new().issue(Recipe::for_host("client").common_name("shown").client());
    let text = format!(
        "{:?}",
        ClientIdentity::from_pem(identity.chain_pem(), identity.key_pem()).unwrap()
    );
    assert_eq!(text, r#"ClientIdentity { subject: "CN=shown", .. }"#);
}

#[test]
fn a_policy_is_shared_between_threads() {
    fn shared<T: Send + Sync + Clone + 'static>(_: &T) {}
    let policy = Policy::builder()
        .anchors(only(&TestCa::new()))
        .build()
        .unwrap();
    shared(&policy);
    shared(&Arc::new(policy));
}
