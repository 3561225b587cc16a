//! Every kind of source that changes takes effect.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use bonafide_testkit::{CrlRecipe, Moment, TestCa, TestLog};
use bonafide_verify::pki_types::ServerName;
use bonafide_verify::revocation::{Crls, Revocation};
use bonafide_verify::transparency::{ExemptAnchors, LogList, Transparency};
use bonafide_verify::{Anchors, Clock, Code, CustomCa, Intermediates, Peer};

use crate::stage::{HOST, Stage, brisk, server, verdict, wait_until};

#[test]
fn a_changed_file_takes_effect() {
    for options in [brisk(), brisk().by_polling(Duration::from_millis(5))] {
        let stage = Stage::new();
        let (old, new) = (TestCa::new(), TestCa::new());
        let path = stage.write("ca.pem", old.pem());
        let watched = stage.follow_file(path.clone(), options);
        let policy = watched.handle();
        assert_eq!(verdict(policy, &server(&old)), Ok(()));
        fs::write(&path, new.pem()).unwrap();
        stage.replaced();
        assert_eq!(verdict(policy, &server(&old)), Err(Code::UnknownIssuer));
        assert_eq!(verdict(policy, &server(&new)), Ok(()));
        // As editors do it.
        let beside = stage.write("ca.pem.new", old.pem());
        fs::rename(beside, &path).unwrap();
        stage.replaced();
        assert_eq!(verdict(policy, &server(&old)), Ok(()));
        assert_eq!(verdict(policy, &server(&new)), Err(Code::UnknownIssuer));
        assert!(watched.status().failure.is_none());
    }
}

#[test]
fn a_file_that_comes_to_or_leaves_a_directory_takes_effect() {
    let stage = Stage::new();
    let (one, two) = (TestCa::new(), TestCa::new());
    fs::create_dir(stage.path("cas")).unwrap();
    stage.write("cas/one.pem", one.pem());
    let (builder, directory) = (stage.builder(), stage.path("cas"));
    let recipe = move || {
        let anchors = Anchors::only(CustomCa::directory(&directory));
        builder.clone().anchors(anchors).build()
    };
    let watched = brisk().start(recipe).unwrap();
    let policy = watched.handle();
    assert_eq!(verdict(policy, &server(&two)), Err(Code::UnknownIssuer));
    stage.write("cas/two.pem", two.pem());
    stage.replaced();
    assert_eq!(verdict(policy, &server(&two)), Ok(()));
    fs::remove_file(stage.path("cas/one.pem")).unwrap();
    stage.replaced();
    assert_eq!(verdict(policy, &server(&one)), Err(Code::UnknownIssuer));
    assert_eq!(verdict(policy, &server(&two)), Ok(()));
}

#[test]
fn a_new_revocation_list_takes_effect() {
    let stage = Stage::new();
    let ca = TestCa::new();
    let identity = server(&ca);
    let lists = stage.write("list.crl", ca.crl_pem(CrlRecipe::new()));
    let builder = stage
        .builder()
        .anchors(Anchors::only(ca.certificate().clone()));
    let recipe = move || {
        let revocation = Revocation::builder().crls(Crls::file(&lists)).build()?;
        builder.clone().check(revocation).build()
    };
    let watched = brisk().start(recipe).unwrap();
    assert_eq!(verdict(watched.handle(), &identity), Ok(()));
    stage.write(
        "list.crl",
        ca.crl_pem(CrlRecipe::new().revoke(&identity).number(2)),
    );
    stage.replaced();
    assert_eq!(verdict(watched.handle(), &identity), Err(Code::Revoked));
}

#[test]
fn a_new_log_list_takes_effect() {
    let stage = Stage::new();
    let ca = TestCa::new();
    let (one, two) = (TestLog::new("one", "a"), TestLog::new("two", "b"));
    let list = |logs: &[&TestLog]| TestLog::log_list(logs.iter().copied(), Moment::now());
    let path = stage.write("log_list.json", list(&[&one]));
    let builder = stage
        .builder()
        .anchors(Anchors::only(ca.certificate().clone()));
    let recipe = move || -> Result<_, Box<dyn std::error::Error + Send + Sync>> {
        let logs = LogList::from_file(&path)?;
        let check = Transparency::with_log_list(logs).exempt(ExemptAnchors::NoAnchor);
        Ok(builder.clone().check(check).build()?)
    };
    let watched = brisk().start(recipe).unwrap();
    let epoch = watched.handle().epoch();
    stage.write("log_list.json", list(&[&one, &two]));
    stage.replaced();
    assert!(watched.handle().epoch() > epoch);
    stage.write("log_list.json", "{}");
    let failed = stage.failed();
    assert!(
        failed
            .error
            .starts_with("the recipe failed: not a log list of the v3 schema"),
        "{failed}"
    );
}

#[test]
fn new_intermediates_take_effect() {
    let stage = Stage::new();
    let root = TestCa::new();
    let issuing = root.intermediate("issuing CA");
    let identity = server(&issuing);
    let leaf = || identity.chain()[..1].to_vec();
    let path = stage.write("issuing.pem", TestCa::new().pem());
    let builder = stage
        .builder()
        .anchors(Anchors::only(root.certificate().clone()));
    let recipe = move || {
        let intermediates = Intermediates::file(&path);
        builder.clone().intermediates(intermediates).build()
    };
    let watched = brisk().start(recipe).unwrap();
    let judge = || {
        let name = ServerName::try_from(HOST).unwrap();
        let policy = watched.handle().current();
        policy
            .verify(&Peer::new(&leaf(), &name))
            .map(drop)
            .map_err(|refusal| refusal.code())
    };
    assert_eq!(judge(), Err(Code::UnknownIssuer));
    stage.write("issuing.pem", issuing.pem());
    stage.replaced();
    assert_eq!(judge(), Ok(()));
}

#[test]
fn a_touched_file_replaces_nothing() {
    let stage = Stage::new();
    let ca = TestCa::new();
    let path = stage.write("ca.pem", ca.pem());
    let (calls, looks) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicU64::new(0)));
    let (called, looked) = (Arc::clone(&calls), Arc::clone(&looks));
    // The clock is asked at every look.
    let clock = Clock::from_fn("counting", move || {
        looked.fetch_add(1, Ordering::SeqCst);
        Moment::now().as_unix_time()
    });
    let builder = stage.builder().clock(clock);
    let file = path.clone();
    let recipe = move || {
        called.fetch_add(1, Ordering::SeqCst);
        let anchors = Anchors::only(CustomCa::file(&file));
        builder.clone().anchors(anchors).build()
    };
    let watched = brisk()
        .poll_every(Duration::from_millis(5))
        .start(recipe)
        .unwrap();
    let (epoch, before) = (watched.handle().epoch(), calls.load(Ordering::SeqCst));
    for _ in 0..3 {
        fs::write(stage.path("beside"), ca.pem()).unwrap();
        fs::rename(stage.path("beside"), &path).unwrap();
        let seen = looks.load(Ordering::SeqCst);
        wait_until("it looks", || looks.load(Ordering::SeqCst) > seen + 20);
    }
    assert_eq!(calls.load(Ordering::SeqCst), before);
    assert_eq!(watched.handle().epoch(), epoch);
    assert!(stage.events.try_recv().is_err());
}

#[test]
fn a_storm_of_changes_ends_with_the_last_one_in_force() {
    let stage = Stage::new();
    let (old, last) = (TestCa::new(), TestCa::new());
    let path = stage.write("ca.pem", old.pem());
    let watched = stage.follow_file(path.clone(), brisk());
    for turn in 0..2_000 {
        let text = match turn % 3 {
            0 => format!("{}{turn}", &old.pem()[..200]),
            1 => old.pem(),
            _ => String::new(),
        };
        fs::write(&path, text).unwrap();
    }
    fs::write(&path, last.pem()).unwrap();
    wait_until("the last one is in force", || {
        verdict(watched.handle(), &server(&last)) == Ok(())
    });
    assert_eq!(
        verdict(watched.handle(), &server(&old)),
        Err(Code::UnknownIssuer)
    );
}
