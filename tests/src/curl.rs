//! curl as an oracle.

use std::net::SocketAddr;

use crate::loopback::origin;
use crate::opinion::Opinion;
use crate::program::Program;
use crate::scratch::Scratch;

/// `CURLE_SSL_CONNECT_ERROR`.
const SSL_CONNECT_ERROR: i32 = 35;
/// `CURLE_PEER_FAILED_VERIFICATION`.
const PEER_FAILED_VERIFICATION: i32 = 60;

/// The program `curl`.
#[derive(Debug)]
pub struct Curl(Program);

impl Curl {
    /// `None`, with a word on stderr, where there is no curl.
    ///
    /// # Panics
    /// If there is none and the variable `CI` is set.
    pub fn find() -> Option<Self> {
        Program::find("curl").map(Self)
    }

    /// What curl thinks of the server at `address` that is asked for as `host`, a name or an address without brackets,
    /// when it believes the roots in `ca_pem` alone.
    ///
    /// # Panics
    /// If curl cannot be run, or fails for a reason apart from TLS.
    pub async fn ask(&self, address: SocketAddr, host: &str, ca_pem: &str) -> Opinion {
        let scratch = Scratch::new();
        let ca = scratch.write("ca.pem", ca_pem);
        let origin = origin(host, address.port());
        // curl adds a built-in folder of roots to `--cacert` unless it gets another one, here one without certificates.
        let output = self
            .0
            .command(scratch.path())
            .args(["--disable", "--silent", "--show-error", "--max-time", "20"])
            .args(["--noproxy", "*", "--ciphers", "DEFAULT:@SECLEVEL=2"])
            .arg("--cacert")
            .arg(&ca)
            .arg("--capath")
            .arg(scratch.path())
            .args(["--connect-to", &format!("::{address}")])
            .args(["--output", "answer", &format!("{origin}/")])
            .output()
            .await
            .expect("curl runs");
        match output.status.code() {
            Some(0) => Opinion::Believed,
            Some(PEER_FAILED_VERIFICATION) => Opinion::Refused(60),
            Some(SSL_CONNECT_ERROR) => Opinion::NoHandshake,
            _ => panic!(
                "curl of {origin}: {}: {}",
                output.status,
                String::from_utf8_lossy(&output.stderr)
            ),
        }
    }
}
