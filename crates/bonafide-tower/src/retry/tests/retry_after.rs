use std::time::{Duration, SystemTime};

use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue};

use crate::retry::retry_after;

/// 1994-11-06 08:49:37, of RFC 9110 section 5.6.7.
const NOW: u64 = 784_111_777;

fn asked(values: &[&str], date: Option<&str>) -> Option<Duration> {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(RETRY_AFTER, HeaderValue::from_str(value).unwrap());
    }
    if let Some(date) = date {
        headers.insert(DATE, HeaderValue::from_str(date).unwrap());
    }
    retry_after(&headers, SystemTime::UNIX_EPOCH + Duration::from_secs(NOW))
}

#[test]
fn seconds_and_the_three_forms_of_a_date_are_understood() {
    for (value, seconds) in [
        ("0", Some(0)),
        ("120", Some(120)),
        (" 7\t", Some(7)),
        ("00060", Some(60)),
        ("99999999999999999999999", Some(u64::MAX)),
        ("Sun, 06 Nov 1994 08:51:37 GMT", Some(120)),
        ("Sunday, 06-Nov-94 08:51:37 GMT", Some(120)),
        ("Sun Nov  6 08:51:37 1994", Some(120)),
        ("Sun, 06 Nov 1994 08:49:37 GMT", Some(0)),
        ("Sat, 05 Nov 1994 08:49:37 GMT", Some(0)),
        ("", None),
        ("-1", None),
        ("+1", None),
        ("1.5", None),
        ("1 2", None),
        ("1s", None),
        ("soon", None),
        ("Sun, 06 Nov 1994 08:51:37", None),
    ] {
        let expected = seconds.map(Duration::from_secs);
        assert_eq!(asked(&[value], None), expected, "{value:?}");
    }
}

#[test]
fn a_part_of_a_second_that_has_passed_is_not_taken_off_too_much() {
    let mut headers = HeaderMap::new();
    let date = HeaderValue::from_static("Sun, 06 Nov 1994 08:49:39 GMT");
    headers.insert(RETRY_AFTER, date);
    let now = SystemTime::UNIX_EPOCH + Duration::from_millis(NOW * 1_000 + 250);
    assert_eq!(
        retry_after(&headers, now),
        Some(Duration::from_millis(1_750))
    );
}

#[test]
fn a_date_counts_by_the_servers_clock_where_this_machines_is_ahead() {
    let date = "Sun, 06 Nov 1994 07:51:37 GMT";
    // By this machine's clock it has passed; the server says so two minutes before.
    let sent = Some("Sun, 06 Nov 1994 07:49:37 GMT");
    assert_eq!(asked(&[date], sent), Some(Duration::from_secs(120)));
    assert_eq!(asked(&[date], Some("nonsense")), Some(Duration::ZERO));
    // Where the server's is ahead, this machine's makes the longer wait.
    let ahead = Some("Sun, 06 Nov 1994 08:50:37 GMT");
    let date = "Sun, 06 Nov 1994 08:51:37 GMT";
    assert_eq!(asked(&[date], ahead), Some(Duration::from_secs(120)));
}

#[test]
fn of_several_fields_the_longest_wait_counts() {
    assert_eq!(
        asked(&["3", "nonsense", "9", "1"], None),
        Some(Duration::from_secs(9))
    );
    assert_eq!(asked(&[], None), None);
}
