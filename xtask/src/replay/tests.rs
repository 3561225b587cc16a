#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fs;

use bonafide_testkit::certificate::Catalogue;
use bonafide_testkit::{Recipe, TestCa};
use bonafide_verify::pki_types::ServerName;
use bonafide_verify::{Code, Peer, Policy, Refusal};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;

/// A folder with a capsule and the root that it was judged under.
struct Stage {
    folder: TempDir,
}

impl Stage {
    fn new(ca: &TestCa, refusal: &Refusal) -> Self {
        let stage = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let capsule = refusal.capsule().unwrap();
        fs::write(stage.path("capsule.json"), capsule.to_json()).unwrap();
        fs::write(stage.path("ca.pem"), ca.pem()).unwrap();
        stage
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn replay(&self, args: &[&str]) -> (Result<(), ReplayError>, String) {
        let mut words = vec!["replay".to_owned()];
        words.push(self.path("capsule.json").display().to_string());
        for arg in args {
            words.push(match arg.strip_suffix(".pem") {
                Some(_) => self.path(arg).display().to_string(),
                None => (*arg).to_owned(),
            });
        }
        let mut out = Vec::new();
        let result = replay(&Arguments::try_parse_from(words).unwrap(), &mut out);
        (result, String::from_utf8(out).unwrap())
    }
}

fn refuse(ca: &TestCa, chain: &[CertificateDer<'_>], host: &str) -> Option<Refusal> {
    let policy = Policy::builder()
        .anchors(Anchors::only(ca.certificate().clone()))
        .build()
        .unwrap();
    let name = ServerName::try_from(host.to_owned()).unwrap();
    policy.verify(&Peer::new(chain, &name)).err()
}

fn expired(ca: &TestCa) -> Refusal {
    let identity = ca.issue(Recipe::for_host("localhost").expired());
    refuse(ca, identity.chain(), "localhost").unwrap()
}

#[test]
fn each_refused_recipe_is_refused_again_with_its_code() {
    let catalogue = Catalogue::new();
    let mut replayed = 0;
    for case in catalogue.cases() {
        let Some(refusal) = refuse(catalogue.ca(), case.identity.chain(), case.host) else {
            continue;
        };
        let stage = Stage::new(catalogue.ca(), &refusal);
        let (result, out) = stage.replay(&["--anchors", "ca.pem"]);
        result.unwrap();
        let now = format!("\nanchors  1 of 1\nnow      {}", refusal.code());
        assert!(out.starts_with(&format!("was      {refusal}\n")), "{out}");
        assert!(out.contains(&now), "{out}");
        replayed += 1;
    }
    assert_eq!(replayed, 11);
}

#[test]
fn anchors_that_are_not_at_hand_are_named_by_their_hashes() {
    let (ca, other) = (TestCa::new(), TestCa::new());
    let refusal = expired(&ca);
    let stage = Stage::new(&ca, &refusal);
    fs::write(stage.path("other.pem"), other.pem()).unwrap();
    for args in [&[][..], &["--anchors", "other.pem", "--partial"]] {
        let error = stage.replay(args).0.unwrap_err();
        let ReplayError::MissingAnchors { missing, wanted: 1 } = &error else {
            panic!("{error:?}");
        };
        assert_eq!(missing, refusal.capsule().unwrap().anchors());
        let hash: String = missing[0].iter().map(|b| format!("{b:02x}")).collect();
        assert!(error.to_string().ends_with(&format!(":\n  {hash}\n")));
    }
}

#[test]
fn with_some_anchors_missing_it_is_judged_when_asked_to() {
    let (ca, other) = (TestCa::new(), TestCa::new());
    let policy = Policy::builder()
        .anchors(Anchors::only(vec![
            ca.certificate().clone(),
            other.certificate().clone(),
        ]))
        .build()
        .unwrap();
    let identity = ca.issue(Recipe::for_host("localhost").expired());
    let name = ServerName::try_from("localhost").unwrap();
    let refusal = policy
        .verify(&Peer::new(identity.chain(), &name))
        .unwrap_err();
    let stage = Stage::new(&ca, &refusal);
    let error = stage.replay(&["--anchors", "ca.pem"]).0.unwrap_err();
    assert!(matches!(
        error,
        ReplayError::MissingAnchors { wanted: 2, .. }
    ));
    let (result, out) = stage.replay(&["--anchors", "ca.pem", "--partial"]);
    result.unwrap();
    assert!(out.contains("\nanchors  1 of 2\n"), "{out}");
}

#[test]
fn another_verdict_fails_and_tells_both() {
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host("a.test").expired());
    let refusal = refuse(&ca, identity.chain(), "a.test").unwrap();
    let stage = Stage::new(&ca, &refusal);
    let path = stage.path("capsule.json");
    let mut file: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    file["testcases"][0]["bonafide"]["code"] = json!("BF-OF-A-LATER-RELEASE");
    fs::write(&path, file.to_string()).unwrap();
    let error = stage.replay(&["--anchors", "ca.pem"]).0.unwrap_err();
    let ReplayError::Differs { was, now, .. } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(was, "BF-OF-A-LATER-RELEASE");
    assert_eq!(now, Code::Expired.as_str());
}

#[test]
fn a_file_that_is_no_capsule_and_a_profile_that_is_unknown_are_told() {
    let ca = TestCa::new();
    let stage = Stage::new(&ca, &expired(&ca));
    let path = stage.path("capsule.json");
    let text = fs::read_to_string(&path).unwrap();
    let anchors = ["--anchors", "ca.pem"];
    fs::write(&path, text.replace("\"browser\"", "\"b\"")).unwrap();
    let error = stage.replay(&anchors).0.unwrap_err();
    assert!(matches!(error, ReplayError::NoProfile(name) if name == "b"));
    let (result, out) = stage.replay(&["--anchors", "ca.pem", "--profile", "path-only"]);
    result.unwrap();
    assert!(out.contains("\nprofile  path-only\n"), "{out}");
    fs::write(&path, "{}").unwrap();
    let error = stage.replay(&anchors).0.unwrap_err();
    assert!(matches!(error, ReplayError::Capsule { .. }));
    fs::remove_file(&path).unwrap();
    let error = stage.replay(&anchors).0.unwrap_err();
    assert!(matches!(error, ReplayError::Read { .. }));
}

/// Against the schema of x509-limbo, where the corpora are: under the variable `BONAFIDE_CORPORA`,
/// or beside the checkout.
#[test]
fn a_capsule_is_valid_in_the_schema_of_limbo() {
    let corpora = std::env::var_os("BONAFIDE_CORPORA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance"),
        PathBuf::from,
    );
    let schema = corpora.join("limbo-schema.json");
    if !schema.is_file() {
        eprintln!(
            "left out: a_capsule_is_valid_in_the_schema_of_limbo, no {}",
            schema.display()
        );
        return;
    }
    let location = format!("{}#/$defs/Limbo", schema.canonicalize().unwrap().display());
    let mut schemas = boon::Schemas::new();
    let mut compiler = boon::Compiler::new();
    compiler.enable_format_assertions();
    let index = compiler.compile(&location, &mut schemas).unwrap();
    let capsule = expired(&TestCa::new()).capsule().unwrap();
    let mut file: Value = serde_json::from_str(&capsule.to_json()).unwrap();
    schemas.validate(&file, index).unwrap();
    file["testcases"][0]["id"] = json!("no id");
    assert!(schemas.validate(&file, index).is_err());
}
