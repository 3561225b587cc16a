//! The thread that watches: what it survives, and how it ends.

use std::fs;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};

use bonafide_testkit::TestCa;
use bonafide_verify::events::Event;
use bonafide_verify::watch::{ReloadError, Watched};
use bonafide_verify::{Anchors, CustomCa};

use crate::stage::{BOUND, Stage, brisk, server, verdict, wait_until};

#[test]
fn a_panicking_sink_does_not_end_the_watching() {
    let stage = Stage::new();
    let (one, two) = (TestCa::new(), TestCa::new());
    let path = stage.write("ca.pem", one.pem());
    let file = path.clone();
    let builder = stage.builder().events(|event: &Event| {
        let is_last = matches!(event, Event::ReloadRecovered(_));
        assert!(is_last, "a bad sink");
    });
    let recipe = move || {
        let anchors = Anchors::only(CustomCa::file(&file));
        builder.clone().anchors(anchors).build()
    };
    let watched = brisk().start(recipe).unwrap();
    fs::write(&path, "").unwrap();
    stage.failed();
    fs::write(&path, two.pem()).unwrap();
    stage.replaced_after_failures();
    assert_eq!(verdict(watched.handle(), &server(&two)), Ok(()));
    fs::write(&path, one.pem()).unwrap();
    stage.replaced();
    let epoch = watched.handle().epoch();
    fs::write(&path, "").unwrap();
    stage.failed();
    assert_eq!(watched.handle().epoch(), epoch, "replaced once");
}

#[test]
fn a_reload_on_demand_is_a_new_policy_whatever_the_files_say() {
    let stage = Stage::new();
    let path = stage.write("ca.pem", TestCa::new().pem());
    let watched = stage.follow_file(path, brisk());
    let before = watched.handle().epoch();
    let epoch = watched.reload_now().unwrap();
    assert!(epoch > before);
    assert_eq!(watched.handle().epoch(), epoch);
}

#[test]
fn a_reload_within_a_reload_is_refused_and_waits_for_nobody() {
    let stage = Stage::new();
    let path = stage.write("ca.pem", TestCa::new().pem());
    let watched: Arc<Mutex<Option<Watched>>> = Arc::default();
    let (sender, answers) = sync_channel(10);
    let within = Arc::clone(&watched);
    let builder = stage.builder().events(move |event: &Event| {
        if matches!(event, Event::PolicyReplaced(_)) {
            let watched = within.lock().unwrap().take().unwrap();
            sender.send(watched.reload_now()).unwrap();
            // And dropped here, on the thread that watches.
        }
    });
    let file = path.clone();
    let recipe = move || {
        let anchors = Anchors::only(CustomCa::file(&file));
        builder.clone().anchors(anchors).build()
    };
    *watched.lock().unwrap() = Some(brisk().start(recipe).unwrap());
    fs::write(&path, TestCa::new().pem()).unwrap();
    assert!(matches!(
        answers.recv_timeout(BOUND).unwrap(),
        Err(ReloadError::WithinReload)
    ));
}

#[test]
fn a_dropped_guard_ends_the_watching_and_the_handle_stays() {
    let stage = Stage::new();
    let ca = TestCa::new();
    let path = stage.write("ca.pem", ca.pem());
    let alive = Arc::new(());
    let (kept, builder, file) = (Arc::clone(&alive), stage.builder(), path.clone());
    let recipe = move || {
        let _alive = &kept;
        let anchors = Anchors::only(CustomCa::file(&file));
        builder.clone().anchors(anchors).build()
    };
    let watched = brisk().start(recipe).unwrap();
    let (handle, epoch) = (watched.handle().clone(), watched.handle().epoch());
    drop(watched);
    fs::write(&path, TestCa::new().pem()).unwrap();
    wait_until("the thread ends", || Arc::strong_count(&alive) == 1);
    assert_eq!(handle.epoch(), epoch);
    assert_eq!(verdict(&handle, &server(&ca)), Ok(()));
    assert!(stage.events.try_recv().is_err());
}
