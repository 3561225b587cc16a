//! HAProxy as a server that answers by itself.

mod config;
mod log;

use std::net::{Ipv4Addr, SocketAddr};

use bonafide_testkit::{Identity, TestCa};

use crate::loopback::free_ports;
use crate::open_connections::open_connections;
use crate::program::Program;
use crate::running::{Ended, Running};
use crate::scratch::Scratch;
use crate::terminator::Served;

/// How often the free ports may be taken by another process before HAProxy listens on them.
const TRIES: usize = 5;

/// A running HAProxy; it ends when this is dropped.
#[derive(Debug)]
pub struct Haproxy {
    running: Running,
    http1: SocketAddr,
    http2: SocketAddr,
}

impl Haproxy {
    /// One that presents `identity` to every client and answers every request, with TLS 1.2 and 1.3
    /// by default.
    pub fn presenting(identity: &Identity) -> HaproxyBuilder {
        HaproxyBuilder {
            identity: identity.clone(),
            clients: None,
            version: None,
            closes: false,
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

    /// Waits for `count` requests in the log; gives all that are there.
    ///
    /// # Panics
    /// If they do not come, or HAProxy ends.
    pub async fn requests(&mut self, count: usize) -> Vec<Served> {
        self.until(&format!("{count} requests in haproxy's log"), |haproxy| {
            let served = log::served(&haproxy.log());
            (served.len() >= count).then_some(served)
        })
        .await
    }

    /// Waits until it has no connection of a client left.
    ///
    /// # Panics
    /// If one stays, or HAProxy ends.
    pub async fn all_closed(&mut self) {
        self.until("haproxy to have no connection left", |haproxy| {
            (open_connections(haproxy.scratch()) == Some(0)).then_some(())
        })
        .await;
    }

    /// Waits for `count` handshakes that clients have ended with an alert, as its log has them;
    /// gives how many there are.
    ///
    /// # Panics
    /// If they do not come, or HAProxy ends.
    pub async fn refused_handshakes(&mut self, count: usize) -> usize {
        self.until("refused handshakes in haproxy's log", |haproxy| {
            let refused = log::refused(&haproxy.log());
            (refused >= count).then_some(refused)
        })
        .await
    }

    async fn until<T>(&mut self, what: &str, look: impl Fn(&Running) -> Option<T>) -> T {
        self.running
            .until(what, look)
            .await
            .unwrap_or_else(|Ended| panic!("haproxy ended before there were {what}"))
    }
}

/// Builds a [`Haproxy`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is started"]
pub struct HaproxyBuilder {
    identity: Identity,
    clients: Option<String>,
    version: Option<&'static str>,
    closes: bool,
}

impl HaproxyBuilder {
    /// Uses this version of TLS alone, `TLSv1.2` or `TLSv1.3`.
    pub fn protocol(mut self, version: &'static str) -> Self {
        self.version = Some(version);
        self
    }

    /// Demands a client certificate of this authority in the handshake.
    pub fn demanding_clients_of(mut self, authority: &TestCa) -> Self {
        self.clients = Some(authority.pem());
        self
    }

    /// Ends each connection after its response.
    pub fn closing_connections(mut self) -> Self {
        self.closes = true;
        self
    }

    /// Starts it, and waits until it listens. `None`, with a word on stderr, where there is no
    /// HAProxy.
    ///
    /// # Panics
    /// If HAProxy does not start to listen, or is missing and the variable `CI` is set.
    pub async fn start(self) -> Option<Haproxy> {
        let program = Program::find("haproxy")?;
        for _ in 0..TRIES {
            let [http1, http2] =
                free_ports().map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
            let scratch = Scratch::new();
            config::write(&self, &scratch, http1, http2);
            let mut running = Running::start(&program, scratch, ["-db", "-f", config::CONFIG]);
            // It serves no client before it has bound every address.
            let listening = running
                .until("haproxy to listen", |haproxy| {
                    open_connections(haproxy.scratch()).map(drop)
                })
                .await;
            match listening {
                Ok(()) => {
                    return Some(Haproxy {
                        running,
                        http1,
                        http2,
                    });
                }
                Err(Ended) if running.log().contains("cannot bind socket") => {}
                Err(Ended) => panic!("haproxy ended before it listened: {}", running.log()),
            }
        }
        panic!("{TRIES} times another process took the ports that were free for haproxy")
    }
}
