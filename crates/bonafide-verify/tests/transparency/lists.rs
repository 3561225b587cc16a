//! Log lists that cannot be used, and where they are wrong.

use bonafide_testkit::{Moment, TestLog};
use bonafide_verify::transparency::{LogList, LogListError};
use serde_json::{Value, json};

use crate::stage::log;

fn list() -> Value {
    serde_json::from_str(&TestLog::log_list([&log("alpha")], Moment::now())).unwrap()
}

/// What reading says of the list with one value replaced.
fn error(pointer: &str, value: Value) -> LogListError {
    let mut list = list();
    *list.pointer_mut(pointer).unwrap() = value;
    LogList::from_json(list.to_string()).unwrap_err()
}

const LOG: &str = "/operators/0/logs/0";

#[test]
fn a_list_says_when_it_was_made_and_how_many_logs_it_has() {
    let made = Moment::now();
    let read = LogList::from_json(TestLog::log_list([&log("a"), &log("b")], made)).unwrap();
    assert_eq!(read.timestamp(), made.as_unix_time());
    assert_eq!(read.len(), 2);
    assert!(!read.is_empty());
}

#[test]
fn tiled_logs_are_logs() {
    let mut tiled = list();
    let entry = tiled["operators"][0]["logs"][0].take();
    tiled["operators"][0] = json!({ "name": "tiles", "tiled_logs": [entry] });
    assert_eq!(LogList::from_json(tiled.to_string()).unwrap().len(), 1);
}

#[test]
fn what_is_not_of_the_schema_is_refused_at_its_line_and_column() {
    let LogListError::Json { source } = LogList::from_json("{\n  \"operators\": 7 }").unwrap_err()
    else {
        panic!("refused for another reason");
    };
    assert_eq!((source.line(), source.column()), (2, 16));
    for (pointer, value) in [
        ("/operators/0/name", json!(7)),
        (&format!("{LOG}/key"), json!(null)),
        (
            &format!("{LOG}/state"),
            json!({ "unheard-of": { "timestamp": "" } }),
        ),
        (&format!("{LOG}/state"), json!({})),
        (
            &format!("{LOG}/state"),
            json!({ "usable": { "timestamp": "2000-01-01T00:00:00Z" }, "retired": { "timestamp": "2000-01-01T00:00:00Z" } }),
        ),
    ] {
        let error = error(pointer, value);
        assert!(matches!(error, LogListError::Json { .. }), "{error}");
    }
}

#[test]
fn what_a_log_says_wrongly_is_refused_by_its_place() {
    let key = |text: &str| json!(text);
    let cases: [(&str, Value, &str); 8] = [
        (
            "key",
            key("?"),
            "operators[0].logs[0].key is not valid Base64 of the right length",
        ),
        (
            "log_id",
            key("?"),
            "operators[0].logs[0].log_id is not valid Base64 of the right length",
        ),
        (
            "log_id",
            key("AAAA"),
            "operators[0].logs[0].log_id is not valid Base64 of the right length",
        ),
        (
            "key",
            key("AAAA"),
            "operators[0].logs[0].log_id is not the SHA-256 of the log's key",
        ),
        (
            "state",
            json!({ "usable": { "timestamp": "yesterday" } }),
            "operators[0].logs[0].state is not an RFC 3339 time of 1970 or later",
        ),
        (
            "temporal_interval",
            json!({ "start_inclusive": "1969-12-31T23:59:59Z", "end_exclusive": "2026-01-01T00:00:00Z" }),
            "operators[0].logs[0].temporal_interval.start_inclusive is not an RFC 3339 time of 1970 or later",
        ),
        (
            "temporal_interval",
            json!({ "start_inclusive": "2026-01-01T00:00:01Z", "end_exclusive": "2026-01-01T00:00:00Z" }),
            "operators[0].logs[0].temporal_interval ends before it begins",
        ),
        (
            "previous_operators",
            json!([{ "name": "old", "end_time": "never" }]),
            "operators[0].logs[0].previous_operators[0].end_time is not an RFC 3339 time of 1970 or later",
        ),
    ];
    for (member, value, expected) in cases {
        let mut list = list();
        list["operators"][0]["logs"][0][member] = value;
        let error = LogList::from_json(list.to_string()).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn a_list_without_a_time_without_logs_or_with_one_twice_is_refused() {
    assert!(matches!(
        error("/log_list_timestamp", json!("today")),
        LogListError::Time { at } if at == "log_list_timestamp"
    ));
    assert!(matches!(
        error("/operators", json!([])),
        LogListError::NoLogs
    ));
    let mut twice = list();
    let entry = twice["operators"][0]["logs"][0].clone();
    twice["operators"][0]["tiled_logs"] = json!([entry]);
    assert!(matches!(
        LogList::from_json(twice.to_string()).unwrap_err(),
        LogListError::DuplicateLog { at } if at == "operators[0].tiled_logs[0]"
    ));
}

#[test]
fn a_time_in_another_zone_is_the_same_time() {
    let mut list = list();
    list["log_list_timestamp"] = json!("2026-01-01T02:00:00+02:00");
    let read = LogList::from_json(list.to_string()).unwrap();
    assert_eq!(read.timestamp().as_secs(), 1_767_225_600);
}
