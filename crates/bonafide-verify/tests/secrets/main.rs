//! No error, report or event holds a piece of a private key that somebody took for something else.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod key;
mod readers;

use std::process::Command;

use bonafide_testkit::{KeyKind, TestCa};
use bonafide_verify::Anchors;

use self::key::Key;
use self::readers::{Given, READERS, anchors};

#[test]
fn no_reader_tells_a_piece_of_a_private_key() {
    let ca = TestCa::new();
    for kind in [KeyKind::EcdsaP256, KeyKind::Rsa2048] {
        let key = Key::of(kind);
        for (damage, text) in key.damages() {
            for (reader, read) in READERS {
                let folder = tempfile::tempdir().unwrap();
                let given = Given {
                    text: &text,
                    folder: folder.path(),
                    ca: &ca,
                };
                for told in read(&given) {
                    key.is_not_in(&told, &format!("{reader}, given a key {damage}"));
                }
            }
        }
    }
}

#[test]
fn no_anchor_report_tells_what_a_variable_holds_in_the_place_of_a_path() {
    let key = Key::of(KeyKind::EcdsaP256);
    for (damage, text) in key.damages() {
        let output = Command::new(std::env::current_exe().unwrap())
            .args([
                "--ignored",
                "--exact",
                "--nocapture",
                "tell_of_anchors_in_a_variable",
            ])
            .env("A_CA", &text)
            .output()
            .unwrap();
        let told = String::from_utf8(output.stdout).unwrap();
        assert!(told.contains("A_CA: 0 loaded"), "{told}");
        key.is_not_in(&told, damage);
    }
}

#[test]
#[ignore = "run by the test on variables, in a process of its own"]
fn tell_of_anchors_in_a_variable() {
    let good = Anchors::only(TestCa::new().certificate().clone());
    for told in anchors(good.plus_from_env("A_CA")) {
        println!("{told}");
    }
}
