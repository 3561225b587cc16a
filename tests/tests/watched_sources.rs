//! Files that change under a running client: the request after the change is judged by them, and
//! whatever is broken loses none.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bonafide::verify::events::{Event, Horizons, ReloadFailed};
use bonafide::verify::identity::IdentityHandle;
use bonafide::verify::revocation::{Crls, Revocation};
use bonafide::verify::watch::{Watched, Watching};
use bonafide::verify::{
    Anchors, ClientIdentity, Code, CustomCa, PinSet, Policy, PolicyBuilder, Zone,
};
use bonafide::{Client, Error};
use bonafide_testkit::{Alpn, ClientAuth, CrlRecipe, Identity, Recipe, TestCa, TestServer};
use tempfile::TempDir;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;

const BOUND: Duration = Duration::from_secs(60);

/// A folder of files, and what is reported about the policy that is made of them.
struct Stage {
    folder: TempDir,
    sender: Sender<Event>,
    events: Receiver<Event>,
}

impl Stage {
    fn new() -> Self {
        let (sender, events) = channel(10_000);
        Self {
            folder: tempfile::tempdir().unwrap(),
            sender,
            events,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }

    fn builder(&self) -> PolicyBuilder {
        Policy::builder()
            .forecast(Horizons::off())
            .events(self.sender.clone())
    }

    async fn event(&mut self) -> Event {
        let event = tokio::time::timeout(BOUND, self.events.recv()).await;
        event.unwrap().unwrap()
    }

    /// Waits until another policy is in force, whatever failed before.
    async fn replaced(&mut self) {
        loop {
            match self.event().await {
                Event::PolicyReplaced(_) => return,
                Event::ReloadFailed(_) | Event::ReloadRecovered(_) => {}
                other => panic!("{other}"),
            }
        }
    }

    async fn failed(&mut self) -> ReloadFailed {
        match self.event().await {
            Event::ReloadFailed(failed) => failed,
            other => panic!("{other}"),
        }
    }
}

fn brisk() -> Watching {
    Watching::default().quiet(Duration::from_millis(20))
}

fn client(watched: &Watched) -> Client {
    let policy = watched.handle().clone();
    Client::builder().policy(policy).build().unwrap()
}

fn here(ca: &TestCa) -> Identity {
    ca.issue(Recipe::for_host("localhost"))
}

async fn get(client: &Client, server: &TestServer) -> Result<String, Error> {
    client.get(server.url("/")).send().await?.text().await
}

/// The authority of a file, with a warm pool and tickets, is another one.
#[tokio::test]
async fn a_changed_authority_judges_the_next_request() {
    for kind in ["file", "directory"] {
        let mut stage = Stage::new();
        let (old, new) = (TestCa::new(), TestCa::new());
        fs::create_dir(stage.path("cas")).unwrap();
        let path = stage.write("cas/ca.pem", old.pem());
        let ca = match kind {
            "file" => CustomCa::file(&path),
            _ => CustomCa::directory(stage.path("cas")),
        };
        let builder = stage.builder().anchors(Anchors::only(ca));
        let watched = brisk().start(move || builder.clone().build()).unwrap();
        let client = client(&watched);
        let server = TestServer::http2(here(&old)).await;
        get(&client, &server).await.unwrap();
        get(&client, &server).await.unwrap();
        assert_eq!(server.tcp_connections(), 1, "{kind}: the pool is warm");
        fs::write(&path, new.pem()).unwrap();
        stage.replaced().await;
        let refused = get(&client, &server).await.unwrap_err();
        assert_eq!(refused.code(), Some(Code::UnknownIssuer), "{kind}");
        assert_eq!(server.resumed_handshakes(), 0, "{kind}");
        server.wait_for(|_| server.open_connections() == 0).await;
    }
}

#[tokio::test]
async fn a_certificate_that_is_revoked_in_a_file_is_refused_in_the_next_request() {
    let mut stage = Stage::new();
    let ca = TestCa::new();
    let identity = here(&ca);
    let list = stage.write("list.crl", ca.crl_pem(CrlRecipe::new()));
    let builder = stage
        .builder()
        .anchors(Anchors::only(ca.certificate().clone()));
    let recipe = move || {
        let revocation = Revocation::builder().crls(Crls::file(&list)).build()?;
        builder.clone().check(revocation).build()
    };
    let watched = brisk().start(recipe).unwrap();
    let client = client(&watched);
    let server = TestServer::http1(identity.clone()).await;
    get(&client, &server).await.unwrap();
    let revoking = CrlRecipe::new().revoke(&identity).number(2);
    stage.write("list.crl", ca.crl_pem(revoking));
    stage.replaced().await;
    let refused = get(&client, &server).await.unwrap_err();
    assert_eq!(refused.code(), Some(Code::Revoked));
    assert_eq!(server.request_count(), 1);
}

#[tokio::test]
async fn a_changed_pin_file_judges_the_next_request_and_a_cut_one_none() {
    let mut stage = Stage::new();
    let ca = TestCa::new();
    let identity = here(&ca);
    let pinned = |pin: &str| {
        format!(
            r#"{{ "version": 1, "count": 1, "hosts": [ {{ "host": "localhost", "backup": "waived", "expires": "never",
            "pins": [ {{ "role": "any", "pin": "{pin}" }} ] }} ] }}"#
        )
    };
    let path = stage.write("pins.json", pinned(&identity.spki_pin()));
    let builder = stage
        .builder()
        .anchors(Anchors::only(ca.certificate().clone()));
    let recipe = move || -> Result<Policy, Box<dyn std::error::Error + Send + Sync>> {
        Ok(builder.clone().pin_set(PinSet::from_file(&path)?).build()?)
    };
    let watched = brisk().start(recipe).unwrap();
    let client = client(&watched);
    let server = TestServer::http2(identity).await;
    get(&client, &server).await.unwrap();
    let other = pinned(&TestCa::new().spki_pin());
    let path = stage.write("pins.json", &other[..other.len() - 9]);
    let failed = stage.failed().await;
    assert!(failed.error.starts_with("the recipe failed: "), "{failed}");
    assert_eq!(failed.changed, [path]);
    get(&client, &server).await.unwrap();
    stage.write("pins.json", other);
    stage.replaced().await;
    let refused = get(&client, &server).await.unwrap_err();
    assert_eq!(refused.code(), Some(Code::PinMismatch));
}

/// The subject that the last request was made with.
fn shown(server: &TestServer) -> Option<String> {
    let requests = server.requests();
    requests
        .last()
        .and_then(|request| request.peer_identity.as_ref())
        .map(|identity| format!("{identity:?}"))
}

#[tokio::test]
async fn a_client_pair_in_files_is_shown_by_the_next_request() {
    let mut stage = Stage::new();
    let (ca, clients) = (TestCa::new(), TestCa::new());
    let pair = |name: &str| clients.issue(Recipe::for_host(name).client());
    let server = TestServer::builder(here(&ca))
        .alpn(Alpn::Http1)
        .client_auth(ClientAuth::Required(clients.certificate().clone()))
        .start()
        .await;
    let first = pair("first");
    let chain = stage.write("tls.crt", first.chain_pem());
    let key = stage.write("tls.key", first.key_pem());
    let builder = stage
        .builder()
        .anchors(Anchors::only(ca.certificate().clone()));
    let recipe = move || {
        let identity = ClientIdentity::from_pem_files(&chain, &key)?;
        builder.clone().identity(identity).build()
    };
    // What the pair was read from is known without being named.
    let watched = brisk().start(recipe).unwrap();
    let client = client(&watched);
    get(&client, &server).await.unwrap();
    let before = shown(&server);
    let second = pair("second");
    stage.write("tls.key", second.key_pem());
    let failed = stage.failed().await;
    assert_eq!(
        failed.error,
        "the private key does not match the client certificate"
    );
    get(&client, &server).await.unwrap();
    assert_eq!(shown(&server), before, "the last good pair stays");
    stage.write("tls.crt", second.chain_pem());
    stage.replaced().await;
    get(&client, &server).await.unwrap();
    assert_ne!(shown(&server), before);
}

#[tokio::test]
async fn a_storm_of_broken_files_loses_no_request() {
    let mut stage = Stage::new();
    let (old, new) = (TestCa::new(), TestCa::new());
    let path = stage.write("ca.pem", old.pem());
    let anchors = Anchors::only(CustomCa::file(&path));
    let builder = stage.builder().anchors(anchors);
    let watched = brisk().start(move || builder.clone().build()).unwrap();
    let epoch = watched.handle().epoch();
    let client = client(&watched);
    let server = TestServer::http2(here(&old)).await;
    let pem = new.pem();
    let broken = [
        String::new(),
        "no such thing".to_owned(),
        pem[..4].to_owned(),
        pem[..30].to_owned(),
        pem[..pem.len() / 2].to_owned(),
        pem[..pem.trim_end().len() - 1].to_owned(),
    ];
    for text in broken {
        fs::write(&path, &text).unwrap();
        let failed = stage.failed().await;
        assert!(
            failed
                .error
                .starts_with("no trust anchor could be loaded: "),
            "{failed}"
        );
        get(&client, &server).await.unwrap();
        assert_eq!(watched.handle().epoch(), epoch);
    }
    assert_eq!(server.tcp_connections(), 1, "not even a connection");
    fs::write(&path, &pem).unwrap();
    stage.replaced().await;
    let refused = get(&client, &server).await.unwrap_err();
    assert_eq!(refused.code(), Some(Code::UnknownIssuer));
}

/// Mounts a set of files as kubelet does: a new directory, and one link that is swapped.
#[cfg(unix)]
struct Mount {
    at: PathBuf,
    version: usize,
}

#[cfg(unix)]
impl Mount {
    fn new(at: PathBuf, files: &[(&str, String)]) -> Self {
        fs::create_dir(&at).unwrap();
        let mut mount = Self { at, version: 0 };
        mount.swap(files);
        for (name, _) in files {
            let target = Path::new("..data").join(name);
            std::os::unix::fs::symlink(target, mount.at.join(name)).unwrap();
        }
        mount
    }

    fn swap(&mut self, files: &[(&str, String)]) {
        self.version += 1;
        let version = format!("..2026_11_24_{}", self.version);
        fs::create_dir(self.at.join(&version)).unwrap();
        for (name, text) in files {
            fs::write(self.at.join(&version).join(name), text).unwrap();
        }
        let (new, data) = (self.at.join("..data_tmp"), self.at.join("..data"));
        let before = fs::read_link(&data).ok();
        std::os::unix::fs::symlink(&version, &new).unwrap();
        fs::rename(new, data).unwrap();
        if let Some(before) = before {
            fs::remove_dir_all(self.at.join(before)).unwrap();
        }
    }
}

/// Requests without a pause until they are stopped; any failure fails.
struct Requests {
    stop: Arc<AtomicBool>,
    done: Arc<AtomicUsize>,
    tasks: Vec<JoinHandle<()>>,
}

impl Requests {
    fn start(client: &Client, urls: &[String]) -> Self {
        let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::default());
        let tasks = urls.iter().map(|url| {
            let (client, url) = (client.clone(), url.clone());
            let (stop, done) = (Arc::clone(&stop), Arc::clone(&done));
            tokio::spawn(async move {
                while !stop.load(Ordering::SeqCst) {
                    let response = client.get(&url).send().await.unwrap();
                    response.text().await.unwrap();
                    AtomicUsize::fetch_add(&done, 1, Ordering::SeqCst);
                }
            })
        });
        Self {
            tasks: tasks.collect(),
            stop,
            done,
        }
    }

    /// Waits until more have been made: those that began before are done.
    async fn go_on(&self) {
        let enough = self.done.load(Ordering::SeqCst) + 4 * self.tasks.len();
        let more = async {
            while self.done.load(Ordering::SeqCst) < enough {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(BOUND, more).await.unwrap();
    }

    /// How many there have been, none of which failed.
    async fn stop(self) -> usize {
        self.stop.store(true, Ordering::SeqCst);
        for task in self.tasks {
            task.await.unwrap();
        }
        self.done.load(Ordering::SeqCst)
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mounted_authority_is_swapped_while_requests_run_and_none_fails() {
    let mut stage = Stage::new();
    let mut current = TestCa::new();
    let mut mount = Mount::new(stage.path("ca"), &[("ca.pem", current.pem())]);
    let anchors = Anchors::only(CustomCa::file(stage.path("ca/ca.pem")));
    let builder = stage.builder().anchors(anchors);
    let watched = brisk().start(move || builder.clone().build()).unwrap();
    let client = client(&watched);
    let server = TestServer::http2(here(&current)).await;
    let requests = Requests::start(&client, &vec![server.url("/"); 8]);
    for _ in 0..15 {
        let next = TestCa::new();
        // Both are trusted, then the server moves, then the old one is trusted no more.
        mount.swap(&[("ca.pem", current.pem() + &next.pem())]);
        stage.replaced().await;
        requests.go_on().await;
        server.set_identity(&here(&next));
        mount.swap(&[("ca.pem", next.pem())]);
        stage.replaced().await;
        requests.go_on().await;
        current = next;
    }
    assert!(requests.stop().await > 30, "requests ran meanwhile");
    let stranger = TestServer::http2(here(&TestCa::new())).await;
    let refused = get(&client, &stranger).await.unwrap_err();
    assert_eq!(refused.code(), Some(Code::UnknownIssuer));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mounted_client_pair_is_swapped_while_requests_run_and_other_zones_keep_their_connections()
 {
    let stage = Stage::new();
    let (ca, clients) = (TestCa::new(), TestCa::new());
    let pair = |number: usize| {
        let identity = clients.issue(Recipe::for_host(format!("client-{number}")).client());
        [
            ("tls.crt", identity.chain_pem()),
            ("tls.key", identity.key_pem()),
        ]
    };
    let mut mount = Mount::new(stage.path("pair"), &pair(0));
    let (chain, key) = (stage.path("pair/tls.crt"), stage.path("pair/tls.key"));
    let identity = IdentityHandle::new(ClientIdentity::from_pem_files(&chain, &key).unwrap());
    let watched = brisk()
        .events(stage.sender.clone())
        .start_identity(&identity, &chain, &key)
        .unwrap();
    let policy = Policy::builder()
        .anchors(Anchors::only(ca.certificate().clone()))
        .zone(Zone::for_host("localhost").identity(&identity))
        .build()
        .unwrap();
    let client = Client::builder().policy(policy).build().unwrap();
    let server = TestServer::builder(here(&ca))
        .alpn(Alpn::Http2)
        .client_auth(ClientAuth::Required(clients.certificate().clone()))
        .start()
        .await;
    let other = TestServer::http2(ca.issue(Recipe::for_host("127.0.0.1"))).await;
    let elsewhere = other.url_for("127.0.0.1", "/");
    let mut urls = vec![server.url("/"); 7];
    urls.push(elsewhere);
    let requests = Requests::start(&client, &urls);
    for number in 1..=30 {
        requests.go_on().await;
        let before = identity.credential().generation();
        mount.swap(&pair(number));
        let rotated = async {
            while identity.credential().generation() == before {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(BOUND, rotated).await.unwrap();
    }
    assert!(requests.stop().await > 30, "requests ran meanwhile");
    assert!(watched.status().failure.is_none());
    assert_eq!(other.tcp_connections(), 1, "the other zone keeps its own");
    assert!(server.tcp_connections() > 1);
    assert_eq!(server.handshake_failures(), Vec::<String>::new());
}
