//! Servers that leave their intermediate out: repaired from what is at hand, with no more trust
//! than before.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::sync::Arc;

use bonafide_testkit::{Identity, Recipe, TestCa, TestServer};
use bonafide_verify::files::LoadProblem;
use bonafide_verify::pki_types::{CertificateDer, ServerName};
use bonafide_verify::{
    Anchors, Code, ConfigError, Intermediates, Peer, Policy, Profile, Receipt, Refusal,
};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

const HOST: &str = "localhost";

fn policy(root: &TestCa, intermediates: Intermediates) -> Policy {
    Policy::builder()
        .anchors(Anchors::only(root.certificate().clone()))
        .intermediates(intermediates)
        .build()
        .unwrap()
}

fn judge(policy: &Policy, chain: &[CertificateDer<'_>]) -> Result<Arc<Receipt>, Refusal> {
    let name = ServerName::try_from(HOST).unwrap();
    policy.verify(&Peer::new(chain, &name))
}

fn leaf_alone(issuer: &TestCa) -> Identity {
    issuer.issue(Recipe::for_host(HOST)).without_intermediates()
}

/// The row of the path, as the receipt prints it.
fn path_row(receipt: &Receipt) -> String {
    receipt.checks()[0].to_string()
}

#[test]
fn a_missing_intermediate_is_taken_from_a_file_and_the_receipt_says_so() {
    let root = TestCa::named("root");
    let upper = root.intermediate("upper");
    let issuing = upper.intermediate("issuing");
    let identity = leaf_alone(&issuing);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("intermediates.pem");
    let stranger = TestCa::named("stranger");
    fs::write(&file, issuing.pem() + &stranger.pem() + &upper.pem()).unwrap();

    let without = policy(&root, Intermediates::default());
    assert_eq!(
        judge(&without, identity.chain()).unwrap_err().code(),
        Code::UnknownIssuer
    );
    for intermediates in [
        Intermediates::file(&file),
        Intermediates::directory(directory.path()),
        Intermediates::pem("issuing", issuing.pem()).and_file(&file),
    ] {
        let receipt = judge(&policy(&root, intermediates), identity.chain()).unwrap();
        assert!(receipt.is_verified());
        assert_eq!(
            path_row(&receipt),
            "path: passed (server chain incomplete, repaired with \"CN=issuing\", \"CN=upper\")"
        );
    }
}

#[test]
fn a_complete_chain_is_not_touched() {
    let root = TestCa::named("root");
    let issuing = root.intermediate("issuing");
    let other = issuing.cross_signed_by(&TestCa::named("other root"));
    let policy = policy(&root, Intermediates::pem("issuing", issuing.pem()));
    let identity = issuing.issue(Recipe::for_host(HOST));
    let receipt = judge(&policy, identity.chain()).unwrap();
    assert_eq!(path_row(&receipt), "path: passed");
    // A chain that leads elsewhere is repaired with the one certificate that it lacks.
    let elsewhere = [identity.chain()[0].clone(), other];
    assert_eq!(
        path_row(&judge(&policy, &elsewhere).unwrap()),
        "path: passed (server chain incomplete, repaired with \"CN=issuing\")"
    );
}

#[test]
fn repair_widens_no_trust() {
    let (root, other_root) = (TestCa::named("root"), TestCa::named("other root"));
    let foreign = other_root.intermediate("foreign");
    let expired = root
        .intermediate_builder()
        .common_name("expired")
        .expired()
        .build();
    let fenced = root
        .intermediate_builder()
        .common_name("fenced")
        .permitted_dns(["allowed.test"])
        .build();
    let issuing = root.intermediate("issuing");
    let bundle: String = [&foreign, &other_root, &expired, &fenced, &issuing]
        .map(TestCa::pem)
        .concat();
    let policy = policy(&root, Intermediates::pem("all", bundle));
    // The same name, another key.
    let impostor = TestCa::named("root").intermediate("issuing");
    // issuer, code
    let table = [
        (&foreign, Code::UnknownIssuer),
        (&other_root, Code::UnknownIssuer),
        (&expired, Code::UnknownIssuer),
        (&fenced, Code::UnknownIssuer),
        (&impostor, Code::UnknownIssuer),
    ];
    for (issuer, code) in table {
        let refusal = judge(&policy, leaf_alone(issuer).chain()).unwrap_err();
        assert_eq!(refusal.code(), code, "{refusal}");
    }
    let other_name = issuing
        .issue(Recipe::for_host("other.test"))
        .without_intermediates();
    let refusal = judge(&policy, other_name.chain()).unwrap_err();
    assert_eq!(refusal.code(), Code::NameMismatch);
    assert_eq!(
        path_row(refusal.receipt()),
        "path: passed (server chain incomplete, repaired with \"CN=issuing\")"
    );
    let no_san = issuing
        .issue(Recipe::for_host(HOST).without_san())
        .without_intermediates();
    assert_eq!(
        judge(&policy, no_san.chain()).unwrap_err().code(),
        Code::NoSubjectAltName
    );
}

#[tokio::test]
async fn intermediates_are_remembered_from_verified_handshakes_alone() {
    let root = TestCa::named("root");
    let issuing = root.intermediate("issuing");
    let bare = leaf_alone(&issuing);
    let whole = issuing.issue(Recipe::for_host(HOST));
    let misnamed = issuing.issue(Recipe::for_host("other.test"));
    let remembering = policy(&root, Intermediates::remembered());
    // Judged without a connection, or refused: neither is remembered.
    judge(&remembering, whole.chain()).unwrap();
    handshake(&remembering, &misnamed).await.unwrap_err();
    assert_eq!(
        judge(&remembering, bare.chain()).unwrap_err().code(),
        Code::UnknownIssuer
    );
    handshake(&remembering, &whole).await.unwrap();
    assert_eq!(
        path_row(&judge(&remembering, bare.chain()).unwrap()),
        "path: passed (server chain incomplete, repaired with \"CN=issuing\")"
    );
    let forgetful = policy(&root, Intermediates::default());
    handshake(&forgetful, &whole).await.unwrap();
    assert_eq!(
        judge(&forgetful, bare.chain()).unwrap_err().code(),
        Code::UnknownIssuer
    );
}

/// A handshake of plain rustls, with the policy's configuration.
async fn handshake(policy: &Policy, identity: &Identity) -> std::io::Result<()> {
    let server = TestServer::builder(identity.clone()).start().await;
    let config = Arc::new(policy.client_config().unwrap());
    let tcp = TcpStream::connect(server.addr()).await.unwrap();
    let name = ServerName::try_from(HOST).unwrap();
    let connecting = TlsConnector::from(config).connect(name, tcp).await;
    connecting.map(drop)
}

#[test]
fn what_cannot_be_read_does_not_build_and_says_why() {
    let directory = tempfile::tempdir().unwrap();
    let broken = directory.path().join("broken.pem");
    fs::write(&broken, "-----BEGIN CERTIFICATE-----\n!\n").unwrap();
    let problem = |intermediates: Intermediates| {
        let built = Policy::builder()
            .profile(Profile::Browser)
            .intermediates(intermediates)
            .build();
        match built {
            Err(ConfigError::ReadIntermediates { location, problem }) => (location, problem),
            other => panic!("{other:?}"),
        }
    };
    let (location, problem_of_file) = problem(Intermediates::file(&broken));
    assert_eq!(location, broken.display().to_string());
    assert!(matches!(problem_of_file, LoadProblem::Pem(_)));
    let (location, missing) = problem(Intermediates::file(directory.path().join("none.pem")));
    assert!(location.ends_with("none.pem"));
    assert!(matches!(missing, LoadProblem::Io(_)));
    let (location, empty) = problem(Intermediates::pem("a label", ""));
    assert_eq!(location, "a label");
    assert!(matches!(empty, LoadProblem::NothingFound));
}
