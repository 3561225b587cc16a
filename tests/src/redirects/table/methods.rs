//! Every status with every method.

use crate::redirects::situation::{Arrival, Outcome, Sent, Situation};

/// A method and the methods that follow 301 and 302, 303, 307 and 308. A body is sent on where the
/// method stays.
const METHODS: [(&str, &str, &str, &str); 7] = [
    ("GET", "GET", "GET", "GET"),
    ("HEAD", "HEAD", "HEAD", "HEAD"),
    ("OPTIONS", "OPTIONS", "GET", "OPTIONS"),
    ("POST", "GET", "GET", "POST"),
    ("PUT", "PUT", "GET", "PUT"),
    ("PATCH", "PATCH", "GET", "PATCH"),
    ("DELETE", "DELETE", "GET", "DELETE"),
];

const DESCRIBING: &[&str] = &["content-type"];

pub(super) fn situations() -> Vec<Situation> {
    let mut all = Vec::new();
    for (method, after_301, after_303, after_307) in METHODS {
        for (status, then) in [
            (301, after_301),
            (302, after_301),
            (303, after_303),
            (307, after_307),
            (308, after_307),
        ] {
            all.push(followed(method, status, then));
        }
    }
    for status in [300, 304, 305, 306] {
        let name = format!("a {status} is the response");
        all.push(
            Situation::of(name, "GET", "{first}/from")
                .answers("/from", status, "/to")
                .arrives(Arrival::get("{first}/from"))
                .ends(Outcome::Response(status)),
        );
    }
    all
}

fn followed(method: &'static str, status: u16, then: &'static str) -> Situation {
    let situation = Situation::of(
        format!("{method} after {status} is {then}"),
        method,
        "{first}/from",
    )
    .answers("/from", status, "/to");
    let first = Arrival::of(method, "{first}/from");
    let second = Arrival::of(then, "{first}/to");
    if matches!(method, "GET" | "HEAD" | "OPTIONS") {
        return situation.arrives(first).arrives(second);
    }
    let second = if then == method {
        second.with_body("body").has(DESCRIBING)
    } else {
        second.lacks(DESCRIBING)
    };
    situation
        .with_headers(DESCRIBING)
        .with_body(Sent::Text("body"))
        .arrives(first.with_body("body").has(DESCRIBING))
        .arrives(second)
}
