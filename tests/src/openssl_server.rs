//! `openssl s_server` as a server, with its status page as the answer to every request.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use bonafide_testkit::{Identity, TestCa};

use crate::loopback::origin;
use crate::program::Program;
use crate::running::Running;
use crate::scratch::Scratch;
use crate::version::Version;

const END: &str = "-----END CERTIFICATE-----";

/// A running `openssl s_server -www`.
#[derive(Debug)]
pub struct OpenSslServer {
    running: Running,
    address: SocketAddr,
}

impl OpenSslServer {
    /// A server that presents `identity`, on 127.0.0.1, in TLS 1.2 and 1.3 by default.
    pub fn presenting(identity: &Identity) -> OpenSslServerBuilder {
        OpenSslServerBuilder {
            identity: identity.clone(),
            address: Ipv4Addr::LOCALHOST.into(),
            version: None,
            ciphers: None,
            groups: None,
            clients: None,
            staple: None,
        }
    }

    /// Whether there is an openssl to start.
    pub fn is_installed() -> bool {
        Program::locate("openssl").is_some()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `https://HOST:PORT/`. An IPv6 address is put into brackets.
    pub fn url(&self, host: &str) -> String {
        format!("{}/", origin(host, self.address.port()))
    }

    /// What it has printed so far.
    pub fn log(&self) -> String {
        self.running.log()
    }
}

/// Builds an [`OpenSslServer`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is started"]
pub struct OpenSslServerBuilder {
    identity: Identity,
    address: IpAddr,
    version: Option<Version>,
    ciphers: Option<&'static str>,
    groups: Option<&'static str>,
    clients: Option<String>,
    staple: Option<Vec<u8>>,
}

impl OpenSslServerBuilder {
    /// Listens on this address of the loopback.
    pub fn on(mut self, address: impl Into<IpAddr>) -> Self {
        self.address = address.into();
        self
    }

    /// Uses this version alone.
    pub fn speaking(mut self, version: Version) -> Self {
        self.version = Some(version);
        self
    }

    /// Offers these cipher suites of TLS 1.2 and older, as `openssl ciphers` takes them.
    pub fn ciphers(mut self, ciphers: &'static str) -> Self {
        self.ciphers = Some(ciphers);
        self
    }

    /// Takes part in these key exchange groups alone, as `SSL_CTX_set1_groups_list` takes them.
    pub fn groups(mut self, groups: &'static str) -> Self {
        self.groups = Some(groups);
        self
    }

    /// Staples this OCSP response, in DER.
    pub fn stapling(mut self, response: impl Into<Vec<u8>>) -> Self {
        self.staple = Some(response.into());
        self
    }

    /// Demands a client certificate of this authority.
    pub fn demanding_clients_of(mut self, authority: &TestCa) -> Self {
        self.clients = Some(authority.pem());
        self
    }

    /// Starts it, and waits until it listens. `None`, with a word on stderr, where there is no
    /// openssl.
    ///
    /// # Panics
    /// If openssl does not start to listen, or is missing and the variable `CI` is set.
    pub async fn start(self) -> Option<OpenSslServer> {
        let program = Program::find("openssl")?;
        let scratch = Scratch::new();
        let chain = self.identity.chain_pem();
        let (_, issuers) = chain.split_once(END).expect("a chain has a leaf");
        scratch.write("leaf.pem", &chain);
        scratch.write("issuers.pem", issuers);
        scratch.write("key.pem", self.identity.key_pem());
        let accept = SocketAddr::new(self.address, 0).to_string();
        let mut arguments = vec!["s_server", "-www", "-accept", &accept];
        arguments.extend(["-cert", "leaf.pem", "-key", "key.pem"]);
        if issuers.contains(END) {
            arguments.extend(["-cert_chain", "issuers.pem"]);
        }
        if let Some(version) = self.version {
            arguments.push(version.flag());
        }
        if let Some(ciphers) = self.ciphers {
            arguments.extend(["-cipher", ciphers]);
        } else if matches!(self.version, Some(Version::Tls10 | Version::Tls11)) {
            arguments.extend(["-cipher", "ALL:@SECLEVEL=0"]);
        }
        if let Some(groups) = self.groups {
            arguments.extend(["-groups", groups]);
        }
        if let Some(staple) = &self.staple {
            scratch.write("staple.der", staple);
            arguments.extend(["-status_file", "staple.der"]);
        }
        if let Some(clients) = &self.clients {
            scratch.write("clients.pem", clients);
            arguments.extend(["-Verify", "1", "-verify_return_error"]);
            arguments.extend(["-CAfile", "clients.pem"]);
        }
        let mut running = Running::start(&program, scratch, arguments);
        let address = running
            .until("openssl s_server to listen", |server| {
                accepting(&server.log())
            })
            .await
            .unwrap_or_else(|_| panic!("openssl s_server ended before it listened"));
        Some(OpenSslServer { running, address })
    }
}

/// The address in the line `ACCEPT 127.0.0.1:40123`, which s_server prints once it listens on a
/// port of the system's choice.
fn accepting(log: &str) -> Option<SocketAddr> {
    let complete = &log[..=log.rfind('\n')?];
    let mut lines = complete.lines();
    lines.find_map(|line| line.strip_prefix("ACCEPT ")?.trim().parse().ok())
}
