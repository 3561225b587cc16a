//! Forms of `Location`.

use crate::redirects::situation::{Arrival, Outcome, RedirectFailure, Situation};

/// A `Location` in the response to `{first}/a/from?q`, and where it leads.
const USABLE: [(&[u8], &str); 19] = [
    (b"to", "{first}/a/to"),
    (b"/to", "{first}/to"),
    (b"../to", "{first}/to"),
    (b"/b/../to", "{first}/to"),
    (b"?r", "{first}/a/from?r"),
    (b" /to ", "{first}/to"),
    (b"/%74%6f", "{first}/%74%6f"),
    (b"/to#fragment", "{first}/to"),
    (b"{first}/to", "{first}/to"),
    (b"{first}", "{first}/"),
    (b"HTTPS://{authority}/to", "{first}/to"),
    (b"https:/to", "{first}/to"),
    (b"//{authority}/to", "{first}/to"),
    (b"///{authority}/to", "{first}/to"),
    (b"////{authority}/to", "{first}/to"),
    (b"\\\\{authority}\\to", "{first}/to"),
    (b"/\xe9", "{first}/%E9"),
    (b"/\xc3\xbc?\xe9", "{first}/%C3%BC?%E9"),
    (b"//us@{authority}/to", "{first}/to"),
];

/// A `Location` that leads nowhere, and the words for it.
const UNUSABLE: [(&[u8], &str); 7] = [
    (
        b"https://",
        "the Location \"https://\" is not a usable URL: empty host",
    ),
    (
        b"https://us:s3cret@h:99999/?sig=s3cret#s3cret",
        "the Location \"REDACTED@h:99999/?sig=REDACTED\" is not a usable URL: invalid port number",
    ),
    (
        b"//a b/",
        "the Location \"//a b/\" is not a usable URL: invalid international domain name",
    ),
    (
        b"https://\xe9/",
        "the Location \"https://\\xe9/\" is not a usable URL: invalid international domain name",
    ),
    (
        b"ftp://us:s3cret@h/s3cret",
        "the scheme of the Location is \"ftp\", not https",
    ),
    (
        b"us:s3cret@h",
        "the Location is neither an https nor an http URL",
    ),
    (
        b"data:s3cret",
        "the Location is neither an https nor an http URL",
    ),
];

pub(super) fn situations() -> Vec<Situation> {
    let redirected = |name: String, locations: &[&[u8]]| {
        Situation::of(name, "GET", "{first}/a/from?q")
            .answers_with("/a/from", 302, locations)
            .arrives(Arrival::get("{first}/a/from?q"))
    };
    let mut all = Vec::new();
    for (location, url) in USABLE {
        let name = format!("Location: {}", location.escape_ascii());
        // `?r` leads to the path that redirects.
        let situation = if url.contains("/from") {
            redirected(name, &[location])
                .limited(1)
                .arrives(Arrival::get(url))
                .ends(Outcome::Fails(
                    RedirectFailure::TooMany,
                    "more than 1 redirects, the next one to {first}",
                ))
        } else {
            redirected(name, &[location]).arrives(Arrival::get(url))
        };
        all.push(situation);
    }
    for (location, words) in UNUSABLE {
        let name = format!("Location: {}", location.escape_ascii());
        all.push(
            redirected(name, &[location]).ends(Outcome::Fails(RedirectFailure::Location, words)),
        );
    }
    let nowhere: [(&str, &[&[u8]]); 4] = [
        ("no Location", &[]),
        ("an empty Location", &[b""]),
        ("a Location of spaces", &[b"  "]),
        ("two empty Locations", &[b"", b""]),
    ];
    for (name, locations) in nowhere {
        let name = format!("{name} makes the redirect the response");
        all.push(redirected(name, locations).ends(Outcome::Response(302)));
    }
    all.push(
        redirected("Locations that agree".to_owned(), &[b"/to", b"/to"])
            .arrives(Arrival::get("{first}/to")),
    );
    let differ: [&[&[u8]]; 3] = [&[b"/to", b"/a"], &[b"", b"/to"], &[b"/to", b"/to", b"/to#"]];
    for locations in differ {
        all.push(
            redirected("Locations that differ".to_owned(), locations).ends(Outcome::Fails(
                RedirectFailure::Location,
                "the redirect has several different Location headers",
            )),
        );
    }
    all
}
