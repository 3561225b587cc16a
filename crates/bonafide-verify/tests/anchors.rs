//! Anchors from everywhere, and what loading reports.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bonafide_testkit::{Recipe, TestCa};
use bonafide_verify::anchors::Origin;
use bonafide_verify::files::LoadProblem;
use bonafide_verify::{Anchors, ConfigError, CustomCa, Peer, Policy, Zone};
use rustls_pki_types::ServerName;

/// A directory of its own for one test, removed at its end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("bonafide-{test}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, content).unwrap();
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn problems(anchors: &Anchors) -> Vec<(String, LoadProblem)> {
    let report = match anchors.load() {
        Ok(set) => set.report().clone(),
        Err(ConfigError::NoAnchors { report }) => report,
        Err(other) => panic!("{other:?}"),
    };
    report
        .failures()
        .map(|failure| (failure.location.clone(), failure.problem.clone()))
        .collect()
}

#[test]
fn pem_der_directories_and_memory_are_read_with_their_origin() {
    let scratch = Scratch::new("sources");
    let [one, two, three, four] = [(); 4].map(|()| TestCa::new());
    let bundle = scratch.file(
        "bundle.pem",
        format!("preamble\n{}\n{}", one.pem(), two.pem()),
    );
    let der = scratch.file("three.der", three.certificate());
    let anchors =
        Anchors::only(CustomCa::directory(&scratch.0)).plus(CustomCa::pem("mine", four.pem()));
    let set = anchors.load().unwrap();
    let origins: Vec<_> = set
        .counts()
        .iter()
        .map(|(origin, count)| (origin.clone(), count))
        .collect();
    assert_eq!(
        origins,
        [
            (Origin::Directory(scratch.0.clone()), 3),
            (Origin::Memory("mine".to_owned()), 1)
        ]
    );
    let own: Vec<_> = set.anchors().iter().map(|anchor| anchor.origin()).collect();
    let (bundle, der) = (Origin::File(bundle), Origin::File(der));
    let memory = Origin::Memory("mine".to_owned());
    assert_eq!(own, [&bundle, &bundle, &der, &memory]);
    let whole: Vec<_> = set
        .anchors()
        .iter()
        .map(|anchor| anchor.certificate())
        .collect();
    assert_eq!(
        whole,
        [
            one.certificate(),
            two.certificate(),
            three.certificate(),
            four.certificate()
        ]
    );
}

#[test]
fn a_broken_file_beside_good_ones_is_reported_and_not_fatal() {
    let scratch = Scratch::new("broken");
    let good = TestCa::new();
    scratch.file("good.pem", good.pem());
    let broken = scratch.file(
        "broken.pem",
        "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n",
    );
    let empty = scratch.file("empty.pem", "");
    let not_x509 = scratch.file("other.der", [0x30, 0x03, 0x02, 0x01, 0x00]);
    let anchors = Anchors::only(CustomCa::directory(&scratch.0))
        .plus(CustomCa::file(scratch.0.join("absent.pem")));
    assert_eq!(anchors.load().unwrap().len(), 1);
    let mut found = problems(&anchors).into_iter();
    let mut next = || found.next().unwrap();
    let at = |path: &Path| path.display().to_string();
    assert!(matches!(next(), (place, LoadProblem::Pem(_)) if place == at(&broken)));
    assert!(matches!(next(), (place, LoadProblem::NoCertificate) if place == at(&empty)));
    assert!(matches!(
        next(),
        (place, LoadProblem::NotAnAnchor { position: 1, .. }) if place == at(&not_x509)
    ));
    assert!(matches!(next(), (place, LoadProblem::Io(_)) if place.ends_with("absent.pem")));
    assert!(found.next().is_none());
}

#[test]
fn zero_anchors_do_not_build_and_the_error_lists_what_was_tried() {
    let scratch = Scratch::new("zero");
    let empty = scratch.file("empty.pem", "nothing here");
    let build = |anchors: Anchors| Policy::builder().anchors(anchors).build().map(drop);
    match build(Anchors::only(CustomCa::file(&empty))) {
        Err(ConfigError::NoAnchors { report }) => {
            let text = ConfigError::NoAnchors { report }.to_string();
            assert_eq!(
                text,
                format!(
                    "no trust anchor could be loaded: {}: 0 loaded, contains no certificate",
                    empty.display()
                )
            );
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        build(Anchors::only(Vec::new())),
        Err(ConfigError::NoAnchors { .. })
    ));
    let zone = Zone::for_host("a.test").anchors(Anchors::only(Vec::new()));
    assert!(matches!(
        Policy::builder().zone(zone).build().map(drop),
        Err(ConfigError::NoAnchors { .. })
    ));
}

#[test]
fn once_the_store_is_read_a_policy_is_ready_when_it_is_built() {
    // Whether the store of this machine has anchors plays no part.
    let _ = Anchors::system().load();
    assert!(Policy::builder().build().unwrap().is_loaded());
}

#[test]
fn a_pipe_or_device_is_not_read() {
    let problems = problems(&Anchors::only(CustomCa::file("/dev/zero")));
    assert!(
        matches!(&problems[..], [(_, LoadProblem::NotAFile(path))] if path == Path::new("/dev/zero"))
    );
}

#[test]
fn a_directory_that_is_named_as_a_file_says_so() {
    let scratch = Scratch::new("not-a-file");
    let error = Anchors::only(CustomCa::file(&scratch.0)).load();
    let at = scratch.0.display();
    assert_eq!(
        error.unwrap_err().to_string(),
        format!(
            "no trust anchor could be loaded: {at}: 0 loaded, is a directory, and a file was named"
        )
    );
}

#[test]
fn the_debug_of_policies_and_receipts_has_no_bytes_of_certificates() {
    let ca = TestCa::new();
    let anchors = Anchors::only(CustomCa::pem("corp", ca.pem()));
    let set = anchors.load().unwrap();
    let text = format!("{set:?}");
    assert!(text.contains("Memory(\"corp\"), 1"), "{text}");
    assert!(!text.contains("CertificateDer"), "{text}");
    let policy = Policy::builder().anchors(anchors).build().unwrap();
    assert!(policy.is_loaded());
    let text = format!("{policy:?}");
    assert!(!text.contains("CertificateDer"), "{text}");
    let server = ca.issue(Recipe::for_host("a.test").common_name("a.test"));
    let name = ServerName::try_from("a.test").unwrap();
    let receipt = policy.verify(&Peer::new(server.chain(), &name)).unwrap();
    let text = format!("{receipt:?}");
    assert!(text.contains("subjects: [\"CN=a.test\", "), "{text}");
    assert!(!text.contains("Der("), "{text}");
}

#[cfg(unix)]
#[test]
fn a_link_to_a_file_of_the_same_directory_is_not_read_again() {
    let scratch = Scratch::new("links");
    let file = scratch.file("root.pem", TestCa::new().pem());
    std::os::unix::fs::symlink(&file, scratch.0.join("1a2b3c4d.0")).unwrap();
    let set = Anchors::only(CustomCa::directory(&scratch.0))
        .load()
        .unwrap();
    let report = &set.report().sources[0];
    assert_eq!(
        (report.loaded, report.duplicates, report.failures.len()),
        (1, 0, 0)
    );
}

#[test]
fn the_same_certificate_counts_once() {
    let ca = TestCa::new();
    let set = Anchors::only(CustomCa::pem("twice", ca.pem() + &ca.pem()))
        .load()
        .unwrap();
    assert_eq!((set.len(), set.report().sources[0].duplicates), (1, 1));
}

#[cfg(feature = "bundled")]
#[test]
fn the_bundled_roots_keep_their_whole_certificates() {
    let set = Anchors::bundled().load().unwrap();
    assert!(set.len() > 100 && set.report().failures().next().is_none());
    assert!(
        set.anchors()
            .iter()
            .all(|anchor| anchor.origin() == &Origin::Bundled && anchor.certificate().len() > 400)
    );
}

/// What a process with the given environment prints from [`print_the_system_store`].
fn system_store_with(environment: &[(&str, &Path)]) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([
        "--ignored",
        "--exact",
        "--nocapture",
        "print_the_system_store",
    ]);
    for variable in ["SSL_CERT_FILE", "SSL_CERT_DIR", "EXTRA_CA"] {
        command.env_remove(variable);
    }
    let output = command.envs(environment.iter().copied()).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
#[ignore = "run by the tests on environment variables, in a process of its own"]
fn print_the_system_store() {
    match Anchors::system().plus_from_env("EXTRA_CA").load() {
        Ok(set) => println!("<{}>", set.counts()),
        Err(error) => println!("<{error}>"),
    }
}

#[test]
fn ssl_cert_file_and_dir_replace_the_system_store_and_the_origin_says_so() {
    let scratch = Scratch::new("environment");
    let file = scratch.file("one.pem", TestCa::new().pem());
    fs::create_dir(scratch.0.join("certs")).unwrap();
    scratch.file("certs/two.pem", TestCa::new().pem());
    scratch.file("certs/three.pem", TestCa::new().pem());
    let directory = scratch.0.join("certs");
    let printed = system_store_with(&[("SSL_CERT_FILE", &file), ("SSL_CERT_DIR", &directory)]);
    let expected = format!(
        "<1 from {} (from SSL_CERT_FILE), 2 from {} (from SSL_CERT_DIR)>",
        file.display(),
        directory.display()
    );
    assert!(printed.contains(&expected), "{printed}");
}

#[test]
fn an_empty_variable_counts_as_unset() {
    let scratch = Scratch::new("empty-variable");
    let file = scratch.file("one.pem", TestCa::new().pem());
    let (empty, separators) = (Path::new(""), Path::new(":"));
    let unset = system_store_with(&[]);
    for variables in [
        &[("SSL_CERT_FILE", empty)][..],
        &[("SSL_CERT_DIR", empty)],
        &[("SSL_CERT_DIR", separators)],
        &[("SSL_CERT_FILE", empty), ("SSL_CERT_DIR", empty)],
        &[("EXTRA_CA", empty)],
    ] {
        assert_eq!(
            result(&system_store_with(variables)),
            result(&unset),
            "{variables:?}"
        );
    }
    // Nor does an empty one hide the other.
    let printed = system_store_with(&[("SSL_CERT_FILE", &file), ("SSL_CERT_DIR", empty)]);
    let expected = format!("<1 from {} (from SSL_CERT_FILE)>", file.display());
    assert_eq!(result(&printed), expected);
}

/// The line of [`print_the_system_store`].
fn result(printed: &str) -> &str {
    printed.lines().find(|line| line.starts_with('<')).unwrap()
}

#[test]
fn a_replacement_that_cannot_be_read_leaves_no_anchors() {
    let printed = system_store_with(&[("SSL_CERT_FILE", Path::new("/nonexistent/ca.pem"))]);
    assert!(
        printed.contains(
            "<no trust anchor could be loaded: SSL_CERT_FILE: 0 loaded, /nonexistent/ca.pem: "
        ),
        "{printed}"
    );
}

#[test]
fn an_additive_variable_adds_only_where_it_is_asked_for_by_name() {
    let scratch = Scratch::new("additive");
    let store = scratch.file("store.pem", TestCa::new().pem());
    let extra = scratch.file("extra.pem", TestCa::new().pem());
    let printed = system_store_with(&[
        ("SSL_CERT_FILE", &store),
        ("EXTRA_CA", &extra),
        ("NODE_EXTRA_CA_CERTS", &extra),
    ]);
    let expected = format!(
        "<1 from {} (from SSL_CERT_FILE), 1 from {} (from EXTRA_CA)>",
        store.display(),
        extra.display()
    );
    assert!(printed.contains(&expected), "{printed}");
}
