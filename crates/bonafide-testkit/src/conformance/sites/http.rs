//! HTTP: what becomes of a request that began safely, or did not.

use http::StatusCode;

use super::good;
use crate::certificate::{Recipe, TestCa};
use crate::conformance::family::{Family, Needs, Verdict};
use crate::conformance::scene::{Destination, Scene};
use crate::conformance::site::Site;

pub(super) fn sites(root: &TestCa, issuing: &TestCa) -> Vec<Site> {
    const MIXED: &str = "the request and what it carries go on in the clear";
    let safe = issuing.issue(good());
    let redirect = |status, to| Scene::Redirect {
        safe: safe.clone(),
        status,
        to,
    };
    let site = |name, verdict, scene, why| Site::new(name, Family::Http, verdict, root, scene, why);
    vec![
        site(
            "upgrade",
            Verdict::Accept,
            Scene::Upgrade(safe.clone()),
            "http:// that redirects to https://, for a client that may begin so",
        )
        .needing(Needs::PlainHttp),
        site(
            "http",
            Verdict::Reject,
            Scene::Plain,
            "anyone on the network path can read and change what is sent",
        )
        .needing(Needs::PlainHttp),
        site(
            "hsts",
            Verdict::Reject,
            Scene::Hsts(safe.clone()),
            "the host's Strict-Transport-Security header forbids http:// from then on",
        )
        .needing(Needs::PlainHttp),
        site(
            "mixed-redirect-302",
            Verdict::Reject,
            redirect(StatusCode::FOUND, Destination::Plain),
            MIXED,
        ),
        site(
            "mixed-redirect-308",
            Verdict::Reject,
            redirect(StatusCode::PERMANENT_REDIRECT, Destination::Plain),
            MIXED,
        ),
        site(
            "mixed-redirect-second-hop",
            Verdict::Reject,
            redirect(
                StatusCode::FOUND,
                Destination::PlainByWayOf(issuing.issue(good())),
            ),
            MIXED,
        ),
        site(
            "redirect-to-expired",
            Verdict::Reject,
            redirect(
                StatusCode::FOUND,
                Destination::Tls(issuing.issue(good().expired())),
            ),
            "a redirect from a good server does not make the second server trusted",
        ),
        site(
            "redirect-to-wrong.host",
            Verdict::Reject,
            redirect(
                StatusCode::FOUND,
                Destination::Tls(issuing.issue(Recipe::for_host("wrong.host.badssl.test"))),
            ),
            "a redirect from a good server does not make the second server trusted",
        ),
    ]
}
