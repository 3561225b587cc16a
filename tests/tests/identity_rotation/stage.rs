//! A server that wants to know its clients, an authority that issues for them, and what was shown.

use std::time::Duration;

use bonafide::verify::identity::IdentitySource;
use bonafide::verify::{Anchors, ClientIdentity, Policy, PolicyBuilder};
use bonafide::{Client, Error};
use bonafide_testkit::server::TestServerBuilder;
use bonafide_testkit::{Alpn, ClientAuth, Identity, Recipe, TestCa, TestServer};
use rustls::SupportedProtocolVersion;

/// The protocols and versions that everything holds for.
pub(crate) const WAYS: [Way; 4] = [
    (Alpn::Http1, &[&rustls::version::TLS12]),
    (Alpn::Http1, &[&rustls::version::TLS13]),
    (Alpn::Http2, &[&rustls::version::TLS12]),
    (Alpn::Http2, &[&rustls::version::TLS13]),
];

pub(crate) type Way = (Alpn, &'static [&'static SupportedProtocolVersion]);

/// The authorities of servers and of clients.
pub(crate) struct Stage {
    pub(crate) ca: TestCa,
    pub(crate) clients: TestCa,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self {
            ca: TestCa::new(),
            clients: TestCa::new(),
        }
    }

    /// A client's certificate.
    pub(crate) fn issue(&self, name: &str) -> Identity {
        self.clients
            .issue(Recipe::for_host(name).common_name(name).client())
    }

    /// A server that demands one.
    pub(crate) fn demanding(&self, (alpn, versions): Way) -> TestServerBuilder {
        let names = ["localhost", "a.test", "b.test"];
        TestServer::builder(self.ca.issue(Recipe::for_hosts(names)))
            .alpn(alpn)
            .tls_versions(versions)
            .client_auth(ClientAuth::Required(self.clients.certificate().clone()))
    }

    pub(crate) fn policy(&self) -> PolicyBuilder {
        Policy::builder().anchors(Anchors::only(self.ca.certificate().clone()))
    }

    /// A client whose default zone has this identity.
    pub(crate) fn client(&self, identity: impl Into<IdentitySource>) -> Client {
        Client::builder()
            .policy(self.policy().identity(identity).build().unwrap())
            .http2_ping_interval(None)
            .build()
            .unwrap()
    }
}

/// The same as bonafide takes it.
pub(crate) fn ours(identity: &Identity) -> ClientIdentity {
    ClientIdentity::from_pem(identity.chain_pem(), identity.key_pem()).unwrap()
}

pub(crate) async fn get(client: &Client, server: &TestServer) -> Result<String, Error> {
    get_url(client, server.url("/")).await
}

pub(crate) async fn get_url(client: &Client, url: String) -> Result<String, Error> {
    client.get(url).send().await?.text().await
}

/// Which of `identities` each request came with, by number.
pub(crate) fn shown(server: &TestServer, identities: &[&Identity]) -> Vec<usize> {
    server
        .requests()
        .iter()
        .map(|request| {
            let leaf = request.peer_identity.as_ref().unwrap();
            identities
                .iter()
                .position(|identity| identity.leaf() == leaf)
                .unwrap()
        })
        .collect()
}

/// Waits until the server has `count` connections left.
pub(crate) async fn left_open(server: &TestServer, count: usize) {
    let closing = server.wait_for(|stats| stats.open_connections == count);
    if tokio::time::timeout(Duration::from_secs(10), closing)
        .await
        .is_err()
    {
        panic!("the old connections stay open: {:?}", server.stats());
    }
}
