use http::{HeaderMap, HeaderValue};

use super::{Only, now, url};
use crate::assurance::Assurance::{Unverified, Verified};
use crate::cookies::{CookieError, Jar, SameSite};
use crate::store::Partition;

const HERE: &str = "https://www.example.com/a/b";

#[test]
fn a_cookie_goes_to_the_hosts_and_paths_that_it_is_for() {
    // set by, field, asked, whether it goes there
    for (from, field, to, goes) in [
        (HERE, "a=1", HERE, true),
        (HERE, "a=1", "https://www.example.com:8443/a/c", true),
        (HERE, "a=1", "https://www.example.com/a", true),
        (HERE, "a=1", "https://www.example.com/", false),
        (HERE, "a=1", "https://example.com/a/", false),
        (HERE, "a=1", "https://x.www.example.com/a/", false),
        (
            HERE,
            "a=1; Domain=example.com",
            "https://example.com/a/",
            true,
        ),
        (
            HERE,
            "a=1; Domain=.EXAMPLE.com",
            "https://x.example.com/a/",
            true,
        ),
        (
            HERE,
            "a=1; Domain=example.com",
            "https://anexample.com/a/",
            false,
        ),
        (
            HERE,
            "a=1; Domain=www.example.com",
            "https://example.com/a/",
            false,
        ),
        (HERE, "a=1; Domain=x.example; Domain=", HERE, true),
        (HERE, "a=1; Path=/", "https://www.example.com/", true),
        (HERE, "a=1; Path=/x", HERE, false),
        (HERE, "a=1; Path=/x", "https://www.example.com/x/y", true),
        (HERE, "a=1; Path=/x", "https://www.example.com/xy", false),
        (HERE, "a=1; Path=x", HERE, true),
        (HERE, "a=1; Secure", HERE, true),
        (HERE, "a=1; Secure", "http://www.example.com/a/", false),
        (HERE, "a=1", "http://www.example.com/a/", true),
        ("http://www.example.com/a/", "a=1", HERE, true),
        (
            "https://127.0.0.1/",
            "a=1; Domain=127.0.0.1",
            "https://127.0.0.1/",
            true,
        ),
        ("https://[::1]/", "a=1", "https://[::1]/", true),
        (
            "https://github.io/",
            "a=1; Domain=github.io",
            "https://github.io/",
            true,
        ),
        (
            "https://github.io/",
            "a=1; Domain=github.io",
            "https://x.github.io/",
            false,
        ),
        (
            "https://a.example.com./",
            "a=1; Domain=example.com.",
            "https://b.example.com./",
            true,
        ),
        (
            "https://localhost/",
            "a=1; Domain=localhost",
            "https://localhost/",
            true,
        ),
        (
            "https://b\u{fc}cher.example/",
            "a=1; Domain=xn--bcher-kva.example",
            "https://x.b\u{fc}cher.example/",
            true,
        ),
    ] {
        let only = Only::new();
        assert_eq!(only.set(from, field), Ok(()), "{field}");
        let expected = if goes { "a=1" } else { "" };
        assert_eq!(only.sent(to), expected, "{field} to {to}");
    }
}

#[test]
fn what_must_not_be_kept_is_refused_with_the_reason() {
    let prefix = |prefix| CookieError::Prefix { prefix };
    let foreign = |domain: &str, host: &str| CookieError::ForeignDomain {
        domain: domain.to_owned(),
        host: host.to_owned(),
    };
    let suffix = |domain: &str| CookieError::PublicSuffix {
        domain: domain.to_owned(),
    };
    let plain = "http://www.example.com/";
    let long = format!("a={}", "x".repeat(4_096));
    let deep = format!("https://www.example.com/{}/", "x".repeat(1_024));
    for (from, field, reason) in [
        (HERE, "a=\u{1}", CookieError::ControlCharacter),
        (HERE, "a=1; x=\u{7f}", CookieError::ControlCharacter),
        (HERE, "a=1\nb=2", CookieError::ControlCharacter),
        (HERE, "", CookieError::Empty),
        (HERE, " = ; Path=/", CookieError::Empty),
        (
            HERE,
            &long,
            CookieError::TooLong {
                bytes: 4_097,
                limit_bytes: 4_096,
            },
        ),
        (
            &deep,
            "a=1",
            CookieError::PathTooLong {
                bytes: 1_025,
                limit_bytes: 1_024,
            },
        ),
        (
            HERE,
            "a=1; Domain=example.org",
            foreign("example.org", "www.example.com"),
        ),
        (
            HERE,
            "a=1; Domain=x.www.example.com",
            foreign("x.www.example.com", "www.example.com"),
        ),
        (
            HERE,
            "a=1; Domain=..example.com",
            foreign(".example.com", "www.example.com"),
        ),
        (
            HERE,
            "a=1; Domain=example.com.",
            foreign("example.com.", "www.example.com"),
        ),
        (
            "https://127.0.0.1/",
            "a=1; Domain=0.0.1",
            foreign("0.0.1", "127.0.0.1"),
        ),
        (
            "https://127.0.0.1/",
            "a=1; Domain=1",
            foreign("1", "127.0.0.1"),
        ),
        (HERE, "a=1; Domain=com", suffix("com")),
        (
            "https://a.kobe.jp/",
            "a=1; Domain=kobe.jp",
            suffix("kobe.jp"),
        ),
        (
            "https://b.a.kobe.jp/",
            "a=1; Domain=kobe.jp",
            suffix("kobe.jp"),
        ),
        ("https://a.com./", "a=1; Domain=com.", suffix("com.")),
        (
            "https://x.github.io/",
            "a=1; Domain=github.io",
            suffix("github.io"),
        ),
        ("https://a.corp/", "a=1; Domain=corp", suffix("corp")),
        (
            HERE,
            "a=1; Domain=b\u{fc}cher.example",
            CookieError::DomainNotAscii,
        ),
        (plain, "a=1; Secure", CookieError::SecureOverHttp),
        (HERE, "__Secure-a=1", prefix("__Secure-")),
        (HERE, "__sEcUrE-a=1", prefix("__Secure-")),
        (HERE, "__Host-a=1; Secure", prefix("__Host-")),
        (HERE, "__Host-a=1; Path=/", prefix("__Host-")),
        (HERE, "__Host-a=1; Secure; Path=/a", prefix("__Host-")),
        (
            HERE,
            "__host-a=1; Secure; Path=/; Domain=example.com",
            prefix("__Host-"),
        ),
        (
            "https://example.com/",
            "__HOST-a=1; Secure",
            prefix("__Host-"),
        ),
        (HERE, "=__Host-a=1; Secure; Path=/", prefix("__Host-")),
        (HERE, "__secure-a; Secure", prefix("__Secure-")),
        ("ftp://example.com/", "a=1", CookieError::NotHttp),
        ("data:x", "a=1", CookieError::NotHttp),
    ] {
        let only = Only::new();
        assert_eq!(only.set(from, field), Err(reason), "{field}");
        assert!(only.jar.is_empty(), "{field}");
    }
}

#[test]
fn a_cookie_that_keeps_the_promise_of_its_prefix_is_kept() {
    for field in [
        "__Secure-a=1; Secure; Domain=example.com",
        "__Host-a=1; Secure; Path=/",
        "__Hosta=1",
    ] {
        assert_eq!(Only::new().set(HERE, field), Ok(()), "{field}");
    }
}

#[test]
fn without_a_verified_server_https_gets_no_cookie_and_sets_none() {
    let mut only = Only::new();
    only.set(HERE, "a=1; Domain=example.com; Path=/").unwrap();
    only.assurance = Unverified;
    assert_eq!(only.sent(HERE), "");
    assert_eq!(
        only.jar
            .cookies(&url(HERE), &only.partition, Unverified, now())
            .len(),
        0
    );
    assert_eq!(only.set(HERE, "b=2"), Err(CookieError::Unverified));
    assert_eq!(
        only.set(HERE, "a=; Max-Age=0; Path=/"),
        Err(CookieError::Unverified)
    );
    // Of http nothing is proved in any case.
    assert_eq!(only.sent("http://www.example.com/"), "a=1");
    only.assurance = Verified;
    assert_eq!(only.sent(HERE), "a=1");
}

#[test]
fn http_leaves_secure_cookies_alone() {
    let plain = "http://www.example.com/a/b";
    // Secure cookie, field over http, whether that is refused
    for (secure, field, refused) in [
        ("a=1; Secure; Path=/", "a=2; Path=/", true),
        ("a=1; Secure; Path=/", "a=2; Path=/a", true),
        ("a=1; Secure; Path=/a", "a=2; Path=/", false),
        (
            "a=1; Secure; Path=/",
            "a=2; Path=/; Domain=example.com",
            true,
        ),
        (
            "a=1; Secure; Path=/; Domain=example.com",
            "a=2; Path=/",
            true,
        ),
        ("a=1; Secure; Path=/", "a=; Path=/; Max-Age=0", true),
        ("a=1; Secure; Path=/", "b=2; Path=/", false),
        ("a=1; Path=/", "a=2; Path=/", false),
    ] {
        let only = Only::new();
        only.set(HERE, secure).unwrap();
        let expected = if refused {
            Err(CookieError::HidesSecure)
        } else {
            Ok(())
        };
        assert_eq!(only.set(plain, field), expected, "{secure} {field}");
        assert_eq!(only.set(HERE, field), Ok(()), "{secure} {field}");
    }
    let only = Only::new();
    only.set(HERE, "a=1; Secure; Max-Age=10").unwrap();
    assert_eq!(only.after(10).set(plain, "a=2"), Ok(()));
}

#[test]
fn attributes_are_read_in_any_case_and_with_white_space_and_too_long_ones_are_ignored() {
    let only = Only::new();
    let long = "x".repeat(1_025);
    let field =
        format!("\ta =\t1 2 ; PATH\t= /a ;Path=/{long}; hTTPonly=no; sEcUrE; samesite=STRICT;;=;x");
    only.set(HERE, &field).unwrap();
    let cookies = only
        .jar
        .cookies(&url(HERE), &only.partition, Verified, now());
    let cookie = &cookies[0];
    assert_eq!((cookie.name(), cookie.value()), (Some("a"), Some("1 2")));
    assert_eq!((cookie.domain(), cookie.path()), ("www.example.com", "/a"));
    assert!(cookie.is_host_only() && cookie.is_secure() && cookie.is_http_only());
    assert_eq!(
        (cookie.same_site(), cookie.expires()),
        (SameSite::Strict, None)
    );
    for (field, same_site) in [
        ("b=1; SameSite=Lax", SameSite::Lax),
        ("b=1; SameSite=None", SameSite::None),
        ("b=1; SameSite=Strict; SameSite=x", SameSite::Unset),
        ("b=1", SameSite::Unset),
    ] {
        let only = Only::new();
        only.set(HERE, field).unwrap();
        assert_eq!(
            only.jar.all(&only.partition, now())[0].same_site(),
            same_site,
            "{field}"
        );
    }
}

#[test]
fn a_cookie_without_a_name_is_sent_as_its_value() {
    let only = Only::new();
    only.set(HERE, "alone").unwrap();
    only.set(HERE, "=a=b").unwrap();
    assert_eq!(only.sent(HERE), "a=b");
}

#[test]
fn partitions_do_not_see_each_other() {
    let (jar, here) = (Jar::new(), url(HERE));
    let [one, other] = ["one", "other"].map(Partition::new);
    jar.set(&here, &one, Verified, b"a=1", now()).unwrap();
    assert_eq!(jar.header(&here, &other, Verified, now()), None);
    jar.set(&here, &other, Verified, b"a=2", now()).unwrap();
    assert_eq!(jar.header(&here, &one, Verified, now()).unwrap(), "a=1");
    jar.clear(&one);
    assert_eq!(jar.all(&one, now()).len(), 0);
    assert_eq!(jar.header(&here, &other, Verified, now()).unwrap(), "a=2");
    let cookie = jar.all(&other, now()).remove(0);
    assert!(!jar.remove(&one, &cookie));
    assert!(jar.remove(&other, &cookie) && !jar.remove(&other, &cookie));
    assert!(jar.is_empty());
    jar.set(&here, &one, Verified, b"a=1", now()).unwrap();
    jar.clear_all();
    assert_eq!(jar.len(), 0);
}

#[test]
fn every_set_cookie_field_of_a_response_is_read_and_a_bad_one_spoils_no_other() {
    let only = Only::new();
    let mut headers = HeaderMap::new();
    for field in ["a=1, b=2", "c=3; Domain=com", "d=\u{e9}"] {
        headers.append(
            "set-cookie",
            HeaderValue::from_bytes(field.as_bytes()).unwrap(),
        );
    }
    only.jar
        .receive(&url(HERE), &only.partition, Verified, &headers, now());
    assert_eq!(only.sent(HERE), "a=1, b=2; d=\u{e9}");
    let header = only
        .jar
        .header(&url(HERE), &only.partition, Verified, now());
    assert!(header.unwrap().is_sensitive());
}

#[test]
fn no_text_shows_a_value() {
    let only = Only::new();
    only.set(HERE, "id=s3cret; Path=/").unwrap();
    only.set(HERE, "s3cret; Path=/").unwrap();
    let cookies = only.jar.all(&only.partition, now());
    assert_eq!(cookies.len(), 2);
    let mut text = format!("{:?} {cookies:?}", only.jar);
    for cookie in &cookies {
        text += &format!(" {cookie}");
    }
    for field in [
        "__Host-id=s3cret",
        "id=s3cret\u{1}",
        "id=s3cret; Domain=com",
    ] {
        let error = only.set(HERE, field).unwrap_err();
        text += &format!(" {error} {error:?}");
    }
    assert!(!text.contains("s3cret"), "{text}");
    assert!(text.contains("id for www.example.com/"), "{text}");
}
