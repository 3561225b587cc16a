//! `Set-Cookie` fields into a jar with several partitions, and what the jar then sends where.
#![no_main]

use std::time::{Duration, UNIX_EPOCH};

use bonafide_fuzz::budget::bounded;
use bonafide_tower::assurance::Assurance::{self, Unverified, Verified};
use bonafide_tower::cookies::{Jar, JarLimits};
use bonafide_tower::store::Partition;
use libfuzzer_sys::fuzz_target;
use url::Url;

/// Where cookies are set from and sent to.
const URLS: [&str; 8] = [
    "https://www.shop.co.uk/a/b",
    "http://www.shop.co.uk/a",
    "https://evil.shop.co.uk/",
    "https://co.uk/",
    "https://one.github.io/a/",
    "https://two.github.io/",
    "https://192.0.2.7/",
    "http://localhost/a/b/c",
];

/// More than an input of libFuzzer can set, so that no partition pushes out cookies of another.
const LIMITS: JarLimits = JarLimits {
    per_domain: 10_000,
    in_all: 10_000,
    header_bytes: 300,
};

/// One line of the input: a byte for the URL, the partition and the assurance, and the field.
struct Step<'a> {
    url: usize,
    partition: usize,
    assurance: Assurance,
    field: &'a [u8],
}

fn steps(input: &[u8]) -> impl Iterator<Item = Step<'_>> {
    input.split(|byte| *byte == b'\n').filter_map(|line| {
        let (how, field) = line.split_first()?;
        Some(Step {
            url: usize::from(how & 7),
            partition: usize::from(how >> 3 & 1),
            assurance: if how & 16 == 0 { Verified } else { Unverified },
            field,
        })
    })
}

fuzz_target!(|input: &[u8]| {
    let urls = URLS.map(|url| Url::parse(url).expect("a URL"));
    let partitions = ["one", "two"].map(Partition::new);
    let now = UNIX_EPOCH + Duration::from_secs(1_893_456_000);
    let jar = Jar::with_limits(LIMITS);
    // The same for each partition alone.
    let alone = [Jar::with_limits(LIMITS), Jar::with_limits(LIMITS)];
    for step in steps(input) {
        let set = |jar: &Jar| {
            let partition = &partitions[step.partition];
            jar.set(&urls[step.url], partition, step.assurance, step.field, now)
        };
        let stored = bounded(|| set(&jar));
        assert_eq!(stored, set(&alone[step.partition]));
        let is_https = urls[step.url].scheme() == "https";
        assert!(stored.is_err() || step.assurance == Verified || !is_https);
        drop(stored.map_err(|error| error.to_string()));
    }
    for (partition, alone) in partitions.iter().zip(&alone) {
        for cookie in jar.all(partition, now) {
            let suffix = psl::suffix(cookie.domain().as_bytes());
            let is_suffix = suffix.is_some_and(|it| it == cookie.domain());
            assert!(cookie.is_host_only() || !is_suffix, "{cookie}");
        }
        for url in &urls {
            let is_https = url.scheme() == "https";
            let host = url.host_str().unwrap_or_default();
            for cookie in jar.cookies(url, partition, Verified, now) {
                assert!(is_https || !cookie.is_secure(), "{cookie}");
                let parent = format!(".{}", cookie.domain());
                let is_within = !cookie.is_host_only() && host.ends_with(&parent);
                assert!(host == cookie.domain() || is_within, "{cookie}");
            }
            let header = jar.header(url, partition, Verified, now);
            assert_eq!(header, alone.header(url, partition, Verified, now));
            if let Some(header) = header {
                assert!(header.len() <= LIMITS.header_bytes && header.is_sensitive());
            }
            let unverified = jar.header(url, partition, Unverified, now);
            assert!(!is_https || unverified.is_none());
        }
    }
});
