//! The rule of cargo-deny that SECURITY.md gives does what it says.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;

/// The fenced block of SECURITY.md that begins with the rule.
fn documented_rule() -> String {
    let page = include_str!("../../SECURITY.md");
    let start = page.find("[[bans.features]]").unwrap();
    let end = page[start..].find("```").unwrap();
    page[start..start + end].to_owned()
}

/// The outcome of cargo-deny for the examples with these features.
fn bans(rules: &Path, features: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO"))
        .args(["deny", "--manifest-path"])
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../examples/Cargo.toml"
        ))
        .args(features)
        .arg("--config")
        .arg(rules)
        .args(["check", "bans"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.success(), text)
}

#[test]
fn the_documented_rule_lets_builds_without_the_feature_pass_and_stops_those_with_it() {
    let asked = Command::new(env!("CARGO"))
        .args(["deny", "--version"])
        .output();
    if !asked.unwrap().status.success() {
        eprintln!("skipped: cargo-deny not found");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("deny.toml");
    let rule = format!(
        "[bans]\nmultiple-versions = \"allow\"\n\n{}",
        documented_rule()
    );
    std::fs::write(&rules, rule).unwrap();

    let (passes, text) = bans(&rules, &[]);
    assert!(passes, "{text}");
    let (passes, text) = bans(&rules, &["--features", "danger-insecure-grants"]);
    assert!(!passes, "{text}");
    assert!(text.contains("feature-banned"), "{text}");
    assert!(text.contains("danger-insecure-grants"), "{text}");
}
