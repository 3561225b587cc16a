//! Caddy as a server of HTTP/1.1 and HTTP/2.

use std::net::{Ipv4Addr, SocketAddr};

use bonafide_testkit::Identity;

use crate::loopback::{free_port, origin};
use crate::page::page;
use crate::program::Program;
use crate::running::{Ended, Running};
use crate::scratch::Scratch;

const CONFIG: &str = "Caddyfile";
/// What it logs once its socket listens.
const READY: &str = "serving initial configuration";
const TRIES: usize = 5;

/// A running Caddy; it ends when this is dropped.
///
/// It serves the [`page`](crate::page()) as `/page.txt`, in zstd as `/zstd/page.txt`, in gzip as
/// `/gzip/page.txt`, and in the one of them that the client prefers as `/both/page.txt`, to those
/// who accept the coding.
#[derive(Debug)]
pub struct Caddy {
    /// Ends first.
    _running: Running,
    address: SocketAddr,
}

impl Caddy {
    /// Starts one that presents `identity`, as `localhost`. `None`, with a word on stderr, where
    /// there is no Caddy.
    ///
    /// # Panics
    /// If it does not start to listen, or is missing and the variable `CI` is set.
    pub async fn presenting(identity: &Identity) -> Option<Self> {
        let program = Program::find("caddy")?;
        for _ in 0..TRIES {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
            let scratch = Scratch::new();
            scratch.write("chain.pem", identity.chain_pem());
            scratch.write("key.pem", identity.key_pem());
            scratch.folder("site");
            scratch.write("site/page.txt", page());
            scratch.write(CONFIG, config(&scratch, address));
            let arguments = ["run", "--config", CONFIG, "--adapter", "caddyfile"];
            let mut running = Running::start(&program, scratch, arguments);
            let listening = running
                .until("Caddy to listen", |caddy| {
                    caddy.log().contains(READY).then_some(())
                })
                .await;
            match listening {
                Ok(()) => {
                    return Some(Self {
                        _running: running,
                        address,
                    });
                }
                Err(Ended) if running.log().contains("address already in use") => {}
                Err(Ended) => panic!("Caddy ended before it listened: {}", running.log()),
            }
        }
        panic!("{TRIES} times another process took the port that was free for Caddy")
    }

    /// The URL of `path` there.
    pub fn url(&self, path: &str) -> String {
        origin("localhost", self.address.port()) + path
    }
}

fn config(scratch: &Scratch, address: SocketAddr) -> String {
    let folder = scratch.path().display();
    let mut pages = String::new();
    for (path, codings) in [("zstd", "zstd"), ("gzip", "gzip"), ("both", "zstd gzip")] {
        pages += &format!("handle_path /{path}/* {{\n encode {codings}\n file_server\n }}\n");
    }
    let port = address.port();
    format!(
        "{{\n\
         admin off\n\
         auto_https off\n\
         storage file_system {folder}/storage\n\
         servers {{\n protocols h1 h2\n }}\n\
         }}\n\
         https://localhost:{port} {{\n\
         bind {ip}\n\
         tls {folder}/chain.pem {folder}/key.pem\n\
         root * {folder}/site\n\
         {pages}\
         handle {{\n file_server\n }}\n\
         }}\n",
        ip = address.ip(),
    )
}
