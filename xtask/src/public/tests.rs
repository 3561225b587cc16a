//! What is listed of small crates.

use super::Api;
use crate::source::Tree;

fn api(files: &[(&str, &str)]) -> Api {
    let files: Vec<(String, &str)> = files
        .iter()
        .map(|(path, text)| (format!("crates/a-b/src/{path}"), *text))
        .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (&**path, *text)).collect();
    Api::read(&Tree::of(&files), "a-b")
}

/// Kind, path and signature of every item, with single blanks.
fn listed(files: &[(&str, &str)]) -> Vec<String> {
    let items = api(files).items;
    let lines = items.iter().map(ToString::to_string);
    lines
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

#[test]
fn public_items_are_listed_and_private_ones_are_not() {
    for (source, expected) in [
        ("struct A;", vec![]),
        ("pub(crate) struct A;", vec![]),
        ("#[cfg(test)] pub struct A;", vec![]),
        ("#[doc(hidden)] pub struct A;", vec![]),
        (
            "#[cfg(feature = \"x\")] pub struct A;",
            vec!["struct a_b::A"],
        ),
        ("pub const A: u8 = 1;", vec!["const a_b::A: u8"]),
        ("pub static A: &str = \"\";", vec!["static a_b::A: &str"]),
        ("pub type A<T> = Option<T>;", vec!["type a_b::A: Option<T>"]),
        ("pub union A { b: u8 }", vec!["union a_b::A"]),
        (
            "pub async fn a<T>(\n    b: T,\n    c: u8,\n) -> u8 where T: Send { 1 }",
            vec!["fn a_b::a: async fn a<T>(b: T, c: u8) -> u8 where T: Send"],
        ),
        (
            "#[macro_export] macro_rules! a { () => {} }",
            vec!["macro a_b::a"],
        ),
        ("macro_rules! a { () => {} }", vec![]),
        ("mod a { pub struct A; }", vec![]),
        (
            "pub mod a { pub struct A; struct B; }",
            vec!["mod a_b::a", "struct a_b::a::A"],
        ),
    ] {
        assert_eq!(listed(&[("lib.rs", source)]), expected, "{source}");
    }
}

#[test]
fn the_members_of_an_item_are_listed_with_it() {
    for (source, expected) in [
        (
            "pub struct A { pub b: u8, c: u8 }\npub struct B(pub Vec<u8>, u8);",
            vec![
                "struct a_b::A",
                "field a_b::A::b: u8",
                "struct a_b::B",
                "field a_b::B::0: Vec<u8>",
            ],
        ),
        (
            "pub enum A { B, C(u8, u16), D { e: u8 } }",
            vec![
                "enum a_b::A",
                "variant a_b::A::B: B",
                "variant a_b::A::C: C(u8, u16)",
                "variant a_b::A::D: D { e: u8 }",
            ],
        ),
        (
            "pub trait A { type B; const C: u8; fn d(&self) -> u8 { 1 } }",
            vec![
                "trait a_b::A",
                "type a_b::A::B: type B",
                "const a_b::A::C: u8",
                "fn a_b::A::d: fn d(&self) -> u8",
            ],
        ),
        (
            "pub struct A;\nimpl A { pub const B: u8 = 1; pub fn c(mut self) {} fn d() {} }\n\
             #[cfg(test)] impl A { pub fn e() {} }\nimpl Clone for A { fn clone(&self) -> A { A } }",
            vec![
                "struct a_b::A",
                "const a_b::A::B: u8",
                "fn a_b::A::c: fn c(self)",
            ],
        ),
        (
            "pub trait A {}\nimpl dyn A { pub fn b() {} }",
            vec!["trait a_b::A"],
        ),
    ] {
        assert_eq!(listed(&[("lib.rs", source)]), expected, "{source}");
    }
}

#[test]
fn a_name_is_followed_to_the_module_that_has_it() {
    let types = (
        "types.rs",
        "pub struct A;\npub struct B;\nimpl A { pub fn c(&self) {} }",
    );
    let both = vec![
        "struct a_b::A",
        "fn a_b::A::c: fn c(&self)",
        "struct a_b::B",
    ];
    for (root, expected) in [
        ("mod types; pub use types::{A, B};", both.clone()),
        ("mod types; pub use self::types::{A, B};", both.clone()),
        ("mod types; pub use crate::types::*;", both.clone()),
        ("mod types; pub use types::B as C;", vec!["struct a_b::C"]),
        ("mod types; pub use types::B as _;", vec![]),
        ("mod types; pub(crate) use types::A;", vec![]),
        (
            "mod types; use types::B; pub use self::B as C;",
            vec!["struct a_b::C"],
        ),
        (
            "mod types; pub mod d { pub use super::types::B; }",
            vec!["mod a_b::d", "struct a_b::d::B"],
        ),
        (
            "mod types; mod d { pub use crate::types as e; } pub use d::e::B;",
            vec!["struct a_b::B"],
        ),
        (
            "mod types; pub use types as d;",
            vec![
                "mod a_b::d",
                "struct a_b::d::A",
                "fn a_b::d::A::c: fn c(&self)",
                "struct a_b::d::B",
            ],
        ),
    ] {
        assert_eq!(listed(&[("lib.rs", root), types]), expected, "{root}");
    }
}

#[test]
fn methods_in_another_module_belong_to_their_type_and_not_to_its_namesake() {
    let files = [
        ("lib.rs", "mod a; mod b; pub use a::State;"),
        ("a/mod.rs", "mod more; pub struct State;"),
        (
            "a/more.rs",
            "use super::State;\nimpl State { pub fn mine(&self) {} }",
        ),
        (
            "b.rs",
            "pub struct State;\nimpl State { pub fn other(&self) {} }",
        ),
    ];
    let expected = ["struct a_b::State", "fn a_b::State::mine: fn mine(&self)"];
    assert_eq!(listed(&files), expected);
}

#[test]
fn what_another_crate_or_a_macro_has_is_one_line() {
    for (root, expected) in [
        ("pub use other as o;", vec!["use a_b::o: other"]),
        (
            "pub use other::{A, b::*};",
            vec!["use a_b::*: other::b", "use a_b::A: other::A"],
        ),
        (
            "mod code { codes! { A = 1 }\n impl Code { pub fn b() {} } }\npub use code::Code;",
            vec!["macro-made a_b::Code", "fn a_b::Code::b: fn b()"],
        ),
    ] {
        assert_eq!(listed(&[("lib.rs", root)]), expected, "{root}");
    }
}

#[test]
fn uses_in_a_circle_end() {
    let root = "pub mod a { pub use crate::b::*; pub use crate::b::X; pub use crate::a; }\n\
                pub mod b { pub use crate::a::*; pub use crate::a::X; }";
    let modules = listed(&[("lib.rs", root)]);
    assert!(modules.contains(&"mod a_b::a".to_owned()), "{modules:?}");
    assert!(modules.contains(&"mod a_b::b".to_owned()), "{modules:?}");
}

#[test]
fn names_at_the_root_and_modules_are_counted() {
    let root = "pub mod a { pub struct B; pub mod c {} }\npub struct A { pub b: u8 }\n\
                pub use other::O;\npub struct Both; pub fn Both() {}";
    let api = api(&[("lib.rs", root)]);
    assert_eq!(api.root_names(), ["A", "Both", "O", "a"]);
    assert_eq!(api.modules(), 2);
    assert_eq!(api.items.len(), 8);
}
