//! Bodies that cannot be sent again, and headers that describe a body.

use crate::redirects::situation::{Arrival, Outcome, Sent, Situation};

const DESCRIBING: &[&str] = &[
    "content-encoding",
    "content-language",
    "content-location",
    "content-type",
];

pub(super) fn situations() -> Vec<Situation> {
    let mut all = Vec::new();
    for (method, status) in [
        ("POST", 307),
        ("POST", 308),
        ("PUT", 301),
        ("PUT", 302),
        ("DELETE", 307),
    ] {
        all.push(
            Situation::of(
                format!("a streamed body makes the {status} of a {method} the response"),
                method,
                "{first}/from",
            )
            .with_body(Sent::Streamed("once"))
            .answers("/from", status, "/to")
            .arrives(Arrival::of(method, "{first}/from").with_body("once"))
            .ends(Outcome::Response(status)),
        );
    }
    for (method, status) in [("POST", 301), ("POST", 302), ("POST", 303), ("PUT", 303)] {
        all.push(
            Situation::of(
                format!("a streamed body is dropped where a {method} becomes a GET by {status}"),
                method,
                "{first}/from",
            )
            .with_body(Sent::Streamed("once"))
            .answers("/from", status, "/to")
            .arrives(Arrival::of(method, "{first}/from").with_body("once"))
            .arrives(Arrival::get("{first}/to").lacks(&["content-length", "transfer-encoding"])),
        );
    }
    all.push(
        Situation::of(
            "a streamed body makes the redirect the response before its Location is read",
            "POST",
            "{first}/from",
        )
        .with_body(Sent::Streamed("once"))
        .answers("/from", 307, "{plain}/to")
        .arrives(Arrival::of("POST", "{first}/from").with_body("once"))
        .ends(Outcome::Response(307)),
    );
    let text = || Sent::Text("body");
    let first = || {
        Arrival::of("POST", "{first}/from")
            .with_body("body")
            .has(DESCRIBING)
    };
    all.push(
        Situation::of(
            "headers that describe a body are left out with it",
            "POST",
            "{first}/from",
        )
        .with_headers(DESCRIBING)
        .with_headers(&["accept-language"])
        .with_body(text())
        .answers("/from", 303, "/to")
        .arrives(first())
        .arrives(
            Arrival::get("{first}/to")
                .lacks(DESCRIBING)
                .has(&["accept-language"]),
        ),
    );
    all.push(
        Situation::of(
            "headers that describe a body are sent on with it, to another origin too",
            "POST",
            "{first}/from",
        )
        .with_headers(DESCRIBING)
        .with_body(text())
        .answers("/from", 307, "{second}/to")
        .arrives(first())
        .arrives(
            Arrival::of("POST", "{second}/to")
                .with_body("body")
                .has(DESCRIBING),
        ),
    );
    all.push(
        Situation::of(
            "a body that was dropped does not come back",
            "POST",
            "{first}/from",
        )
        .with_headers(DESCRIBING)
        .with_body(text())
        .answers("/from", 302, "/between")
        .answers("/between", 307, "/to")
        .arrives(first())
        .arrives(Arrival::get("{first}/between").lacks(DESCRIBING))
        .arrives(Arrival::get("{first}/to").lacks(DESCRIBING)),
    );
    all.push(
        Situation::of("a body is sent on at every hop", "PUT", "{first}/from")
            .with_body(text())
            .answers("/from", 308, "/between")
            .answers("/between", 307, "{second}/to")
            .arrives(Arrival::of("PUT", "{first}/from").with_body("body"))
            .arrives(Arrival::of("PUT", "{first}/between").with_body("body"))
            .arrives(Arrival::of("PUT", "{second}/to").with_body("body")),
    );
    all
}
