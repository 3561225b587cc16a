use std::cmp::Reverse;
use std::time::Duration;

use proptest::prelude::*;

use super::{now, url};
use crate::assurance::Assurance::{self, Unverified, Verified};
use crate::cookies::{Jar, JarLimits};
use crate::store::Partition;

const URLS: [&str; 7] = [
    "https://a.example.com/x/y",
    "https://example.com/",
    "http://a.example.com/x",
    "http://example.com/x/y/z",
    "https://b.a.example.com/x/",
    "https://127.0.0.1/",
    "http://other.org/",
];

#[derive(Clone, Debug)]
struct Step {
    url: &'static str,
    partition: &'static str,
    assurance: Assurance,
    field: String,
    after: u64,
}

fn step() -> impl Strategy<Value = Step> {
    let attributes = [
        "; Secure",
        "; Path=/",
        "; Path=/x",
        "; Domain=example.com",
        "; Domain=a.example.com",
        "; Domain=com",
        "; Max-Age=3",
        "; Max-Age=0",
        "; HttpOnly",
    ];
    let name = prop::sample::select(vec!["a", "b", "c", "__Host-a", "__Secure-b", "", "d", "e"]);
    let attributes = prop::collection::vec(prop::sample::select(attributes.to_vec()), 0..4);
    (
        prop::sample::select(URLS.to_vec()),
        prop::sample::select(vec!["one", "other"]),
        prop::sample::select(vec![Verified, Unverified]),
        name,
        attributes,
        0_u64..3,
    )
        .prop_map(
            |(url, partition, assurance, name, attributes, after)| Step {
                url,
                partition,
                assurance,
                field: format!("{name}=1{}", attributes.concat()),
                after,
            },
        )
}

proptest! {
    #[test]
    fn bounds_order_and_secure_hold_after_any_steps(
        steps in prop::collection::vec(step(), 1..80),
    ) {
        let limits = JarLimits { per_domain: 3, in_all: 7, header_bytes: 12 };
        let jar = Jar::with_limits(limits);
        let mut now = now();
        for step in &steps {
            now += Duration::from_secs(step.after);
            let partition = Partition::new(step.partition);
            let _ = jar.set(&url(step.url), &partition, step.assurance, step.field.as_bytes(), now);
            prop_assert!(jar.len() <= limits.in_all);
            for partition in ["one", "other"].map(Partition::new) {
                let all = jar.all(&partition, now);
                for cookie in &all {
                    let same = all.iter().filter(|other| other.domain() == cookie.domain());
                    prop_assert!(same.count() <= limits.per_domain);
                }
                for to in URLS.map(url) {
                    let unverified = jar.cookies(&to, &partition, Unverified, now);
                    prop_assert!(to.scheme() == "http" || unverified.is_empty());
                    let cookies = jar.cookies(&to, &partition, Verified, now);
                    let lengths = cookies.iter().map(|one| Reverse(one.path().len()));
                    let lengths: Vec<_> = lengths.collect();
                    prop_assert!(lengths.is_sorted());
                    let sent = jar.header(&to, &partition, Verified, now);
                    prop_assert!(sent.is_none_or(|it| it.len() <= limits.header_bytes));
                    let again = jar.cookies(&to, &partition, Verified, now);
                    prop_assert!(cookies.iter().zip(&again).all(|(one, other)| one.is_as(other)));
                    for cookie in cookies {
                        prop_assert!(to.scheme() == "https" || !cookie.is_secure());
                        prop_assert!(cookie.expires().is_none_or(|expires| expires > now));
                        let host = to.host_str().unwrap();
                        prop_assert!(host.ends_with(cookie.domain()));
                        prop_assert!(!cookie.is_host_only() || host == cookie.domain());
                    }
                }
            }
        }
    }

    #[test]
    fn any_bytes_are_a_cookie_or_an_error_and_what_is_sent_is_a_header(
        field in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let (jar, here, user) = (Jar::new(), url("https://example.com/"), Partition::default());
        let kept = jar.set(&here, &user, Verified, &field, now()).is_ok() && !jar.is_empty();
        let goes = jar.cookies(&here, &user, Verified, now()).len();
        let header = jar.header(&here, &user, Verified, now());
        prop_assert!(header.is_some() == (goes == 1) && (kept || goes == 0));
    }
}
