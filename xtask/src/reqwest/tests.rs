//! What a comparison of small crates finds, and that of the page.

use super::comparison::{Comparison, Fault, Names, compare};
use super::page::{Answer, rows};
use super::report;
use crate::public::Api;
use crate::source::Tree;
use crate::workspace::Workspace;

/// Compares the names of a crate `reqwest`, of a crate `bonafide` and of a crate that bonafide
/// shows with the rows of a page.
fn compared(reqwest: &str, bonafide: &str, tower: &str, table: &str) -> Comparison {
    let tree = Tree::of(&[
        ("crates/reqwest/src/lib.rs", reqwest),
        ("crates/bonafide/src/lib.rs", bonafide),
        ("crates/bonafide-tower/src/lib.rs", tower),
    ]);
    let items = |name| Api::read(&tree, name).items;
    let ours = [items("bonafide"), items("bonafide-tower")].concat();
    let page = format!("| reqwest | here | note |\n|---|---|---|\n{table}\n");
    let (rows, bad) = rows(&page);
    assert!(bad.is_empty(), "{bad:?}");
    compare(&items("reqwest"), &Names::of(&ours), &rows)
}

fn counterparts(names: &[&str]) -> Answer {
    Answer::Counterparts(names.iter().map(|name| (*name).to_owned()).collect())
}

#[test]
fn each_name_has_the_answer_of_its_row() {
    let found = compared(
        "pub struct A; impl A { pub fn b() {} pub fn c() {} } pub mod d { pub fn e() {} }",
        "pub struct A; pub use bonafide_tower::f; pub use bonafide_tower::g::*;",
        "pub mod f { pub struct H; impl H { pub fn i() {} } } pub mod g { pub struct J; }",
        "| `A` | same | |\n| `A::b` | `f::H::i`, `J` | |\n| `A::c` | no | reason |\n\
         | `d::e` | `http::Method` | |",
    );
    let expected = [
        ("A", Answer::Same),
        ("A::b", counterparts(&["f::H::i", "J"])),
        ("A::c", Answer::Nothing),
        ("d::e", counterparts(&["http::Method"])),
    ];
    let expected = expected.map(|(name, answer)| (name.to_owned(), answer));
    assert_eq!(found.answers, expected);
    assert_eq!(found.faults, []);
}

#[test]
fn a_name_of_the_blocking_client_has_the_row_of_its_namesake_unless_it_has_its_own() {
    let client = "pub struct A; impl A { pub fn b() {} pub fn c() {} }";
    let found = compared(
        &format!("{client} pub mod blocking {{ {client} }}"),
        client,
        "",
        "| `A`, `A::b`, `A::c` | same | |\n| `blocking::A::c` | no | reason |",
    );
    assert!(
        found
            .answers
            .contains(&("blocking::A::b".to_owned(), Answer::Same))
    );
    assert!(
        found
            .answers
            .contains(&("blocking::A::c".to_owned(), Answer::Nothing))
    );
    assert_eq!(found.faults, []);
}

#[test]
fn names_without_a_row_and_rows_without_a_name_are_faults() {
    let name = || "A".to_owned();
    for (reqwest, bonafide, table, fault) in [
        ("pub struct A;", "", "", Fault::NoRow(name())),
        (
            "pub struct A;",
            "",
            "| `A` | no | reason |\n| `A` | no | reason |",
            Fault::TwoRows {
                name: name(),
                lines: [3, 4],
            },
        ),
        (
            "struct A;",
            "pub struct A;",
            "| `A` | same | |",
            Fault::NotInReqwest {
                name: name(),
                line: 3,
            },
        ),
        (
            "pub struct A;",
            "struct A;",
            "| `A` | same | |",
            Fault::NotHere {
                name: name(),
                line: 3,
            },
        ),
        (
            "pub struct A;",
            "pub use bonafide_tower::b;",
            "| `A` | `b::C` | |",
            Fault::NotHere {
                name: "b::C".to_owned(),
                line: 3,
            },
        ),
    ] {
        let found = compared(reqwest, bonafide, "pub mod b {}", table);
        assert_eq!(found.faults, [fault], "{table}");
    }
}

#[test]
fn the_page_has_everything_that_reqwest_shows_and_names_only_what_exists() {
    let report = report(&Workspace::load().unwrap()).unwrap();
    assert_eq!(report.faults, [""; 0]);
    let answers = report.comparison.answers;
    // Methods of reqwest are found at all.
    for name in [
        "Client::get",
        "blocking::Response::copy_to",
        "multipart::Part::mime_str",
    ] {
        assert!(answers.iter().any(|(shown, _)| shown == name), "{name}");
    }
}
