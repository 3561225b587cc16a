//! For which anchors timestamps are demanded.

use std::process::Command;

use bonafide_testkit::{Moment, Recipe, TestCa, TestLog};
use bonafide_verify::pki_types::ServerName;
use bonafide_verify::receipt::Outcome;
use bonafide_verify::transparency::{ExemptAnchors, LogList, Transparency};
use bonafide_verify::{Anchors, CustomCa, Peer, Policy};

use crate::stage::{HOST, Stage, row};

/// The check as it is without any choice.
fn default_check() -> Transparency {
    let logs = TestLog::log_list([&TestLog::new("log", "operator")], Moment::now());
    Transparency::with_log_list(LogList::from_json(logs).unwrap())
}

#[test]
fn a_private_anchor_is_exempt_and_the_receipt_says_so() {
    let stage = Stage::new();
    let leaf = stage.root.issue(stage.recipe());
    let name = ServerName::try_from(HOST).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), stage.root.pem()).unwrap();
    for (ca, origin) in [
        (
            CustomCa::pem("corp", stage.root.pem()),
            "memory (corp)".to_owned(),
        ),
        (
            CustomCa::file(file.path()),
            file.path().display().to_string(),
        ),
    ] {
        let policy = |exempt| {
            Policy::builder()
                .anchors(Anchors::only(ca.clone()))
                .check(default_check().exempt(exempt))
                .build()
                .unwrap()
        };
        let peer = Peer::new(leaf.chain(), &name);
        let receipt = policy(ExemptAnchors::Private).verify(&peer).unwrap();
        assert_eq!(row(&receipt).outcome(), &Outcome::NotApplicable);
        assert_eq!(
            row(&receipt).detail(),
            Some(format!("private anchor: {origin}").as_str())
        );
        let refusal = policy(ExemptAnchors::NoAnchor).verify(&peer).unwrap_err();
        assert_eq!(refusal.code(), bonafide_verify::Code::TooFewScts);
    }
}

#[test]
#[ignore = "run by the test on public anchors, in a process of its own"]
fn print_verdicts_by_environment() {
    let pem = std::env::var("LEAF_PEM").unwrap();
    let chain: Vec<_> = rustls_pki_types::pem::PemObject::pem_slice_iter(pem.as_bytes())
        .collect::<Result<_, _>>()
        .unwrap();
    let name = ServerName::try_from(HOST).unwrap();
    for (title, anchors) in [
        ("system", Anchors::system()),
        ("variable", Anchors::system().plus_from_env("EXTRA_CA")),
    ] {
        let policy = Policy::builder()
            .anchors(anchors)
            .check(default_check())
            .build()
            .unwrap();
        let verdict = match policy.verify(&Peer::new(&chain, &name)) {
            Ok(receipt) => row(&receipt).to_string(),
            Err(refusal) => refusal.code().to_string(),
        };
        println!("<{title}: {verdict}>");
    }
}

#[test]
fn what_stands_for_the_systems_store_is_public_and_a_variable_of_the_program_is_not() {
    let (public, private) = (TestCa::new(), TestCa::new());
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, pem: String| {
        let path = directory.path().join(name);
        std::fs::write(&path, pem).unwrap();
        path
    };
    let public_file = file("public.pem", public.pem());
    let private_file = file("private.pem", private.pem());
    let run = |issuer: &TestCa| {
        let leaf = issuer.issue(Recipe::for_host(HOST));
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture"])
            .arg("anchors::print_verdicts_by_environment")
            .env_remove("SSL_CERT_DIR")
            .env("SSL_CERT_FILE", &public_file)
            .env("EXTRA_CA", &private_file)
            .env("LEAF_PEM", leaf.chain_pem())
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let public_leaf = run(&public);
    assert!(
        public_leaf.contains("<system: BF-TOO-FEW-SCTS>"),
        "{public_leaf}"
    );
    assert!(
        public_leaf.contains("<variable: BF-TOO-FEW-SCTS>"),
        "{public_leaf}"
    );
    let private_leaf = run(&private);
    assert!(
        private_leaf.contains("<system: BF-UNKNOWN-ISSUER>"),
        "{private_leaf}"
    );
    let expected = format!(
        "<variable: transparency: not applicable (private anchor: {} (from EXTRA_CA))>",
        private_file.display()
    );
    assert!(private_leaf.contains(&expected), "{private_leaf}");
}
