//! What is broken changes nothing, and is told.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bonafide_testkit::{CrlRecipe, Identity, Recipe, TestCa};
use bonafide_verify::events::Event;
use bonafide_verify::files::LoadProblem;
use bonafide_verify::revocation::{Crls, OnMissingStatus, Revocation};
use bonafide_verify::watch::ReloadError;
use bonafide_verify::{Anchors, ClientIdentity, Code, ConfigError, CustomCa};

use crate::stage::{HOST, Stage, brisk, server, verdict, wait_until};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What becomes of a file, and what the reload says of it; `{}` is its path.
type Breakage = (&'static str, fn(&Path, &str), &'static str);

const BREAKAGES: &[Breakage] = &[
    (
        "emptied",
        |path, _| fs::write(path, "").unwrap(),
        "{}: contains no certificate",
    ),
    (
        "garbage",
        |path, _| fs::write(path, "no such thing\n\0\u{ff}").unwrap(),
        "{}: contains no certificate",
    ),
    (
        "cut in its first line",
        |path, pem| fs::write(path, &pem[..4]).unwrap(),
        "{}: contains no certificate",
    ),
    (
        "cut after its first line",
        |path, pem| fs::write(path, &pem[..28]).unwrap(),
        "{}: malformed PEM: section 1 has no END marker on its own line",
    ),
    (
        "cut in the middle",
        |path, pem| fs::write(path, &pem[..pem.len() / 2]).unwrap(),
        "{}: malformed PEM: section 1 has no END marker on its own line",
    ),
    (
        "cut in its last line",
        |path, pem| fs::write(path, &pem[..pem.trim_end().len() - 8]).unwrap(),
        "{}: malformed PEM: section 1 has no END marker on its own line",
    ),
    (
        "a key whose line ends were lost in its place",
        |path, _| {
            let key = Identity::self_signed(Recipe::for_host(HOST)).key_pem();
            fs::write(path, key.replace('\n', "\\n")).unwrap();
        },
        "{}: malformed PEM: section 1 does not begin with a BEGIN marker on its own line: the line breaks may have been lost",
    ),
    (
        "another kind of DER",
        |path, _| fs::write(path, [0x30, 0x03, 0x02, 0x01, 0x01]).unwrap(),
        "{}: certificate 1 cannot be an anchor: BadDer",
    ),
    (
        "deleted",
        |path, _| fs::remove_file(path).unwrap(),
        "{}: No such file or directory (os error 2)",
    ),
    (
        "a directory in its place",
        |path, _| {
            fs::remove_file(path).unwrap();
            fs::create_dir(path).unwrap();
        },
        "{}: is a directory, and a file was named",
    ),
    #[cfg(unix)]
    (
        "a circle of links",
        |path, _| {
            fs::remove_file(path).unwrap();
            std::os::unix::fs::symlink(path, path).unwrap();
        },
        "{}: Too many levels of symbolic links (os error 40)",
    ),
    (
        "larger than any list of certificates",
        |path, _| {
            fs::File::create(path)
                .unwrap()
                .set_len((16 << 20) + 1)
                .unwrap()
        },
        "{}: larger than 16777216 bytes",
    ),
];

fn remove(path: &Path) {
    if fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir()) {
        fs::remove_dir(path).unwrap();
    } else if fs::symlink_metadata(path).is_ok() {
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn a_storm_of_broken_files_keeps_the_last_good_policy_and_says_why() {
    let (kept, mut old) = (TestCa::new(), TestCa::new());
    for (what, breaks, expected) in BREAKAGES {
        let stage = Stage::new();
        let path = stage.write("ca.pem", old.pem());
        let builder = stage.builder();
        let (other, file) = (kept.certificate().clone(), path.clone());
        // Another source is in order: the policy could be built without the broken one.
        let recipe = move || {
            let anchors = Anchors::only(other.clone()).plus(CustomCa::file(&file));
            builder.clone().anchors(anchors).build()
        };
        let watched = brisk().start(recipe).unwrap();
        let epoch = watched.handle().epoch();
        breaks(&path, &old.pem());
        let expected = expected.replace("{}", &path.display().to_string());
        let expected = format!("a source that had content before cannot be used: {expected}");
        // What is in the middle of becoming so may be seen as well.
        let failed = loop {
            let failed = stage.failed();
            eprintln!("{what}: {failed}");
            if failed.error == expected {
                break failed;
            }
        };
        assert_eq!(failed.changed, std::slice::from_ref(&path), "{what}");
        assert_eq!(failed.in_force, format!("the policy of epoch {epoch}"));
        assert_eq!(watched.handle().epoch(), epoch, "{what}");
        assert_eq!(verdict(watched.handle(), &server(&old)), Ok(()), "{what}");
        match watched.status().failure {
            Some(ReloadError::Incomplete { failure }) => {
                assert_eq!(failure.location, path.display().to_string());
            }
            other => panic!("{what}: {other:?}"),
        }
        let new = TestCa::new();
        remove(&path);
        fs::write(&path, new.pem()).unwrap();
        stage.replaced_after_failures();
        assert_eq!(verdict(watched.handle(), &server(&new)), Ok(()), "{what}");
        assert_eq!(
            verdict(watched.handle(), &server(&old)),
            Err(Code::UnknownIssuer),
            "{what}"
        );
        assert!(watched.status().failure.is_none(), "{what}");
        old = new;
    }
}

#[test]
fn an_emptied_directory_of_revocation_lists_clears_nobody() {
    let stage = Stage::new();
    let ca = TestCa::new();
    let identity = server(&ca);
    fs::create_dir(stage.path("lists")).unwrap();
    stage.write(
        "lists/1.crl",
        ca.crl_pem(CrlRecipe::new().revoke(&identity)),
    );
    let builder = stage
        .builder()
        .anchors(Anchors::only(ca.certificate().clone()));
    let directory = stage.path("lists");
    let recipe = move || {
        let revocation = Revocation::builder()
            .crls(Crls::directory(&directory))
            .on_missing(OnMissingStatus::Accept)
            .build()?;
        builder.clone().check(revocation).build()
    };
    let watched = brisk().start(recipe).unwrap();
    fs::remove_file(stage.path("lists/1.crl")).unwrap();
    let failed = stage.failed();
    let expected = format!(
        "cannot read revocation lists from {}: the directory contains no files",
        stage.path("lists").display()
    );
    assert_eq!(failed.error, expected);
    assert_eq!(verdict(watched.handle(), &identity), Err(Code::Revoked));
}

#[test]
fn an_emptied_directory_of_authorities_is_no_withdrawal() {
    let stage = Stage::new();
    let (one, two) = (TestCa::new(), TestCa::new());
    fs::create_dir(stage.path("cas")).unwrap();
    stage.write("cas/two.pem", two.pem());
    let (builder, first) = (stage.builder(), one.certificate().clone());
    let directory = stage.path("cas");
    let recipe = move || {
        let anchors = Anchors::only(first.clone()).plus(CustomCa::directory(&directory));
        builder.clone().anchors(anchors).build()
    };
    let watched = brisk().start(recipe).unwrap();
    fs::remove_file(stage.path("cas/two.pem")).unwrap();
    let expected = format!(
        "a source that had content before cannot be used: {}: the directory contains no files",
        stage.path("cas").display()
    );
    assert_eq!(stage.failed().error, expected);
    assert_eq!(verdict(watched.handle(), &server(&two)), Ok(()));
}

#[test]
fn what_is_put_back_is_no_new_policy() {
    let stage = Stage::new();
    let ca = TestCa::new();
    let path = stage.write("ca.pem", ca.pem());
    let watched = stage.follow_file(path.clone(), brisk());
    let epoch = watched.handle().epoch();
    fs::write(&path, "").unwrap();
    assert!(
        stage
            .failed()
            .error
            .starts_with("no trust anchor could be loaded: ")
    );
    fs::write(&path, ca.pem()).unwrap();
    match stage.event() {
        Event::ReloadRecovered(recovered) => {
            assert_eq!(recovered.in_force, format!("the policy of epoch {epoch}"));
        }
        other => panic!("{other}"),
    }
    assert_eq!(watched.handle().epoch(), epoch);
}

#[test]
fn a_file_becomes_whole_without_a_notice() {
    let stage = Stage::new();
    let (old, new) = (TestCa::new(), TestCa::new());
    let path = stage.write("ca.pem", old.pem());
    // Nobody looks on its own within a day.
    let watched = stage.follow_file(path.clone(), brisk().by_polling(DAY));
    wait_until("it has looked at the start", || {
        watched.status().failure.is_none()
    });
    fs::write(&path, &new.pem()[..100]).unwrap();
    match watched.reload_now() {
        Err(ReloadError::Config(ConfigError::NoAnchors { report })) => {
            let problems: Vec<_> = report.failures().collect();
            assert!(
                matches!(problems[..], [failure] if matches!(failure.problem, LoadProblem::Pem(_)))
            );
        }
        other => panic!("{other:?}"),
    }
    fs::write(&path, new.pem()).unwrap();
    stage.replaced_after_failures();
    assert_eq!(verdict(watched.handle(), &server(&new)), Ok(()));
}

#[test]
fn a_key_without_its_certificate_waits_for_it() {
    let stage = Stage::new();
    let ca = TestCa::new();
    let client = |name: &str| ca.issue(Recipe::for_host(name).client());
    let (old, new) = (client("old"), client("new"));
    let chain = stage.write("tls.crt", old.chain_pem());
    let key = stage.write("tls.key", old.key_pem());
    let builder = stage
        .builder()
        .anchors(Anchors::only(ca.certificate().clone()));
    let recipe = {
        let (chain, key) = (chain.clone(), key.clone());
        move || {
            let identity = ClientIdentity::from_pem_files(&chain, &key)?;
            builder.clone().identity(identity).build()
        }
    };
    let watched = brisk().also(&chain).also(&key).start(recipe).unwrap();
    let epoch = watched.handle().epoch();
    fs::write(&key, new.key_pem()).unwrap();
    let failed = stage.failed();
    assert_eq!(
        failed.error,
        "the private key does not match the client certificate"
    );
    assert_eq!(failed.changed, [key]);
    assert_eq!(watched.handle().epoch(), epoch);
    assert!(matches!(
        watched.status().failure,
        Some(ReloadError::Config(ConfigError::KeyMismatch))
    ));
    fs::write(&chain, new.chain_pem()).unwrap();
    stage.replaced_after_failures();
    assert!(watched.handle().epoch() > epoch);
}

#[test]
fn an_error_of_the_recipe_is_handed_on() {
    let stage = Stage::new();
    let path = stage.write("ca.pem", TestCa::new().pem());
    let fails = Arc::new(AtomicBool::new(true));
    let (failing, builder, file) = (Arc::clone(&fails), stage.builder(), path.clone());
    let recipe = move || {
        if failing.load(Ordering::SeqCst) {
            let source = std::io::Error::other("no configuration");
            return Err(Box::<dyn std::error::Error + Send + Sync>::from(source));
        }
        let anchors = Anchors::only(CustomCa::file(&file));
        Ok(builder.clone().anchors(anchors).build()?)
    };
    match brisk().start(recipe.clone()) {
        Err(ReloadError::Recipe(error)) => assert_eq!(error.to_string(), "no configuration"),
        other => panic!("{other:?}"),
    }
    fails.store(false, Ordering::SeqCst);
    let watched = brisk().start(recipe).unwrap();
    fails.store(true, Ordering::SeqCst);
    assert!(matches!(
        watched.reload_now(),
        Err(ReloadError::Recipe(error)) if error.to_string() == "no configuration"
    ));
    assert_eq!(stage.failed().error, "the recipe failed: no configuration");
}

#[test]
fn a_panicking_recipe_is_told_and_tried_again() {
    let stage = Stage::new();
    let (old, new) = (TestCa::new(), TestCa::new());
    let path = stage.write("ca.pem", old.pem());
    let is_broken = Arc::new(AtomicBool::new(false));
    let (breaks, builder, file) = (Arc::clone(&is_broken), stage.builder(), path.clone());
    let recipe = move || {
        assert!(!breaks.load(Ordering::SeqCst), "out of luck");
        let anchors = Anchors::only(CustomCa::file(&file));
        builder.clone().anchors(anchors).build()
    };
    let watched = brisk().start(recipe).unwrap();
    is_broken.store(true, Ordering::SeqCst);
    fs::write(&path, new.pem()).unwrap();
    assert_eq!(stage.failed().error, "the recipe panicked: out of luck");
    assert_eq!(verdict(watched.handle(), &server(&old)), Ok(()));
    // Nothing is written any more.
    is_broken.store(false, Ordering::SeqCst);
    stage.replaced_after_failures();
    assert_eq!(verdict(watched.handle(), &server(&new)), Ok(()));
}
