//! curl as an oracle.

use std::net::SocketAddr;

use bonafide_testkit::Identity;

use crate::loopback::origin;
use crate::opinion::Opinion;
use crate::program::Program;
use crate::scratch::Scratch;

/// `CURLE_SSL_CONNECT_ERROR`.
const SSL_CONNECT_ERROR: i32 = 35;
/// `CURLE_PEER_FAILED_VERIFICATION`.
const PEER_FAILED_VERIFICATION: i32 = 60;

/// What curl is to get, with its own defaults and following redirects.
#[derive(Clone, Copy, Debug, Default)]
pub struct CurlRequest<'a> {
    /// The URL.
    pub url: &'a str,
    /// The roots to trust, alone.
    pub ca_pem: &'a str,
    /// The revocation lists of every issuer.
    pub crls_pem: Option<&'a str>,
    /// Whether to demand an OCSP staple that says it is good.
    pub staple: bool,
    /// A pin to demand: `sha256/` and base64.
    pub pin: Option<&'a str>,
    /// A certificate to show, with its chain, and its key.
    pub identity: Option<&'a Identity>,
}

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

    /// The same, without a word and without a failure.
    pub fn locate() -> Option<Self> {
        Program::locate("curl").map(Self)
    }

    /// Lets curl get something.
    ///
    /// # Errors
    /// What curl says where it has not got it, its exit code in parentheses. A status of HTTP is no
    /// error.
    ///
    /// # Panics
    /// If curl cannot be run.
    pub async fn get(&self, request: CurlRequest<'_>) -> Result<(), String> {
        let scratch = Scratch::new();
        let ca = scratch.write("ca.pem", request.ca_pem);
        let mut command = self.0.command(scratch.path());
        command
            .args(["--disable", "--silent", "--show-error", "--max-time", "20"])
            .args(["--noproxy", "*", "--location", "--cacert"])
            .arg(&ca)
            .arg("--capath")
            .arg(scratch.path())
            .args(["--output", "answer"]);
        if let Some(lists) = request.crls_pem {
            command.arg("--crlfile");
            command.arg(scratch.write("crls.pem", lists));
        }
        if request.staple {
            command.arg("--cert-status");
        }
        if let Some(pin) = request.pin {
            // curl writes the digest with two slashes.
            command.arg("--pinnedpubkey");
            command.arg(pin.replacen('/', "//", 1));
        }
        if let Some(identity) = request.identity {
            command.arg("--cert");
            command.arg(scratch.write("chain.pem", identity.chain_pem()));
            command.arg("--key");
            command.arg(scratch.write("key.pem", identity.key_pem()));
        }
        let output = command.arg(request.url).output().await.expect("curl runs");
        if output.status.success() {
            return Ok(());
        }
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }

    /// The status of `url` where curl answers challenges by Digest, with `user`, a user name, a
    /// colon and a password.
    ///
    /// # Panics
    /// If curl cannot be run, or gets no response.
    pub async fn digest_status(&self, url: &str, ca_pem: &str, user: &str) -> String {
        let scratch = Scratch::new();
        let ca = scratch.write("ca.pem", ca_pem);
        let output = self
            .0
            .command(scratch.path())
            .args(["--disable", "--silent", "--show-error", "--max-time", "20"])
            .args(["--noproxy", "*", "--digest", "--user", user])
            .arg("--cacert")
            .arg(&ca)
            .args(["--output", "answer", "--write-out", "%{http_code}", url])
            .output()
            .await
            .expect("curl runs");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// What curl thinks of the server at `address` that is asked for as `host`, a name or an
    /// address without brackets, when it trusts the roots in `ca_pem` alone.
    ///
    /// # Panics
    /// If curl cannot be run, or fails for a reason apart from TLS.
    pub async fn ask(&self, address: SocketAddr, host: &str, ca_pem: &str) -> Opinion {
        let scratch = Scratch::new();
        let ca = scratch.write("ca.pem", ca_pem);
        let origin = origin(host, address.port());
        // curl adds a built-in folder of roots to `--cacert` unless it gets another one, here one
        // without certificates.
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
            Some(0) => Opinion::Accepted,
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
