//! Directories: links that lead to no file, none at all, and one origin for all that is in one.

use std::fs;

use bonafide_testkit::{Recipe, TestCa};
use bonafide_verify::files::AnchorReport;
use bonafide_verify::pki_types::ServerName;
use bonafide_verify::{Anchors, ConfigError, CustomCa, Intermediates, Peer, Policy};

fn report(anchors: &Anchors) -> AnchorReport {
    match anchors.load() {
        Ok(set) => set.report().clone(),
        Err(ConfigError::NoAnchors { report }) => report,
        Err(_) => AnchorReport::default(),
    }
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_or_round_is_reported_beside_what_was_read() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("good.pem"), TestCa::new().pem()).unwrap();
    fs::create_dir(path("deeper")).unwrap();
    symlink("deeper", path("link-to-directory")).unwrap();
    symlink("nowhere.pem", path("nowhere.0")).unwrap();
    symlink("round.1", path("round.0")).unwrap();
    symlink("round.0", path("round.1")).unwrap();
    let anchors = Anchors::only(CustomCa::directory(folder.path()));
    let at = folder.path().display().to_string();
    let text = report(&anchors).to_string().replace(&at, "D");
    let link = "broken symbolic link:";
    let nowhere = format!("D/nowhere.0: {link} No such file or directory (os error 2)");
    let round = |name| format!("D/{name}: {link} Too many levels of symbolic links (os error 40)");
    assert_eq!(
        text,
        format!(
            "D: 1 loaded, {nowhere}, {}, {}",
            round("round.0"),
            round("round.1")
        )
    );
}

#[test]
fn an_empty_directory_says_so() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("deeper")).unwrap();
    let at = folder.path().display();
    let anchors = Anchors::only(CustomCa::directory(folder.path()));
    assert_eq!(
        report(&anchors).to_string(),
        format!("{at}: 0 loaded, the directory contains no files")
    );
    let known = TestCa::new().certificate().clone();
    let policy = Policy::builder().anchors(Anchors::only(known));
    let error = policy
        .intermediates(Intermediates::directory(folder.path()))
        .build();
    assert_eq!(
        error.unwrap_err().to_string(),
        format!("cannot read intermediates from {at}: the directory contains no files")
    );
}

#[test]
fn a_directory_of_many_files_is_one_origin_in_every_text() {
    let folder = tempfile::tempdir().unwrap();
    let ca = TestCa::new();
    let anchors = Anchors::only(CustomCa::directory(folder.path()));
    for number in 0..40 {
        let name = format!("{number:02}-of-the-authorities-of-this-machine.pem");
        fs::write(folder.path().join(name), TestCa::new().pem()).unwrap();
    }
    fs::write(folder.path().join("own.pem"), ca.pem()).unwrap();
    let policy = Policy::builder().anchors(anchors.clone()).build().unwrap();
    let name = ServerName::try_from("a.test").unwrap();
    let stranger = TestCa::new().issue(Recipe::for_host("a.test"));
    let refusal = policy
        .verify(&Peer::new(stranger.chain(), &name))
        .unwrap_err();
    let counted = format!("41 from {}", folder.path().display());
    for text in [
        refusal.to_string(),
        refusal.explain().to_string(),
        refusal.receipt().to_string(),
    ] {
        assert!(text.contains(&counted), "{text}");
        assert!(!text.contains(".pem"), "{text}");
        assert!(text.lines().all(|line| line.len() < 400), "{text}");
    }
    // The anchor of a path has its file.
    let known = ca.issue(Recipe::for_host("a.test"));
    let receipt = policy.verify(&Peer::new(known.chain(), &name)).unwrap();
    assert!(receipt.to_string().contains("own.pem"), "{receipt}");
    // Nor does a directory of other things fill a line.
    for number in 0..40 {
        let name = format!("{number:02}-of-the-authorities-of-this-machine.pem");
        fs::write(folder.path().join(name), "not one").unwrap();
    }
    let text = report(&anchors).to_string();
    assert!(
        text.ends_with(", and 32 more that could not be read"),
        "{text}"
    );
    assert_eq!(text.matches("contains no certificate").count(), 8);
}
