//! httpbin in gunicorn, as a server of HTTP/1.1 and HTTP/2 that says what it was asked.

use bonafide_testkit::Identity;

use crate::loopback::origin;
use crate::program::Program;
use crate::running::{Ended, Running, complete_lines};
use crate::scratch::Scratch;

/// What it logs once its socket listens; the port follows.
const READY: &str = "Listening at: https://127.0.0.1:";
/// The first word of a request in the log.
const REQUEST: &str = "request ";

/// A running httpbin; it ends when this is dropped.
#[derive(Debug)]
pub struct Httpbin {
    running: Running,
    port: u16,
}

impl Httpbin {
    /// Starts one that presents `identity`, as `localhost`. `None`, with a word on stderr, where
    /// `cargo xtask peers --install` has not installed it.
    ///
    /// # Panics
    /// If it does not start to listen, or is missing and the variable `CI` is set.
    pub async fn presenting(identity: &Identity) -> Option<Self> {
        let program = Program::find_in_environment("httpbin", "gunicorn")?;
        let scratch = Scratch::new();
        scratch.write("chain.pem", identity.chain_pem());
        scratch.write("key.pem", identity.key_pem());
        let format = format!("{REQUEST}%(m)s %(U)s %(s)s %(H)s");
        // The worker ends by itself when the first process is ended.
        let arguments = [
            "--bind=127.0.0.1:0",
            "--worker-class=gthread",
            "--threads=16",
            "--keep-alive=20",
            "--http-protocols=h2,h1",
            "--certfile=chain.pem",
            "--keyfile=key.pem",
            "--no-control-socket",
            "--worker-tmp-dir=.",
            "--access-logfile=-",
            "--access-logformat",
            &format,
            "httpbin:app",
        ];
        let mut running = Running::start(&program, scratch, arguments);
        // What connects before the worker runs waits in the socket.
        let port = running
            .until("httpbin to listen", |httpbin| port(&httpbin.log()))
            .await
            .unwrap_or_else(|Ended| panic!("httpbin ended before it listened"));
        Some(Self { running, port })
    }

    /// Its origin, without a path.
    pub fn origin(&self) -> String {
        origin("localhost", self.port)
    }

    /// The URL of `path` there.
    pub fn url(&self, path: &str) -> String {
        self.origin() + path
    }

    /// Waits for `count` requests in its log; gives all that are there: method, path, status and
    /// version.
    ///
    /// # Panics
    /// If they do not come, or httpbin ends.
    pub async fn requests(&mut self, count: usize) -> Vec<String> {
        let what = format!("{count} requests in httpbin's log");
        self.running
            .until(&what, |httpbin| {
                let lines = complete_lines(&httpbin.log());
                let requests = lines.iter().filter_map(|line| line.strip_prefix(REQUEST));
                let requests: Vec<String> = requests.map(str::to_owned).collect();
                (requests.len() >= count).then_some(requests)
            })
            .await
            .unwrap_or_else(|Ended| panic!("httpbin ended before {what}"))
    }
}

fn port(log: &str) -> Option<u16> {
    let (_, after) = log.split_once(READY)?;
    let (port, _) = after.split_once(' ')?;
    port.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_read_from_a_complete_word() {
        let log = "[INFO] Listening at: https://127.0.0.1:4";
        assert_eq!(port(log), None);
        assert_eq!(port(&format!("{log}2 (7)\n")), Some(42));
    }
}
