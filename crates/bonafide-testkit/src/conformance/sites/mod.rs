//! The sites, a family a file.

mod certificates;
mod http;
mod known_bad;
mod limbo;
mod names;
mod protocols;
mod settings;

use super::family::{Family, Verdict};
use super::site::Site;
use crate::certificate::{Identity, Recipe, TestCa};

/// The sites that every client has to accept before its refusals say anything.
pub(super) const CONTROLS: [&str; 4] = ["sha256", "ecc256", "rsa2048", "tls-v1-2"];

pub(super) fn all(root: &TestCa) -> Vec<Site> {
    let issuing = root.intermediate("bonafide test badssl issuing CA");
    let mut sites = certificates::accepted(root, &issuing);
    sites.extend(certificates::rejected(root, &issuing));
    sites.extend(settings::sites(root, &issuing));
    sites.extend(known_bad::sites(root));
    sites.extend(names::sites(root, &issuing));
    sites.extend(limbo::accepted(root));
    sites.extend(limbo::rejected(root));
    sites.extend(protocols::sites(root, &issuing));
    sites.extend(http::sites(root, &issuing));
    sites
}

fn good() -> Recipe {
    Recipe::for_hosts(["localhost", "127.0.0.1"])
}

/// Makes sites of one family that show an identity.
#[derive(Clone, Copy, Debug)]
struct Showing<'a> {
    root: &'a TestCa,
    family: Family,
}

impl Showing<'_> {
    fn accept(self, name: &'static str, identity: Identity, why: &'static str) -> Site {
        Site::showing(name, self.family, Verdict::Accept, self.root, identity, why)
    }

    fn reject(self, name: &'static str, identity: Identity, why: &'static str) -> Site {
        Site::showing(name, self.family, Verdict::Reject, self.root, identity, why)
    }
}
