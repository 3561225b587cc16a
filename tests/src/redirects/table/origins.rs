//! What reaches another origin.

use crate::redirects::situation::{Arrival, Outcome, RedirectFailure, Sent, Situation};

/// For the first origin alone.
const SECRETS: &[&str] = &["authorization", "cookie", "cookie2", "www-authenticate"];

/// Those and what no client should send to an origin at all: some do, where the caller says so.
const LEFT_OUT: &[&str] = &[
    "authorization",
    "cookie",
    "cookie2",
    "proxy-authorization",
    "www-authenticate",
];

const SECRETS_AND_KEPT: &[&str] = &[
    "authorization",
    "cookie",
    "cookie2",
    "www-authenticate",
    "x-kept",
];

fn secret(name: impl Into<String>, url: &'static str) -> Situation {
    Situation::of(name, "GET", url)
        .with_headers(LEFT_OUT)
        .with_headers(&["x-kept"])
}

fn all_of_them(url: &'static str) -> Arrival {
    Arrival::get(url).has(SECRETS_AND_KEPT)
}

fn none_of_them(url: &'static str) -> Arrival {
    Arrival::get(url).has(&["x-kept"]).lacks(LEFT_OUT)
}

pub(super) fn situations() -> Vec<Situation> {
    let mut all = vec![
        secret("credentials stay within their origin", "{first}/from")
            .answers("/from", 302, "/between")
            .answers("/between", 307, "{first}/to")
            .arrives(all_of_them("{first}/from"))
            .arrives(all_of_them("{first}/between"))
            .arrives(all_of_them("{first}/to")),
        secret("credentials do not reach another port", "{first}/from")
            .answers("/from", 302, "{second}/to")
            .arrives(all_of_them("{first}/from"))
            .arrives(none_of_them("{second}/to")),
        secret(
            "credentials do not reach another host of the same server",
            "{first}/from",
        )
        .answers("/from", 302, "{address}/to")
        .arrives(all_of_them("{first}/from"))
        .arrives(none_of_them("{address}/to")),
        secret("credentials do not reach another scheme", "{plain}/from")
            .answers("/from", 302, "{first}/to")
            .arrives(all_of_them("{plain}/from"))
            .arrives(none_of_them("{first}/to")),
        secret(
            "credentials do not come back to the first origin",
            "{first}/from",
        )
        .answers("/from", 307, "{second}/there")
        .answers("/there", 307, "{first}/back")
        .answers("/back", 307, "{first}/to")
        .arrives(all_of_them("{first}/from"))
        .arrives(none_of_them("{second}/there"))
        .arrives(none_of_them("{first}/back"))
        .arrives(none_of_them("{first}/to")),
        Situation::of(
            "user name and password of a Location are left out",
            "GET",
            "{first}/from",
        )
        .answers("/from", 302, "https://us:pw@{authority}/to")
        .arrives(Arrival::get("{first}/from"))
        .arrives(Arrival::get("{first}/to").lacks(SECRETS)),
        Situation::of(
            "a Host of the caller's stays within its origin",
            "GET",
            "{first}/from",
        )
        .with_host("shop.example")
        .answers("/from", 302, "/to")
        .arrives(Arrival::get("{first}/from").with_host("shop.example"))
        .arrives(Arrival::get("{first}/to").with_host("shop.example")),
        Situation::of(
            "a Host of the caller's does not reach another origin and does not come back",
            "GET",
            "{first}/from",
        )
        .with_host("shop.example")
        .answers("/from", 302, "{second}/there")
        .answers("/there", 302, "{first}/to")
        .arrives(Arrival::get("{first}/from").with_host("shop.example"))
        .arrives(Arrival::get("{second}/there"))
        .arrives(Arrival::get("{first}/to")),
        Situation::of("http may lead to http", "GET", "{plain}/from")
            .answers("/from", 301, "/to")
            .arrives(Arrival::get("{plain}/from"))
            .arrives(Arrival::get("{plain}/to")),
        Situation::of(
            "https that http has led to does not lead back to http",
            "GET",
            "{plain}/from",
        )
        .answers("/from", 301, "{first}/between")
        .answers("/between", 301, "{plain}/to")
        .arrives(Arrival::get("{plain}/from"))
        .arrives(Arrival::get("{first}/between"))
        .ends(Outcome::Fails(
            RedirectFailure::Insecure,
            "a redirect from https to {plain} is refused",
        )),
    ];
    for status in [301, 302, 303, 307, 308] {
        all.push(
            Situation::of(
                format!("https does not lead to http by {status}"),
                "POST",
                "{first}/from",
            )
            .with_body(Sent::Text("body"))
            .answers("/from", status, "{plain}/to?sig=s3cret")
            .arrives(Arrival::of("POST", "{first}/from").with_body("body"))
            .ends(Outcome::Fails(
                RedirectFailure::Insecure,
                "a redirect from https to {plain} is refused",
            )),
        );
    }
    all
}
