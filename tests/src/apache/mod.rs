//! Apache httpd as a server of HTTP/1.1 and HTTP/2.

mod config;

use std::fs::{self, Permissions};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt as _;

use bonafide_testkit::Identity;

use crate::loopback::{free_port, origin};
use crate::program::Program;
use crate::running::{Ended, Running, complete_lines};
use crate::scratch::Scratch;

const CONFIG: &str = "httpd.conf";
const ACCESS_LOG: &str = "access.log";
const PID: &str = "apache.pid";
/// How often the free port may be taken by another process before Apache listens on it.
const TRIES: usize = 5;

/// A running Apache; it ends when this is dropped.
///
/// It serves the [`page`](crate::page()) as `/page.txt`, in brotli by `mod_brotli` as
/// `/br/page.txt` and in gzip by `mod_deflate` as `/gzip/page.txt`, to those who accept the coding.
/// `/page.txt.gz` is the page in a file in gzip, which Apache calls `x-gzip`. `/private/page.txt`
/// demands digest authentication; so does `/brief/page.txt`, with nonces that are good for one
/// second. `/folder` leads to `/folder/`.
#[derive(Debug)]
pub struct Apache {
    running: Running,
    address: SocketAddr,
}

impl Apache {
    /// The user of the private pages.
    pub const USER: &'static str = "reader";
    /// The user's password.
    pub const PASSWORD: &'static str = "s3cret: \"word\"";

    /// Starts one that presents `identity`, as `localhost`. `None`, with a word on stderr, where
    /// there is no Apache.
    ///
    /// # Panics
    /// If it does not start to listen, or is missing and the variable `CI` is set.
    pub async fn presenting(identity: &Identity) -> Option<Self> {
        let program = Program::find("apache2")?;
        for _ in 0..TRIES {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
            let scratch = Scratch::new();
            // As root it gives up its rights, and has to read the pages here.
            fs::set_permissions(scratch.path(), Permissions::from_mode(0o755))
                .expect("the temporary folder is ours");
            config::write(&scratch, identity, address).await;
            // With `-X` one process does all of the work, so that it takes everything with it when
            // it is ended.
            let mut running = Running::start(&program, scratch, ["-X", "-d", ".", "-f", CONFIG]);
            // It writes its process id after it has bound its address.
            let listening = running
                .until("Apache to listen", |apache| {
                    apache.scratch().read(PID).ends_with('\n').then_some(())
                })
                .await;
            match listening {
                Ok(()) => return Some(Self { running, address }),
                Err(Ended) if running.log().contains("Address already in use") => {}
                Err(Ended) => panic!("Apache ended before it listened: {}", running.log()),
            }
        }
        panic!("{TRIES} times another process took the port that was free for Apache")
    }

    /// The URL of `path` there.
    pub fn url(&self, path: &str) -> String {
        origin("localhost", self.address.port()) + path
    }

    /// Waits for `count` requests in the access log; gives all that are there: method, path, status
    /// and version.
    ///
    /// # Panics
    /// If they do not come, or Apache ends.
    pub async fn requests(&mut self, count: usize) -> Vec<String> {
        let what = format!("{count} requests in Apache's access log");
        self.running
            .until(&what, |apache| {
                let requests = complete_lines(&apache.scratch().read(ACCESS_LOG));
                (requests.len() >= count).then_some(requests)
            })
            .await
            .unwrap_or_else(|Ended| panic!("Apache ended before {what}"))
    }
}
