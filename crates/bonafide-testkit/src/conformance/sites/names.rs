//! Names that are not the one that was asked for, though they look like it.

use super::{Showing, good};
use crate::certificate::{Recipe, TestCa};
use crate::conformance::family::Family;
use crate::conformance::site::Site;

pub(super) fn sites(root: &TestCa, issuing: &TestCa) -> Vec<Site> {
    let case = Showing {
        root,
        family: Family::Limbo,
    };
    let named = |name: &str| issuing.issue(Recipe::for_host(name).common_name("a server"));
    vec![
        case.reject(
            "webpki::san::no-san",
            issuing.issue(good().without_san()),
            "a common name is not checked against name constraints (RFC 9525)",
        ),
        case.reject(
            "webpki::cn::not-in-san",
            issuing.issue(Recipe::for_host("other.badssl.test").common_name("localhost")),
            "beside a SAN the common name counts for nothing",
        ),
        case.reject(
            "webpki::san::san-wildcard-only",
            named("*"),
            "it would be for every host there is",
        ),
        case.reject(
            "webpki::san::wildcard-embedded-leftmost-san",
            named("l*calhost"),
            "a wildcard stands for a whole label (RFC 9525 section 6.3)",
        ),
        case.reject(
            "webpki::san::mismatch-apex-subdomain-san",
            named("*.localhost"),
            "a wildcard stands for one label, not for none",
        ),
        case.reject(
            "null-in-name",
            named("localhost\0.attacker.test"),
            "a client that reads names as C strings stops at the zero byte, and trusts the wrong owner",
        ),
        case.reject(
            "ip-in-dns-name",
            named("127.0.0.1.localhost"),
            "it is another host",
        ),
    ]
}
