mod hosts;
mod kept;
mod layer;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderValue};
use url::Url;

use super::HstsHosts;
use crate::assurance::Assurance::Verified;

/// 2030-01-01.
fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_893_456_000)
}

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn headers(fields: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for field in fields {
        let field = HeaderValue::from_str(field).unwrap();
        headers.append("strict-transport-security", field);
    }
    headers
}

fn learn(hosts: &HstsHosts, from: &str, field: &str) -> bool {
    hosts.learn(&url(from), &headers(&[field]), Verified, now())
}

/// What is asked in place of `to`, empty if that is asked itself.
fn upgrade(hosts: &HstsHosts, to: &str) -> String {
    let upgraded = hosts.upgrade(&url(to), now());
    upgraded.map_or_else(String::new, String::from)
}
