//! nginx as a server of several hosts on one address.

mod access_log;
mod config;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use bonafide_testkit::{Identity, TestCa};

pub use self::access_log::LoggedRequest;
use crate::loopback::{free_ports, origin};
use crate::open_connections::{SOCKET, open_connections};
use crate::program::Program;
use crate::running::{Ended, Running};
use crate::scratch::Scratch;

const ACCESS_LOG: &str = "access.log";
const PID: &str = "nginx.pid";
/// How often the free ports may be taken by another process before nginx listens on them.
const TRIES: usize = 5;

/// A host that nginx serves. The first one answers requests for all others too.
///
/// `/client` is answered with what is known of the client's certificate, `/large` with
/// [`Site::LARGE_BYTES`] bytes, `/page` with the [`page`](crate::page()), in gzip to those who
/// accept it, and everything else with the host's name.
#[derive(Clone, Debug)]
pub struct Site {
    name: String,
    identity: Identity,
    clients: Option<String>,
    staple: Option<Vec<u8>>,
}

impl Site {
    /// The size of the response to `/large`: more than the window that HTTP/2 starts with, many
    /// times over.
    pub const LARGE_BYTES: usize = 3_000_000;

    /// The host `name`, which presents `identity`.
    pub fn new(name: &str, identity: &Identity) -> Self {
        Self {
            name: name.to_owned(),
            identity: identity.clone(),
            clients: None,
            staple: None,
        }
    }

    /// Staples this OCSP response, in DER.
    #[must_use]
    pub fn stapling(mut self, response: impl Into<Vec<u8>>) -> Self {
        self.staple = Some(response.into());
        self
    }

    /// Demands a client certificate of this authority; a request without one is answered with the
    /// status 400.
    #[must_use]
    pub fn demanding_clients_of(mut self, authority: &TestCa) -> Self {
        self.clients = Some(authority.pem());
        self
    }
}

/// A running nginx.
#[derive(Debug)]
pub struct Nginx {
    running: Running,
    http1: SocketAddr,
    http2: SocketAddr,
}

impl Nginx {
    /// An nginx for these hosts, with TLS 1.2 and 1.3 by default.
    pub fn serving(sites: impl IntoIterator<Item = Site>) -> NginxBuilder {
        NginxBuilder {
            sites: sites.into_iter().collect(),
            protocols: "TLSv1.2 TLSv1.3",
            requests_per_connection: 1000,
            early_data: false,
            behind: None,
        }
    }

    /// The address where HTTP/1.1 alone is spoken.
    pub fn http1(&self) -> SocketAddr {
        self.http1
    }

    /// The address where HTTP/2 is spoken to those who ask for it.
    pub fn http2(&self) -> SocketAddr {
        self.http2
    }

    /// The URL of `path` at `host`, in HTTP/1.1.
    pub fn http1_url(&self, host: &str, path: &str) -> String {
        format!("{}{path}", origin(host, self.http1.port()))
    }

    /// The URL of `path` at `host`, in HTTP/2.
    pub fn http2_url(&self, host: &str, path: &str) -> String {
        format!("{}{path}", origin(host, self.http2.port()))
    }

    /// The socket of a server in it without TLS.
    pub fn plain_socket(&self) -> PathBuf {
        self.running.scratch().path().join(SOCKET)
    }

    /// Waits for `count` requests in the access log; gives all that are there.
    ///
    /// # Panics
    /// If they do not come, or nginx ends.
    pub async fn requests(&mut self, count: usize) -> Vec<LoggedRequest> {
        let what = format!("{count} requests in nginx's access log");
        self.running
            .until(&what, |nginx| {
                let requests = access_log::read(&nginx.scratch().read(ACCESS_LOG));
                (requests.len() >= count).then_some(requests)
            })
            .await
            .unwrap_or_else(|Ended| panic!("nginx ended before {what}"))
    }

    /// Waits until it has no connection of a client left.
    ///
    /// # Panics
    /// If one stays, or nginx ends.
    pub async fn all_closed(&mut self) {
        // One of those that it counts is the connection that asks.
        self.running
            .until("nginx to have no connection left", |nginx| {
                (open_connections(nginx.scratch()) == Some(1)).then_some(())
            })
            .await
            .unwrap_or_else(|Ended| panic!("nginx ended with a connection open"));
    }

    /// Waits for `count` handshakes that clients have ended with an alert, as its log has them;
    /// gives how many there are.
    ///
    /// # Panics
    /// If they do not come, or nginx ends.
    pub async fn refused_handshakes(&mut self, count: usize) -> usize {
        self.running
            .until("refused handshakes in nginx's log", |nginx| {
                let refused = nginx
                    .log()
                    .lines()
                    .filter(|line| line.contains("alert") && line.contains("SSL_do_handshake"))
                    .count();
                (refused >= count).then_some(refused)
            })
            .await
            .unwrap_or_else(|Ended| panic!("nginx ended before {count} refused handshakes"))
    }
}

/// Builds an [`Nginx`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is started"]
pub struct NginxBuilder {
    sites: Vec<Site>,
    protocols: &'static str,
    requests_per_connection: usize,
    early_data: bool,
    behind: Option<SocketAddr>,
}

impl NginxBuilder {
    /// The versions of TLS, as `ssl_protocols` takes them.
    pub fn protocols(mut self, protocols: &'static str) -> Self {
        self.protocols = protocols;
        self
    }

    /// Ends a connection after so many requests. Default: 1000.
    pub fn requests_per_connection(mut self, count: usize) -> Self {
        self.requests_per_connection = count;
        self
    }

    /// Takes requests that come with a resumed handshake of TLS 1.3 (`ssl_early_data on`).
    pub fn taking_early_data(mut self) -> Self {
        self.early_data = true;
        self
    }

    /// Passes all below `/behind/` on to this server of plain HTTP, without the prefix. What comes
    /// back is sent on part by part, in gzip to those who accept it.
    pub fn in_front_of(mut self, behind: SocketAddr) -> Self {
        self.behind = Some(behind);
        self
    }

    /// Starts it, and waits until it listens. `None`, with a word on stderr, where there is no
    /// nginx.
    ///
    /// # Panics
    /// If nginx does not start to listen, or is missing and the variable `CI` is set.
    pub async fn start(self) -> Option<Nginx> {
        let program = Program::find("nginx")?;
        for _ in 0..TRIES {
            let [http1, http2] =
                free_ports().map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
            let scratch = Scratch::new();
            config::write(&self, &scratch, http1, http2);
            let folder = scratch.path().to_owned();
            let mut running = Running::start(
                &program,
                scratch,
                ["-e", "stderr", "-c", "nginx.conf", "-p"]
                    .map(AsRef::as_ref)
                    .into_iter()
                    .chain([folder.as_os_str()]),
            );
            // nginx writes its process id after it has bound every address.
            let listening = running
                .until("nginx to listen", |nginx| {
                    nginx.scratch().read(PID).ends_with('\n').then_some(())
                })
                .await;
            match listening {
                Ok(()) => {
                    return Some(Nginx {
                        running,
                        http1,
                        http2,
                    });
                }
                Err(Ended) if running.log().contains("Address already in use") => {}
                Err(Ended) => panic!("nginx ended before it listened"),
            }
        }
        panic!("{TRIES} times another process took the ports that were free for nginx")
    }
}
