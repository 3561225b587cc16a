//! One site of the replica.

use super::family::{Family, Needs, Verdict};
use super::scene::{Scene, TlsScene};
use crate::certificate::{Identity, TestCa};
use crate::weak::Weakness;

/// A server of the [`Replica`](super::Replica) before it listens: what it is called, what
/// a client must do with it, and why.
///
/// ```
/// use bonafide_testkit::conformance::{Replica, Verdict};
///
/// let replica = Replica::new();
/// let site = replica.site("wrong.host");
/// assert_eq!(site.verdict, Verdict::Reject);
/// println!("{}: {}", site.name, site.why);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Site {
    /// Its name, as on badssl.com or in x509-limbo.
    pub name: &'static str,
    /// What it is about.
    pub family: Family,
    /// What a client must do with it.
    pub verdict: Verdict,
    /// The settings that a client needs for that verdict.
    pub needs: Needs,
    /// What is special about it; for one to reject, what can happen to a client that does
    /// not.
    pub why: &'static str,
    pub(super) root: TestCa,
    pub(super) scene: Scene,
    pub(super) settings: ClientSettings,
}

/// The settings of a client beyond a root and a URL.
#[derive(Clone, Debug, Default)]
pub(super) struct ClientSettings {
    pub(super) pin: Option<String>,
    pub(super) crls_pem: Option<String>,
    pub(super) log_list: Option<String>,
    pub(super) identity: Option<Identity>,
}

impl Site {
    pub(super) fn new(
        name: &'static str,
        family: Family,
        verdict: Verdict,
        root: &TestCa,
        scene: Scene,
        why: &'static str,
    ) -> Self {
        Self {
            name,
            family,
            verdict,
            needs: Needs::Nothing,
            why,
            root: root.clone(),
            scene,
            settings: ClientSettings::default(),
        }
    }

    /// A server that shows this identity in TLS 1.2 and 1.3.
    pub(super) fn showing(
        name: &'static str,
        family: Family,
        verdict: Verdict,
        root: &TestCa,
        identity: Identity,
        why: &'static str,
    ) -> Self {
        let scene = Scene::Tls(TlsScene {
            identity,
            versions: rustls::ALL_VERSIONS.to_vec(),
            clients: None,
        });
        Self::new(name, family, verdict, root, scene, why)
    }

    pub(super) fn weak(
        name: &'static str,
        family: Family,
        root: &TestCa,
        weakness: Weakness,
        identity: &Identity,
    ) -> Self {
        let identity = identity.clone();
        let scene = Scene::Weak { weakness, identity };
        Self::new(name, family, Verdict::Reject, root, scene, weakness.why())
    }

    pub(super) fn demanding_clients_of(mut self, clients: &TestCa) -> Self {
        self.family = Family::ClientCertificate;
        if let Scene::Tls(scene) = &mut self.scene {
            scene.clients = Some(clients.clone());
        }
        self
    }

    pub(super) fn with_settings(mut self, needs: Needs, settings: ClientSettings) -> Self {
        self.settings = settings;
        self.needing(needs)
    }

    pub(super) fn needing(mut self, needs: Needs) -> Self {
        self.needs = needs;
        self
    }
}
