use std::time::Duration;

use proptest::prelude::*;

use super::{headers, learn, now, upgrade, url};
use crate::assurance::Assurance::{Unverified, Verified};
use crate::hsts::{HstsHosts, MAX_HOSTS, Preload, PreloadError};

#[test]
fn a_known_host_is_asked_over_https_and_other_ports_stay() {
    // learned from, field, asked, asked instead
    let year = "max-age=31536000";
    let all = "max-age=31536000; includeSubDomains";
    for (from, field, to, instead) in [
        (
            "https://a.example/",
            year,
            "http://a.example/b?c#d",
            "https://a.example/b?c#d",
        ),
        (
            "https://a.example/",
            year,
            "http://us:pw@A.EXAMPLE:80/",
            "https://us:pw@a.example/",
        ),
        (
            "https://a.example/",
            year,
            "http://a.example:8080/",
            "https://a.example:8080/",
        ),
        (
            "https://a.example/",
            year,
            "http://a.example:443/",
            "https://a.example/",
        ),
        (
            "https://a.example:8443/",
            year,
            "http://a.example/",
            "https://a.example/",
        ),
        (
            "https://a.example/",
            year,
            "http://a.example./",
            "https://a.example./",
        ),
        (
            "https://a.example./",
            year,
            "http://a.example/",
            "https://a.example/",
        ),
        ("https://a.example/", year, "http://x.a.example/", ""),
        (
            "https://a.example/",
            all,
            "http://x.y.a.example/",
            "https://x.y.a.example/",
        ),
        ("https://a.example/", all, "http://xa.example/", ""),
        ("https://a.example/", all, "http://example/", ""),
        ("https://a.example/", year, "https://a.example/", ""),
        ("https://a.example/", year, "ftp://a.example/", ""),
        (
            "https://b\u{fc}cher.example/",
            year,
            "http://xn--bcher-kva.example/",
            "https://xn--bcher-kva.example/",
        ),
    ] {
        let hosts = HstsHosts::new();
        assert!(learn(&hosts, from, field), "{from}");
        assert_eq!(upgrade(&hosts, to), instead, "{from} {field} {to}");
    }
}

#[test]
fn nothing_is_learned_but_from_a_verified_server_with_a_name() {
    let field = headers(&["max-age=100"]);
    for (from, assurance) in [
        ("https://a.example/", Unverified),
        ("http://a.example/", Verified),
        ("https://127.0.0.1/", Verified),
        ("https://[::1]/", Verified),
        ("https://./", Verified),
    ] {
        let hosts = HstsHosts::new();
        assert!(!hosts.learn(&url(from), &field, assurance, now()), "{from}");
        assert!(hosts.is_empty(), "{from}");
    }
    let hosts = HstsHosts::new();
    assert!(learn(&hosts, "https://a.example/", "max-age=100"));
    let forget = headers(&["max-age=0"]);
    assert!(!hosts.learn(&url("https://a.example/"), &forget, Unverified, now()));
    assert_eq!(hosts.len(), 1);
}

#[test]
fn the_first_field_counts_alone_and_a_bad_one_changes_nothing() {
    let (hosts, here) = (HstsHosts::new(), url("https://a.example/"));
    assert!(!hosts.learn(
        &here,
        &headers(&["nonsense", "max-age=100"]),
        Verified,
        now()
    ));
    assert!(!hosts.learn(&here, &headers(&[]), Verified, now()));
    assert!(hosts.is_empty());
    assert!(hosts.learn(
        &here,
        &headers(&["max-age=100", "max-age=0"]),
        Verified,
        now()
    ));
    assert!(!hosts.learn(&here, &headers(&["max-age=x"]), Verified, now()));
    assert_eq!(hosts.len(), 1);
}

#[test]
fn a_host_is_forgotten_after_max_age_and_at_once_with_0() {
    let hosts = HstsHosts::new();
    let plain = url("http://a.example/");
    assert!(learn(&hosts, "https://a.example/", "max-age=10"));
    let after = |seconds| {
        hosts
            .upgrade(&plain, now() + Duration::from_secs(seconds))
            .is_some()
    };
    assert!(after(9) && !after(10));
    assert!(learn(
        &hosts,
        "https://a.example/",
        "max-age=99999999999999999999"
    ));
    assert!(after(1 << 40));
    assert!(learn(&hosts, "https://a.example/", "max-age=0"));
    assert!(!after(0) && hosts.is_empty());
    assert!(learn(&hosts, "https://a.example/", "max-age=10"));
    assert!(hosts.forget("a.example") && !hosts.forget("a.example"));
}

#[test]
fn a_host_under_one_that_said_so_is_known_even_if_it_says_otherwise_itself() {
    let hosts = HstsHosts::new();
    learn(
        &hosts,
        "https://a.example/",
        "max-age=10; includeSubDomains",
    );
    learn(&hosts, "https://x.a.example/", "max-age=0");
    assert_eq!(
        upgrade(&hosts, "http://x.a.example/"),
        "https://x.a.example/"
    );
    learn(&hosts, "https://a.example/", "max-age=10");
    assert_eq!(upgrade(&hosts, "http://x.a.example/"), "");
}

#[test]
fn of_too_many_hosts_one_of_the_site_with_the_most_goes() {
    let hosts = HstsHosts::new().with_max_hosts(5);
    learn(&hosts, "https://bank.example/", "max-age=1");
    learn(&hosts, "https://shop.co.uk/", "max-age=1");
    for number in 0..20 {
        let from = format!("https://h{number}.flood.co.uk/");
        learn(&hosts, &from, &format!("max-age={}", 1_000 + number));
        assert!(hosts.len() <= 5);
    }
    for to in [
        "http://bank.example/",
        "http://shop.co.uk/",
        "http://h19.flood.co.uk/",
    ] {
        assert_ne!(upgrade(&hosts, to), "", "{to}");
    }
    assert_eq!(upgrade(&hosts, "http://h16.flood.co.uk/"), "");
    assert_eq!(MAX_HOSTS, 10_000);
}

#[test]
fn an_expired_host_goes_before_any_other() {
    let hosts = HstsHosts::new().with_max_hosts(2);
    learn(&hosts, "https://a.example/", "max-age=1");
    let later = now() + Duration::from_secs(1);
    for host in ["b.x.example", "c.x.example"] {
        let from = url(&format!("https://{host}/"));
        assert!(hosts.learn(&from, &headers(&["max-age=10"]), Verified, later));
    }
    for host in ["b.x.example", "c.x.example"] {
        assert!(hosts.forget(host), "{host}");
    }
    assert!(hosts.is_empty());
}

#[test]
fn a_preloaded_host_is_known_and_no_server_takes_it_back() {
    let text = "# ours\n\n  A.example\tincludesubdomains # all\nb\u{fc}cher.example\n\
                b.example.\nb.example includeSubDomains\nb.example";
    let preload = Preload::parse(text).unwrap();
    assert_eq!(preload.len(), 3);
    let hosts = HstsHosts::new().with_preload(preload);
    for (to, instead) in [
        ("http://a.example/", "https://a.example/"),
        ("http://x.a.example/", "https://x.a.example/"),
        ("http://x.b.example/", "https://x.b.example/"),
        (
            "http://b\u{fc}cher.example/",
            "https://xn--bcher-kva.example/",
        ),
        ("http://x.b\u{fc}cher.example/", ""),
    ] {
        assert_eq!(upgrade(&hosts, to), instead, "{to}");
    }
    learn(&hosts, "https://a.example/", "max-age=0");
    assert_eq!(upgrade(&hosts, "http://a.example/"), "https://a.example/");
    assert!(hosts.is_empty());
}

#[test]
fn a_list_with_a_bad_line_is_refused_with_its_number() {
    for (text, line, problem) in [
        (
            "a.example\n192.0.2.1",
            2,
            "an IP address cannot be in the list",
        ),
        ("[::1]", 1, "an IP address cannot be in the list"),
        ("a/b", 1, "not a host"),
        ("*.example", 1, "not a host"),
        (
            "a.example always",
            1,
            "only includeSubDomains may follow the host",
        ),
        (
            "\na.example includeSubDomains x",
            2,
            "nothing may follow includeSubDomains",
        ),
    ] {
        match Preload::parse(text) {
            Err(PreloadError::Line {
                line: at,
                problem: what,
            }) => {
                assert_eq!((at, what), (line, problem), "{text}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn a_list_is_read_from_a_file_or_the_error_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("preload.txt");
    match Preload::read(&path) {
        Err(PreloadError::Read { path: at, source }) => {
            assert_eq!(
                (at, source.kind()),
                (path.clone(), std::io::ErrorKind::NotFound)
            );
        }
        other => panic!("{other:?}"),
    }
    std::fs::write(&path, "a.example\n").unwrap();
    assert_eq!(Preload::read(&path).unwrap().len(), 1);
    let large = std::fs::File::create(&path).unwrap();
    large.set_len((32 << 20) + 1).unwrap();
    match Preload::read(&path) {
        Err(PreloadError::TooLarge {
            path: at,
            limit_bytes,
        }) => {
            assert_eq!((at, limit_bytes), (path, 32 << 20));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn no_text_shows_which_hosts_are_known() {
    let hosts = HstsHosts::new().with_preload(Preload::parse("b.example").unwrap());
    learn(&hosts, "https://a.example/", "max-age=10");
    assert_eq!(
        format!("{hosts:?}"),
        "HstsHosts { learned: 1, preload: Preload { hosts: 1 }, max_hosts: 10000 }"
    );
}

const HOSTS: [&str; 6] = [
    "example.com",
    "a.example.com",
    "b.a.example.com",
    "other.org",
    "x.other.org",
    "192.0.2.1",
];

proptest! {
    #[test]
    fn the_bound_holds_and_what_is_upgraded_is_https_with_the_same_host_and_path(
        steps in prop::collection::vec(
            (0..HOSTS.len(), 0_u64..4, any::<bool>(), any::<bool>(), 0_u64..3),
            1..60,
        ),
    ) {
        let hosts = HstsHosts::new().with_max_hosts(3);
        let mut now = now();
        for (host, max_age, include, verified, after) in steps {
            now += Duration::from_secs(after);
            let host = HOSTS[host];
            let field = if include { "; includeSubDomains" } else { "" };
            let field = headers(&[&format!("max-age={max_age}{field}")]);
            let assurance = if verified { Verified } else { Unverified };
            hosts.learn(&url(&format!("https://{host}/")), &field, assurance, now);
            prop_assert!(hosts.len() <= 3);
            let plain = url(&format!("http://{host}:8080/p?q"));
            if let Some(upgraded) = hosts.upgrade(&plain, now) {
                prop_assert_eq!(upgraded.as_str(), format!("https://{host}:8080/p?q"));
                prop_assert_ne!(host, "192.0.2.1");
            }
        }
    }
}
