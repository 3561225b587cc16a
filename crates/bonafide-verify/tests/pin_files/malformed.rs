//! What is refused, where, and in which words.

use bonafide_verify::pins::PinFileProblem;
use bonafide_verify::x509::{PinError, SpkiSha256};
use bonafide_verify::{ConfigError, PinSet, Pins};

use crate::{file, set, with};

#[test]
fn every_malformed_file_is_refused_with_its_line_and_the_reason() {
    // the line to replace, by what, the line and column of the error, its text
    let table: &[(usize, &str, (usize, usize), &str)] = &[
        (
            1,
            "version = 2",
            (1, 11),
            "version 2 of the format is not supported; this library reads version 1",
        ),
        (
            1,
            "version = \"1\"",
            (1, 11),
            "`version` must be a whole number, not a text",
        ),
        (
            1,
            "version = -1",
            (1, 11),
            "`version` must be a whole number, not a number that is negative or too large",
        ),
        (
            1,
            "version = 1.0",
            (1, 11),
            "`version` must be a whole number, not a number that is not whole",
        ),
        (1, "", (1, 1), "the field `version` is missing"),
        (
            1,
            "version = 1 1",
            (1, 11),
            "not well-formed TOML: string values must be quoted, expected literal string",
        ),
        (
            2,
            "count = 3",
            (2, 9),
            "`count` says 3, but there are 2 hosts",
        ),
        (2, "", (1, 1), "the field `count` is missing"),
        (
            3,
            "comment = \"x\"",
            (3, 11),
            "unknown field `comment`; known are `version`, `count`, `hosts`",
        ),
        (
            3,
            "count = 2",
            (3, 1),
            "not well-formed TOML: duplicate key",
        ),
        (4, "[hosts]", (13, 3), "not well-formed TOML: duplicate key"),
        (
            5,
            "host = \"*.com\"",
            (5, 8),
            "`*.com` covers the public suffix `com`",
        ),
        (
            5,
            "host = \"https://a\"",
            (5, 8),
            "`https://a` is not a valid host pattern: write a host's name, without scheme, port and path, or `*.` or `**.` before it",
        ),
        (
            5,
            "host = \"api.example.com\"",
            (14, 8),
            "api.example.com has an entry on line 5 already",
        ),
        (
            5,
            "host = true",
            (5, 8),
            "`host` must be a text, not a boolean",
        ),
        (5, "", (4, 1), "the field `host` is missing"),
        (
            6,
            "expires = \"2027-02-30\"",
            (6, 11),
            "`2027-02-30` is not a valid time from 1970 to 9999: write it as 2027-06-30T12:00:00Z or 2027-06-30, or write \"never\"",
        ),
        (
            6,
            "expires = \"1969-12-31\"",
            (6, 11),
            "`1969-12-31` is not a valid time from 1970 to 9999: write it as 2027-06-30T12:00:00Z or 2027-06-30, or write \"never\"",
        ),
        (
            6,
            "expires = 2027-06-30",
            (6, 11),
            "`expires` must be a text, not a time without quotes",
        ),
        (
            6,
            "expires = \"never\"",
            (7, 13),
            "`on-expiry` has no meaning where `expires` is \"never\"",
        ),
        (6, "", (4, 1), "the field `expires` is missing"),
        (
            7,
            "on-expiry = \"ignore\"",
            (7, 13),
            "`ignore` is not a valid `on-expiry`; valid are `refuse`, `unpinned`",
        ),
        (7, "", (4, 1), "the field `on-expiry` is missing"),
        (
            7,
            "on_expiry = \"refuse\"",
            (7, 13),
            "unknown field `on_expiry`; known are `host`, `mode`, `backup`, `expires`, `on-expiry`, `pins`",
        ),
        (
            9,
            "  { role = \"ca\" },",
            (9, 3),
            "the field `pin` is missing",
        ),
        (
            9,
            "  { pin = \"sha256/AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\" },",
            (9, 3),
            "the field `role` is missing",
        ),
        (
            9,
            "  { role = \"root\", pin = \"\" },",
            (9, 12),
            "`root` is not a valid `role`; valid are `leaf`, `ca`, `any`",
        ),
        (
            9,
            "  { role = \"ca\", pin = \"sha256/AA==\" },",
            (9, 24),
            "`sha256/AA==` is not a valid pin: write `sha256/` and the Base64 of 32 bytes, or 64 hexadecimal digits",
        ),
        (
            9,
            "  { role = \"ca\", pin = \"a\\u001B[2Jb\" },",
            (9, 24),
            "`a\\u{1b}[2Jb` is not a valid pin: write `sha256/` and the Base64 of 32 bytes, or 64 hexadecimal digits",
        ),
        (9, "  \"ca\",", (9, 3), "`pins` must be a table, not a text"),
        (
            9,
            "",
            (8, 8),
            "no backup pin for **.example.com: add a second, different pin, or waive it explicitly with `without_backup` (in files `backup = \"waived\"`)",
        ),
        (
            15,
            "mode = \"off\"",
            (15, 8),
            "`off` is not a valid `mode`; valid are `enforce`, `report-only`",
        ),
        (
            16,
            "backup = \"none\"",
            (16, 10),
            "`none` is not a valid `backup`; valid are `required`, `waived`",
        ),
        (
            16,
            "backup = \"required\"",
            (18, 8),
            "no backup pin for api.example.com: add a second, different pin, or waive it explicitly with `without_backup` (in files `backup = \"waived\"`)",
        ),
        (19, "", (18, 8), "the pin set for api.example.com is empty"),
        (
            18,
            "pins = 3",
            (19, 3),
            "not well-formed TOML: invalid key-value pair, expected key",
        ),
        (
            20,
            "",
            (19, 81),
            "not well-formed TOML: unclosed array, expected `]`",
        ),
    ];
    let mut wrong = Vec::new();
    for (line, replacement, place, text) in table {
        let error = PinSet::from_toml(with(*line, replacement)).map(drop);
        let Err(error) = error else {
            wrong.push(format!("line {line} `{replacement}` was read"));
            continue;
        };
        let expected = format!("(in memory):{}:{}: {text}", place.0, place.1);
        if error.to_string() != expected {
            wrong.push(format!(
                "line {line} `{replacement}`\n  {error}\n  {expected}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn malformed_json_is_refused_with_its_line_and_the_reason() {
    let host = r#"{"host": "a.example.com", "expires": "never", "pins": []}"#;
    // the text, the line and column of the error, its text
    let table: &[(&str, (usize, usize), &str)] = &[
        (
            "",
            (1, 1),
            "not well-formed JSON: EOF while parsing a value",
        ),
        (
            "{\n \"version\": 1,\n \"version\": 1}",
            (3, 13),
            "the field `version` occurs twice",
        ),
        ("[]", (1, 1), "`the file` must be a table, not a list"),
        (
            "{\"version\": 1,\n\"count\": null}",
            (2, 10),
            "`count` must be a whole number, not null",
        ),
        (
            "{\"version\": 1.5}",
            (1, 13),
            "`version` must be a whole number, not a number that is negative, too large or not whole",
        ),
        (
            "{\"version\": 1, \"count\": 0,\n \"hosts\": {}}",
            (2, 11),
            "`hosts` must be a list, not a table",
        ),
        (
            "{\"version\": 1, \"count\": 0, \"hosts\": [\n",
            (2, 1),
            "not well-formed JSON: EOF while parsing a list",
        ),
        (
            "{\"version\": 1,\n\"ü\": \"\\ud800\", \"count\" 0}",
            (2, 24),
            "not well-formed JSON: expected `:`",
        ),
        (
            "{\"version\": 1, \"count\": 1, \"hosts\": [{\n\"host\": \"\\ud800\"}]}",
            (2, 9),
            "not well-formed JSON: unexpected end of hex escape",
        ),
    ];
    let mut wrong = Vec::new();
    for (text, place, expected) in table {
        let error = PinSet::from_json(text).unwrap_err().to_string();
        let expected = format!("(in memory):{}:{}: {expected}", place.0, place.1);
        if error != expected {
            wrong.push(format!("{text}\n  {error}\n  {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let empty = format!("{{\"version\": 1, \"count\": 1, \"hosts\": [\n{host}]}}");
    let error = PinSet::from_json(empty).unwrap_err();
    assert_eq!((error.line(), error.column()), (Some(2), Some(55)));
    match error.problem() {
        PinFileProblem::Pin(PinError::Empty { pattern }) => {
            assert_eq!(pattern.to_string(), "a.example.com");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_file_of_no_hosts_is_refused_since_it_would_pin_nothing() {
    for text in [
        "version = 1\ncount = 0\n",
        "version = 1\ncount = 0\nhosts = []\n",
    ] {
        let error = PinSet::from_toml(text).unwrap_err();
        assert!(
            matches!(error.problem(), PinFileProblem::Pin(PinError::NoHosts)),
            "{error}"
        );
    }
    match PinSet::new([]) {
        Err(ConfigError::Pin(error)) => assert_eq!(error, PinError::NoHosts),
        other => panic!("{other:?}"),
    }
}

#[test]
fn too_much_of_anything_is_refused() {
    let large = vec![b' '; 4 * 1024 * 1024 + 1];
    for error in [PinSet::from_toml(&large), PinSet::from_json(&large)] {
        match error.unwrap_err().problem() {
            PinFileProblem::TooLarge { limit_bytes } => assert_eq!(*limit_bytes, 4 * 1024 * 1024),
            other => panic!("{other:?}"),
        }
    }
    let pins = (0..65).fold(Pins::for_host("a.example.com"), |pins, byte| {
        pins.ca(SpkiSha256([byte; 32]))
    });
    match pins.never_expires().build() {
        Err(ConfigError::Pin(PinError::TooMany { limit, .. })) => assert_eq!(limit, 64),
        other => panic!("{other:?}"),
    }
    let deep = format!("version = 1\ncount = {}", "[".repeat(100_000));
    assert!(matches!(
        PinSet::from_toml(deep).unwrap_err().problem(),
        PinFileProblem::Toml { .. }
    ));
    let deep = format!("{{\"version\": 1, \"count\": {}", "[".repeat(100_000));
    assert!(matches!(
        PinSet::from_json(deep).unwrap_err().problem(),
        PinFileProblem::Json(_)
    ));
}

#[test]
fn bytes_that_are_not_utf_8_are_refused_where_they_stand() {
    let mut bytes = with(5, "host = \"über.example.com\"").into_bytes();
    let end = bytes.windows(5).position(|five| five == b"**.ex");
    assert_eq!(end, None);
    let place = bytes.windows(4).position(|four| four == b"ber.").unwrap();
    bytes[place] = 0xff;
    for read in [PinSet::from_toml(&bytes), PinSet::from_json(&bytes)] {
        let error = read.unwrap_err();
        assert_eq!((error.line(), error.column()), (Some(5), Some(10)));
        assert!(
            matches!(error.problem(), PinFileProblem::NotUtf8),
            "{error}"
        );
    }
}

#[test]
fn a_file_that_was_cut_off_anywhere_is_refused_or_says_the_same() {
    let toml = set().to_toml();
    let json = set().to_json();
    for length in 0..toml.len() {
        match PinSet::from_toml(&toml[..length]) {
            Err(_) => {}
            Ok(read) => assert_eq!(read, set(), "{length}"),
        }
    }
    for length in 0..json.len() {
        match PinSet::from_json(&json[..length]) {
            Err(_) => {}
            Ok(read) => assert_eq!(read, set(), "{length}"),
        }
    }
    // What somebody has written by hand, with the optional fields where they please.
    let file = file();
    for length in 0..file.len() {
        match PinSet::from_toml(&file[..length]) {
            Err(_) => {}
            Ok(read) => assert_eq!(read, set(), "{length}"),
        }
    }
}
