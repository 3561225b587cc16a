//! Tests that the schema in the documentation agrees with the reader.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::reading::{
    BACKUPS, FILE_FIELDS, HOST_FIELDS, MODES, NEVER, ON_EXPIRY, PIN_FIELDS, ROLES, VERSION,
};
use crate::pins::entry::MAX_PINS;
use crate::pins::set::{MAX_HOSTS, PinSet};

fn schema() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/pins.schema.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn at<'a>(schema: &'a Value, pointer: &str) -> &'a Value {
    schema
        .pointer(pointer)
        .unwrap_or_else(|| panic!("{pointer}"))
}

fn words(list: &Value) -> BTreeSet<&str> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|word| word.as_str().unwrap())
        .collect()
}

fn properties<'a>(schema: &'a Value, pointer: &str) -> BTreeSet<&'a str> {
    let object = at(schema, pointer);
    assert_eq!(object["additionalProperties"], false, "{pointer}");
    object["properties"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

fn known(list: &[&'static str]) -> BTreeSet<&'static str> {
    list.iter().copied().collect()
}

/// A file with one entry of every required field.
fn smallest() -> Value {
    json!({
        "version": 1,
        "count": 1,
        "hosts": [{
            "host": "a.example.com",
            "expires": "2027-06-30",
            "on-expiry": "refuse",
            "pins": [
                { "role": "ca", "pin": "01".repeat(32) },
                { "role": "ca", "pin": "02".repeat(32) },
            ],
        }],
    })
}

fn reads(file: &Value) -> bool {
    PinSet::from_json(file.to_string()).is_ok()
}

#[test]
fn fields_words_and_limits_are_those_of_the_reader() {
    let schema = schema();
    assert_eq!(properties(&schema, ""), known(FILE_FIELDS));
    assert_eq!(properties(&schema, "/$defs/host"), known(HOST_FIELDS));
    assert_eq!(properties(&schema, "/$defs/pin"), known(PIN_FIELDS));
    for (pointer, list) in [
        ("/$defs/host/properties/mode/enum", MODES),
        ("/$defs/host/properties/backup/enum", BACKUPS),
        ("/$defs/host/properties/on-expiry/enum", ON_EXPIRY),
        ("/$defs/pin/properties/role/enum", ROLES),
    ] {
        assert_eq!(words(at(&schema, pointer)), known(list), "{pointer}");
    }
    assert_eq!(at(&schema, "/properties/version/const"), VERSION);
    assert_eq!(
        at(&schema, "/$defs/host/if/properties/expires/const"),
        NEVER
    );
    for (pointer, limit) in [
        ("/properties/count/maximum", MAX_HOSTS),
        ("/properties/hosts/maxItems", MAX_HOSTS),
        ("/$defs/host/properties/pins/maxItems", MAX_PINS),
    ] {
        assert_eq!(at(&schema, pointer), limit, "{pointer}");
    }
}

#[test]
fn what_the_schema_requires_the_reader_requires_and_nothing_else() {
    let schema = schema();
    assert!(reads(&smallest()));
    let tables = [
        ("", "/required", ""),
        ("/$defs/host", "/$defs/host/required", "/hosts/0"),
        ("/$defs/pin", "/$defs/pin/required", "/hosts/0/pins/0"),
    ];
    for (table, required, place) in tables {
        for field in properties(&schema, table) {
            let mut file = smallest();
            let object = file.pointer_mut(place).unwrap().as_object_mut().unwrap();
            object.remove(field);
            // Required unless the pins never expire, which the smallest file does not say.
            let needed = words(at(&schema, required)).contains(field) || field == "on-expiry";
            assert_eq!(reads(&file), !needed, "{field}");
        }
    }
    let mut never = smallest();
    never["hosts"][0]["expires"] = NEVER.into();
    assert!(!reads(&never));
    never["hosts"][0]
        .as_object_mut()
        .unwrap()
        .remove("on-expiry");
    assert!(reads(&never));
}

#[test]
fn every_word_of_the_schema_is_read() {
    let schema = schema();
    for (pointer, place) in [
        ("/$defs/host/properties/mode/enum", "/hosts/0/mode"),
        ("/$defs/host/properties/backup/enum", "/hosts/0/backup"),
        (
            "/$defs/host/properties/on-expiry/enum",
            "/hosts/0/on-expiry",
        ),
        ("/$defs/pin/properties/role/enum", "/hosts/0/pins/0/role"),
    ] {
        for word in words(at(&schema, pointer)) {
            let mut file = smallest();
            let (table, field) = place.rsplit_once('/').unwrap();
            file.pointer_mut(table).unwrap()[field] = word.into();
            assert!(reads(&file), "{place} {word}");
        }
    }
}
