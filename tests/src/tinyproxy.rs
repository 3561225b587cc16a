//! tinyproxy, as a proxy that tunnels with `CONNECT`.

use std::net::{Ipv4Addr, SocketAddr};

use crate::loopback::free_port;
use crate::program::Program;
use crate::running::{Ended, Running};
use crate::scratch::Scratch;

const CONFIG: &str = "tinyproxy.conf";
const LOG: &str = "tinyproxy.log";
/// What it logs once its socket listens.
const READY: &str = "Accepting connections";
const TRIES: usize = 5;

/// A running tinyproxy; it ends when this is dropped.
#[derive(Debug)]
pub struct Tinyproxy {
    running: Running,
    address: SocketAddr,
}

impl Tinyproxy {
    /// Starts one that demands `user` and `password` and tunnels to any port. `None`, with a word
    /// on stderr, where there is no tinyproxy.
    ///
    /// # Panics
    /// If it does not start to listen, or is missing and the variable `CI` is set.
    pub async fn demanding(user: &str, password: &str) -> Option<Self> {
        Self::start(&format!("BasicAuth {user} {password}\n")).await
    }

    /// Starts one that tunnels to `port` and no other. `None` as above.
    ///
    /// # Panics
    /// As above.
    pub async fn tunnelling_to(port: u16) -> Option<Self> {
        Self::start(&format!("ConnectPort {port}\n")).await
    }

    async fn start(rules: &str) -> Option<Self> {
        let program = Program::find("tinyproxy")?;
        for _ in 0..TRIES {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
            let scratch = Scratch::new();
            let log = scratch.path().join(LOG);
            scratch.write(
                CONFIG,
                format!(
                    "Port {}\nListen {}\nTimeout 20\nLogFile \"{}\"\nLogLevel Info\n{rules}",
                    address.port(),
                    address.ip(),
                    log.display(),
                ),
            );
            let mut running = Running::start(&program, scratch, ["-d", "-c", CONFIG]);
            let listening = running
                .until("tinyproxy to listen", |proxy| {
                    proxy.scratch().read(LOG).contains(READY).then_some(())
                })
                .await;
            match listening {
                Ok(()) => return Some(Self { running, address }),
                Err(Ended)
                    if running
                        .scratch()
                        .read(LOG)
                        .contains("Could not create listening") => {}
                Err(Ended) => panic!("tinyproxy ended before it listened: {}", running.log()),
            }
        }
        panic!("{TRIES} times another process took the port that was free for tinyproxy")
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        self.running.scratch().read(LOG)
    }
}
