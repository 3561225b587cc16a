//! Roots that were once installed on many machines and whose keys are public, and others
//! that stand for an interception: here they are no anchors, so they are strangers.

use super::{Showing, good};
use crate::certificate::{Identity, Recipe, TestCa};
use crate::conformance::family::Family;
use crate::conformance::site::Site;

const PUBLIC_KEY: &str = "the key of this root is public: anyone can issue below it";
const INTERCEPTION: &str = "a device on the network path has issued it, and reads the traffic";

pub(super) fn sites(root: &TestCa) -> Vec<Site> {
    let case = Showing {
        root,
        family: Family::KnownBad,
    };
    let below = |name: &str| {
        let stranger = TestCa::named(name);
        let root = stranger.certificate().clone();
        stranger.issue(good()).with_extra(root)
    };
    let developer = |name: &str| Identity::self_signed(good().common_name(name));
    vec![
        case.reject("superfish", below("Superfish, Inc."), PUBLIC_KEY),
        case.reject("edellroot", below("eDellRoot"), PUBLIC_KEY),
        case.reject("dsdtestprovider", below("DSDTestProvider"), PUBLIC_KEY),
        case.reject("preact-cli", developer("preact-cli"), PUBLIC_KEY),
        case.reject(
            "webpack-dev-server",
            developer("webpack-dev-server"),
            PUBLIC_KEY,
        ),
        case.reject("mitm-software", below("MITM Software Root"), INTERCEPTION),
        case.reject(
            "known-interception",
            below("Known Interception Root"),
            INTERCEPTION,
        ),
        case.reject(
            "blocked-interception",
            below("Blocked Interception Root"),
            INTERCEPTION,
        ),
        case.reject(
            "captive-portal",
            root.issue(Recipe::for_host("portal.badssl.test")),
            "a portal answers in place of the host",
        ),
    ]
}
