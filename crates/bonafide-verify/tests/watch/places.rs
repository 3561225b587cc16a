//! Files that are not always where they were: links, directories that come and go.

use std::fs;

use bonafide_testkit::TestCa;
use bonafide_verify::events::Event;
use bonafide_verify::watch::WatchedBy;
use bonafide_verify::{Anchors, CustomCa};

use crate::stage::{Stage, brisk, server, verdict};

#[test]
fn sources_that_are_missing_at_the_start_are_told_and_taken_in_when_they_come() {
    let stage = Stage::new();
    let (one, later) = (TestCa::new(), TestCa::new());
    let path = stage.path("mounted/later/ca.pem");
    let (builder, file, first) = (stage.builder(), path.clone(), one.certificate().clone());
    let recipe = move || {
        let anchors = Anchors::only(first.clone()).plus(CustomCa::file(&file));
        builder.clone().anchors(anchors).build()
    };
    let watched = brisk().start(recipe).unwrap();
    match stage.event() {
        Event::SourcesIncomplete(event) => assert_eq!(
            event.failures,
            [format!(
                "{}: No such file or directory (os error 2)",
                path.display()
            )]
        ),
        other => panic!("{other}"),
    }
    assert_eq!(verdict(watched.handle(), &server(&one)), Ok(()));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(stage.path("whole.pem"), later.pem()).unwrap();
    fs::rename(stage.path("whole.pem"), &path).unwrap();
    stage.replaced();
    assert_eq!(verdict(watched.handle(), &server(&later)), Ok(()));
}

#[test]
fn a_directory_that_goes_and_comes_back_is_followed_on() {
    let stage = Stage::new();
    let (old, new) = (TestCa::new(), TestCa::new());
    fs::create_dir(stage.path("mount")).unwrap();
    let path = stage.write("mount/ca.pem", old.pem());
    let watched = stage.follow_file(path.clone(), brisk());
    for ca in [&new, &old, &new] {
        fs::rename(stage.path("mount"), stage.path("away")).unwrap();
        stage.failed();
        fs::remove_dir_all(stage.path("away")).unwrap();
        fs::create_dir(stage.path("coming")).unwrap();
        stage.write("coming/ca.pem", ca.pem());
        fs::rename(stage.path("coming"), stage.path("mount")).unwrap();
        stage.replaced_after_failures();
        assert_eq!(verdict(watched.handle(), &server(ca)), Ok(()));
    }
    // The very directory that was listened to, back in its place.
    fs::rename(stage.path("mount"), stage.path("away")).unwrap();
    stage.failed();
    fs::rename(stage.path("away"), stage.path("mount")).unwrap();
    match stage.event() {
        Event::ReloadRecovered(_) => {}
        other => panic!("{other}"),
    }
    fs::write(&path, old.pem()).unwrap();
    stage.replaced();
    assert_eq!(verdict(watched.handle(), &server(&old)), Ok(()));
}

#[cfg(unix)]
#[test]
fn a_mount_that_is_swapped_by_links_takes_effect_and_its_parts_are_never_mixed() {
    let stage = Stage::new();
    let mount = stage.path("mount");
    fs::create_dir(&mount).unwrap();
    let swap = |number: usize, pem: &str| {
        let version = format!("..{number}");
        fs::create_dir(mount.join(&version)).unwrap();
        fs::write(mount.join(&version).join("ca.pem"), pem).unwrap();
        std::os::unix::fs::symlink(&version, mount.join("..data_tmp")).unwrap();
        let before = fs::read_link(mount.join("..data"));
        fs::rename(mount.join("..data_tmp"), mount.join("..data")).unwrap();
        if let Ok(before) = before {
            fs::remove_dir_all(mount.join(before)).unwrap();
        }
    };
    let first = TestCa::new();
    swap(0, &first.pem());
    std::os::unix::fs::symlink("..data/ca.pem", mount.join("ca.pem")).unwrap();
    let watched = stage.follow_file(mount.join("ca.pem"), brisk());
    assert_eq!(watched.status().by, WatchedBy::Notices);
    for number in 1..10 {
        let ca = TestCa::new();
        swap(number, &ca.pem());
        stage.replaced();
        assert_eq!(verdict(watched.handle(), &server(&ca)), Ok(()));
    }
}
