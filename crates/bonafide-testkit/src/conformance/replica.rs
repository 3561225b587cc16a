//! All sites.

use super::site::Site;
use super::sites;
use crate::certificate::TestCa;

/// The sites of badssl.com that a client can judge, rebuilt, with more of their kind and
/// a selection of x509-limbo as live servers.
///
/// A site listens once it is [opened](Site::open). Most are below one root; a few need a
/// root of their own, which [`Target::root`](super::Target::root) says.
///
/// ```
/// use bonafide_testkit::conformance::{Replica, Verdict};
///
/// let replica = Replica::new();
/// let (good, bad): (Vec<_>, Vec<_>) = replica
///     .sites()
///     .iter()
///     .partition(|site| site.verdict == Verdict::Accept);
/// assert!(good.len() > 10 && bad.len() > 60);
/// ```
#[derive(Clone, Debug)]
pub struct Replica {
    sites: Vec<Site>,
}

impl Replica {
    /// Issues everything under a new root. With RSA keys of 2048 and 4096 bits among it,
    /// that takes a second or a few.
    #[expect(
        clippy::new_without_default,
        reason = "every replica is another one, which a default value does not suggest"
    )]
    pub fn new() -> Self {
        let root = TestCa::named("bonafide test badssl root");
        Self {
            sites: sites::all(&root),
        }
    }

    /// All sites: those to accept first within each family.
    pub fn sites(&self) -> &[Site] {
        &self.sites
    }

    /// The site of this name.
    ///
    /// # Panics
    /// If there is none.
    pub fn site(&self, name: &str) -> &Site {
        self.sites
            .iter()
            .find(|site| site.name == name)
            .unwrap_or_else(|| panic!("the replica has no site {name:?}"))
    }
}
