//! Servers that end TLS for others, asked the same questions: nginx and HAProxy.

use std::net::SocketAddr;

use bonafide_testkit::{Identity, TestCa};
use http::Version;

use crate::haproxy::Haproxy;
use crate::loopback::origin;
use crate::nginx::{LoggedRequest, Nginx, Site};

/// Which program it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Brand {
    Nginx,
    Haproxy,
}

/// The version of HTTP of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Http {
    One,
    Two,
}

impl Http {
    /// Both versions.
    pub const BOTH: [Self; 2] = [Self::One, Self::Two];

    /// As a response has it.
    pub fn version(self) -> Version {
        match self {
            Self::One => Version::HTTP_11,
            Self::Two => Version::HTTP_2,
        }
    }
}

/// A request, as the server's log has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// A number that no other connection of the test has.
    pub connection: u64,
    /// `HTTP/1.1` or `HTTP/2.0`.
    pub protocol: String,
    /// `TLSv1.2` or `TLSv1.3`.
    pub tls: String,
    /// Whether the TLS session is an earlier one, resumed.
    pub resumed: bool,
    /// The subject of the client's certificate, where one was shown.
    pub client: Option<String>,
}

impl From<LoggedRequest> for Served {
    fn from(request: LoggedRequest) -> Self {
        Self {
            connection: request.connection,
            protocol: request.protocol,
            tls: request.tls,
            resumed: request.resumed,
            client: request.client,
        }
    }
}

/// A running server with session tickets on.
#[derive(Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Terminator {
    Nginx(Nginx),
    Haproxy(Haproxy),
}

impl Terminator {
    /// A server of one host, which presents `identity`; it uses TLS 1.2 and 1.3 by default.
    pub fn of(brand: Brand, host: &str, identity: &Identity) -> TerminatorBuilder {
        TerminatorBuilder {
            brand,
            host: host.to_owned(),
            identity: identity.clone(),
            clients: None,
            protocol: None,
            closes: false,
        }
    }

    /// The URL of its page at `host`.
    pub fn url(&self, http: Http, host: &str) -> String {
        origin(host, self.address(http).port()) + "/"
    }

    fn address(&self, http: Http) -> SocketAddr {
        match (self, http) {
            (Self::Nginx(nginx), Http::One) => nginx.http1(),
            (Self::Nginx(nginx), Http::Two) => nginx.http2(),
            (Self::Haproxy(haproxy), Http::One) => haproxy.http1(),
            (Self::Haproxy(haproxy), Http::Two) => haproxy.http2(),
        }
    }

    /// Waits for `count` requests in the log; gives all that are there.
    ///
    /// # Panics
    /// If they do not come, or the server ends.
    pub async fn requests(&mut self, count: usize) -> Vec<Served> {
        match self {
            Self::Nginx(nginx) => {
                let requests = nginx.requests(count).await;
                requests.into_iter().map(Served::from).collect()
            }
            Self::Haproxy(haproxy) => haproxy.requests(count).await,
        }
    }

    /// Waits until the server has no connection of a client left.
    ///
    /// # Panics
    /// If one stays, or the server ends.
    pub async fn all_closed(&mut self) {
        match self {
            Self::Nginx(nginx) => nginx.all_closed().await,
            Self::Haproxy(haproxy) => haproxy.all_closed().await,
        }
    }

    /// Waits for `count` handshakes that clients have ended with an alert, as the log has them;
    /// gives how many there are.
    ///
    /// # Panics
    /// If they do not come, or the server ends.
    pub async fn refused_handshakes(&mut self, count: usize) -> usize {
        match self {
            Self::Nginx(nginx) => nginx.refused_handshakes(count).await,
            Self::Haproxy(haproxy) => haproxy.refused_handshakes(count).await,
        }
    }
}

/// Builds a [`Terminator`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is started"]
pub struct TerminatorBuilder {
    brand: Brand,
    host: String,
    identity: Identity,
    clients: Option<TestCa>,
    protocol: Option<&'static str>,
    closes: bool,
}

impl TerminatorBuilder {
    /// Uses this version of TLS alone, `TLSv1.2` or `TLSv1.3`.
    pub fn protocol(mut self, version: &'static str) -> Self {
        self.protocol = Some(version);
        self
    }

    /// Demands a client certificate of this authority.
    pub fn demanding_clients_of(mut self, authority: &TestCa) -> Self {
        self.clients = Some(authority.clone());
        self
    }

    /// Ends each connection after its response.
    pub fn closing_connections(mut self) -> Self {
        self.closes = true;
        self
    }

    /// Starts it, and waits until it listens. `None`, with a word on stderr, where the program is
    /// missing.
    ///
    /// # Panics
    /// If it does not start to listen, or is missing and the variable `CI` is set.
    pub async fn start(self) -> Option<Terminator> {
        let Self {
            brand,
            host,
            identity,
            clients,
            protocol,
            closes,
        } = self;
        match brand {
            Brand::Nginx => {
                let mut site = Site::new(&host, &identity);
                if let Some(clients) = &clients {
                    site = site.demanding_clients_of(clients);
                }
                let mut builder = Nginx::serving([site]);
                if let Some(protocol) = protocol {
                    builder = builder.protocols(protocol);
                }
                if closes {
                    builder = builder.requests_per_connection(1);
                }
                builder.start().await.map(Terminator::Nginx)
            }
            Brand::Haproxy => {
                let mut builder = Haproxy::presenting(&identity);
                if let Some(clients) = &clients {
                    builder = builder.demanding_clients_of(clients);
                }
                if let Some(protocol) = protocol {
                    builder = builder.protocol(protocol);
                }
                if closes {
                    builder = builder.closing_connections();
                }
                builder.start().await.map(Terminator::Haproxy)
            }
        }
    }
}
