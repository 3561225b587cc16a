//! How many redirects are followed.

use crate::redirects::situation::{Arrival, Outcome, RedirectFailure, Situation};

/// `length` redirects, from `/0` on; of these requests, `arriving` arrive.
fn chain(name: &str, length: usize, arriving: usize) -> Situation {
    let mut situation = Situation::of(name, "GET", "{first}/0");
    for number in 0..length {
        let next = format!("/{}", number + 1);
        // Two statuses in turn, so that the history has both.
        let status = if number % 2 == 0 { 302 } else { 308 };
        situation = situation.answers(&format!("/{number}"), status, next);
    }
    for number in 0..arriving {
        situation = situation.arrives(Arrival::get(format!("{{first}}/{number}")));
    }
    situation
}

fn too_many(words: &'static str) -> Outcome {
    Outcome::Fails(RedirectFailure::TooMany, words)
}

pub(super) fn situations() -> Vec<Situation> {
    vec![
        chain("10 redirects are followed by default", 10, 11),
        chain("an 11th redirect is an error by default", 11, 11)
            .ends(too_many("more than 10 redirects, the next one to {first}")),
        chain("a limit of 1 allows 1", 1, 2).limited(1),
        chain("a limit of 1 does not allow 2", 2, 2)
            .limited(1)
            .ends(too_many("more than 1 redirects, the next one to {first}")),
        chain("a limit of 12 allows 12", 12, 13).limited(12),
        chain("a limit of 0 makes the redirect the response", 1, 1)
            .limited(0)
            .ends(Outcome::Response(302)),
        Situation::of(
            "a limit of 0 makes a redirect to http the response",
            "GET",
            "{first}/from",
        )
        .limited(0)
        .answers("/from", 301, "{plain}/to")
        .arrives(Arrival::get("{first}/from"))
        .ends(Outcome::Response(301)),
        Situation::of("a circle ends at the limit", "GET", "{first}/from")
            .limited(3)
            .answers("/from", 302, "{second}/back")
            .answers("/back", 302, "{first}/from")
            .arrives(Arrival::get("{first}/from"))
            .arrives(Arrival::get("{second}/back"))
            .arrives(Arrival::get("{first}/from"))
            .arrives(Arrival::get("{second}/back"))
            .ends(too_many("more than 3 redirects, the next one to {first}")),
        chain(
            "at the limit, a Location that leads nowhere is the error",
            1,
            2,
        )
        .limited(1)
        .answers("/1", 302, "ftp://h/")
        .ends(Outcome::Fails(
            RedirectFailure::Location,
            "the scheme of the Location is \"ftp\", not https",
        )),
        chain(
            "at the limit, a redirect without Location is the response",
            1,
            2,
        )
        .limited(1)
        .answers_with("/1", 302, &[])
        .ends(Outcome::Response(302)),
    ]
}
