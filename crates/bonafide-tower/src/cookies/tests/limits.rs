use std::time::Duration;

use super::{Only, now, url};
use crate::assurance::Assurance::Verified;
use crate::cookies::{Jar, JarLimits, MAX_AGE};
use crate::store::Partition;

const HERE: &str = "https://www.example.com/a/b";

#[test]
fn the_longest_path_comes_first_and_then_the_oldest_cookie() {
    let only = Only::new();
    for field in [
        "z=1; Path=/",
        "b=2; Path=/a",
        "c=3; Path=/",
        "d=4; Path=/a/b",
        "e=5; Domain=example.com; Path=/",
    ] {
        only.set(HERE, field).unwrap();
    }
    assert_eq!(only.sent(HERE), "d=4; b=2; z=1; c=3; e=5");
    // A cookie keeps its place when it has a new value, and goes to the end when it was away.
    only.after(1).set(HERE, "z=9; Path=/").unwrap();
    assert_eq!(only.sent(HERE), "d=4; b=2; z=9; c=3; e=5");
    only.set(HERE, "z=; Path=/; Max-Age=0").unwrap();
    only.after(1).set(HERE, "z=8; Path=/").unwrap();
    assert_eq!(only.after(1).sent(HERE), "d=4; b=2; c=3; e=5; z=8");
}

#[test]
fn a_cookie_ends_by_max_age_or_else_by_expires_and_after_400_days_at_most() {
    const DAY: u64 = 24 * 60 * 60;
    // field, seconds that it lasts from 2030-01-01 on; none: it ends with the jar
    for (field, lasts) in [
        ("a=1", None),
        ("a=1; Max-Age=10", Some(10)),
        (
            "a=1; Max-Age=10; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
            Some(10),
        ),
        ("a=1; Expires=Tue, 01 Jan 2030 00:01:00 GMT", Some(60)),
        (
            "a=1; Expires=Tue, 01 Jan 2030 00:01:00 GMT; Max-Age=ten",
            Some(60),
        ),
        ("a=1; Max-Age=10; Max-Age=20", Some(20)),
        ("a=1; Max-Age=+10", None),
        ("a=1; Max-Age=1.5", None),
        ("a=1; Max-Age=-", None),
        ("a=1; Max-Age=", None),
        ("a=1; Expires=soon", None),
        ("a=1; Max-Age=99999999999999999999999", Some(400 * DAY)),
        (
            "a=1; Expires=Fri, 31 Dec 9999 23:59:59 GMT",
            Some(400 * DAY),
        ),
        ("a=1; Max-Age=0", Some(0)),
        ("a=1; Max-Age=-5", Some(0)),
        ("a=1; Max-Age=-99999999999999999999999", Some(0)),
        ("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
        ("a=1; Expires=Mon, 01 Jan 1601 00:00:00 GMT", Some(0)),
    ] {
        let only = Only::new();
        only.set(HERE, field).unwrap();
        let Some(seconds) = lasts else {
            assert_eq!(only.after(4_000 * DAY).sent(HERE), "a=1", "{field}");
            continue;
        };
        if seconds > 0 {
            assert_eq!(only.after(seconds - 1).sent(HERE), "a=1", "{field}");
            let cookies = only.jar.all(&only.partition, now());
            let ends = now() + Duration::from_secs(seconds);
            assert_eq!(cookies[0].expires(), Some(ends), "{field}");
        }
        assert_eq!(only.after(seconds).sent(HERE), "", "{field}");
        assert_eq!(
            only.after(seconds)
                .jar
                .all(&only.partition, only.after(seconds).now)
                .len(),
            0
        );
    }
    assert_eq!(MAX_AGE, Duration::from_secs(400 * DAY));
}

#[test]
fn of_one_domain_expired_cookies_go_first_then_those_not_secure_then_the_stalest() {
    let mut only = Only::new();
    only.jar = Jar::with_limits(JarLimits {
        per_domain: 3,
        in_all: 100,
        ..JarLimits::default()
    });
    only.set(HERE, "old=1; Secure; Path=/").unwrap();
    only.set(HERE, "dies=1; Secure; Max-Age=5; Path=/").unwrap();
    only.set(HERE, "plain=1; Path=/used").unwrap();
    // Used last of all, and not Secure all the same.
    assert_eq!(only.after(1).sent("http://www.example.com/used"), "plain=1");
    only.after(6).set(HERE, "b=1; Secure; Path=/").unwrap();
    assert_eq!(
        only.after(6).sent("https://www.example.com/used"),
        "plain=1; old=1; b=1"
    );
    only.after(7).set(HERE, "c=1; Secure; Path=/").unwrap();
    assert_eq!(only.after(7).sent(HERE), "old=1; b=1; c=1");
    // One that is not Secure pushes out no Secure one.
    only.after(8).set(HERE, "plain=1; Path=/").unwrap();
    assert_eq!(only.after(8).sent(HERE), "old=1; b=1; c=1");
    only.after(9).set(HERE, "b=2; Secure; Path=/").unwrap();
    only.after(10).set(HERE, "d=1; Secure; Path=/").unwrap();
    assert_eq!(only.after(10).sent(HERE), "b=2; c=1; d=1");
}

#[test]
fn beyond_the_limit_of_the_jar_the_stalest_cookie_of_the_fullest_partition_goes() {
    let jar = Jar::with_limits(JarLimits {
        per_domain: 50,
        in_all: 4,
        ..JarLimits::default()
    });
    let [small, full] = ["small", "full"].map(Partition::new);
    let here = url(HERE);
    jar.set(&here, &small, Verified, b"old=1", now()).unwrap();
    for host in 0..10 {
        let url = url(&format!("https://h{host}.example.com/"));
        let then = now() + Duration::from_secs(host);
        jar.set(&url, &full, Verified, b"a=1", then).unwrap();
    }
    assert_eq!(jar.len(), 4);
    assert_eq!(jar.header(&here, &small, Verified, now()).unwrap(), "old=1");
    let left: Vec<_> = jar
        .all(&full, now())
        .iter()
        .map(|cookie| cookie.domain().to_owned())
        .collect();
    assert_eq!(left, ["h7.example.com", "h8.example.com", "h9.example.com"]);
}

#[test]
fn the_limits_are_those_of_the_standard() {
    assert_eq!(
        JarLimits::default(),
        JarLimits {
            per_domain: 50,
            in_all: 3_000,
            header_bytes: 8_000,
        }
    );
    let only = Only::new();
    for number in 0..60 {
        only.set(HERE, &format!("n{number}=1; Path=/")).unwrap();
    }
    assert_eq!(only.jar.len(), 50);
    assert!(only.sent(HERE).starts_with("n10=1; "));
}

#[test]
fn cookies_that_the_field_has_no_room_for_are_left_out_in_the_order_of_sending_and_stay_stored() {
    // limit in bytes, what is sent of `long=333333; a=1; =22; b=3`
    for (header_bytes, sent) in [
        (0, ""),
        (1, ""),
        (2, "22"),
        (3, "a=1"),
        (6, "a=1"),
        (7, "a=1; 22"),
        (10, "a=1; 22"),
        (11, "long=333333"),
        (15, "long=333333; 22"),
        (16, "long=333333; a=1"),
        (20, "long=333333; a=1; 22"),
        (24, "long=333333; a=1; 22"),
        (25, "long=333333; a=1; 22; b=3"),
        (usize::MAX, "long=333333; a=1; 22; b=3"),
    ] {
        let mut only = Only::new();
        only.jar = Jar::with_limits(JarLimits {
            header_bytes,
            ..JarLimits::default()
        });
        for field in [
            "a=1; Path=/",
            "=22; Path=/",
            "long=333333; Path=/a",
            "b=3; Path=/",
        ] {
            only.set(HERE, field).unwrap();
        }
        assert_eq!(only.sent(HERE), sent, "{header_bytes}");
        assert_eq!(only.jar.len(), 4);
    }
}

#[test]
fn a_sibling_that_fills_the_domain_with_cookies_does_not_make_the_field_too_long() {
    let only = Only::new();
    only.set(HERE, "__Host-id=7; Secure; Path=/").unwrap();
    let filler = "x".repeat(4_000);
    for number in 0..40 {
        let field = format!("{number}={filler}; Domain=example.com; Path=/");
        only.set("https://evil.example.com/", &field).unwrap();
    }
    assert_eq!(only.jar.len(), 41);
    let sent = only.sent(HERE);
    assert!(sent.starts_with("__Host-id=7; 0=x"), "{}", &sent[..20]);
    assert_eq!(sent.len(), "__Host-id=7; 0=".len() + 4_000);
    // With its name, the field is one that Apache httpd and nginx accept by default.
    assert!("Cookie: ".len() + sent.len() <= 8_190);
}
