//! A folder with files, a policy that follows them, and what is told meanwhile.

use std::fs;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use bonafide_testkit::{Identity, Recipe, TestCa};
use bonafide_verify::events::{Event, Horizons, ReloadFailed};
use bonafide_verify::pki_types::ServerName;
use bonafide_verify::watch::{Watched, Watching};
use bonafide_verify::{Anchors, Code, CustomCa, Peer, Policy, PolicyBuilder, PolicyHandle};
use tempfile::TempDir;

pub(crate) const HOST: &str = "api.test";
pub(crate) const BOUND: Duration = Duration::from_secs(60);

/// A folder with files, and the events of the policy that is made of them.
pub(crate) struct Stage {
    folder: TempDir,
    pub(crate) sender: SyncSender<Event>,
    pub(crate) events: Receiver<Event>,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let (sender, events) = sync_channel(10_000);
        Self {
            folder: tempfile::tempdir().unwrap(),
            sender,
            events,
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn builder(&self) -> PolicyBuilder {
        Policy::builder()
            .forecast(Horizons::off())
            .events(self.sender.clone())
    }

    /// Follows one CA file.
    pub(crate) fn follow_file(&self, path: PathBuf, options: Watching) -> Watched {
        let builder = self.builder();
        let recipe = move || {
            let anchors = Anchors::only(CustomCa::file(&path));
            builder.clone().anchors(anchors).build()
        };
        options.start(recipe).unwrap()
    }

    pub(crate) fn event(&self) -> Event {
        self.events.recv_timeout(BOUND).unwrap()
    }

    /// Waits until another policy is in force; nothing fails meanwhile.
    pub(crate) fn replaced(&self) {
        match self.event() {
            Event::PolicyReplaced(_) => {}
            other => panic!("{other}"),
        }
    }

    pub(crate) fn failed(&self) -> ReloadFailed {
        match self.event() {
            Event::ReloadFailed(failed) => failed,
            other => panic!("{other}"),
        }
    }

    /// Waits until another policy is in force after failures, whatever is told of these.
    pub(crate) fn replaced_after_failures(&self) {
        let failures = self
            .events
            .iter()
            .find(|event| !matches!(event, Event::ReloadFailed(_)));
        match failures {
            Some(Event::PolicyReplaced(_)) => {}
            other => panic!("{other:?}"),
        }
        match self.event() {
            Event::ReloadRecovered(_) => {}
            other => panic!("{other}"),
        }
    }
}

pub(crate) fn brisk() -> Watching {
    Watching::default().quiet(Duration::from_millis(20))
}

pub(crate) fn server(ca: &TestCa) -> Identity {
    ca.issue(Recipe::for_host(HOST))
}

pub(crate) fn verdict(policy: &PolicyHandle, server: &Identity) -> Result<(), Code> {
    let name = ServerName::try_from(HOST).unwrap();
    let policy = policy.current();
    let peer = Peer::new(server.chain(), &name);
    policy
        .verify(&peer)
        .map(drop)
        .map_err(|refusal| refusal.code())
}

pub(crate) fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let end = Instant::now() + BOUND;
    while !condition() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}
