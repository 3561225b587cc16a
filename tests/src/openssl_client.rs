//! `openssl s_client` as an oracle.

use std::fs::File;
use std::net::{IpAddr, SocketAddr};
use std::process::Stdio;
use std::time::Duration;

use tokio::time::timeout;

use crate::opinion::Opinion;
use crate::program::Program;
use crate::scratch::Scratch;
use crate::version::Version;

const PATIENCE: Duration = Duration::from_secs(20);

/// The program `openssl`, as a client.
#[derive(Debug)]
pub struct OpenSslClient(Program);

impl OpenSslClient {
    /// `None`, with a word on stderr, where there is no openssl.
    ///
    /// # Panics
    /// If there is none and the variable `CI` is set.
    pub fn find() -> Option<Self> {
        Program::find("openssl").map(Self)
    }

    /// What `s_client` thinks of the server at `address` that is asked for as `host`, a name or an
    /// address without brackets, when it trusts the roots in `ca_pem` alone.
    ///
    /// # Panics
    /// If openssl cannot be run, or stalls.
    pub async fn ask(&self, address: SocketAddr, host: &str, ca_pem: &str) -> Opinion {
        let demands = ["-cipher", "DEFAULT:@SECLEVEL=2"];
        self.shake_hands(address, host, ca_pem, &demands).await
    }

    /// The same with `version` alone, with all that the version offers.
    ///
    /// # Panics
    /// As [`OpenSslClient::ask`].
    pub async fn ask_in(
        &self,
        version: Version,
        address: SocketAddr,
        host: &str,
        ca_pem: &str,
    ) -> Opinion {
        let demands = [version.flag(), "-cipher", "ALL:@SECLEVEL=0"];
        self.shake_hands(address, host, ca_pem, &demands).await
    }

    /// Begins a session with the server at `address`, resumes it, and sends its second request
    /// before that handshake has ended (RFC 8446 section 2.3). Whether the server took it so, as
    /// `s_client` says. Nothing is verified.
    ///
    /// # Panics
    /// As [`OpenSslClient::ask`].
    pub async fn sends_early_data(&self, address: SocketAddr, host: &str) -> bool {
        let scratch = Scratch::new();
        let request = format!("GET / HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        let request = scratch.write("request", request);
        let request = request.display().to_string();
        let address = address.to_string();
        let mut said = String::new();
        for (standard_input, arguments) in [
            (request.as_str(), vec!["-sess_out", "session"]),
            (
                "/dev/null",
                vec!["-sess_in", "session", "-early_data", &request],
            ),
        ] {
            let input = File::open(standard_input).expect("the file is there");
            let output = self
                .0
                .command(scratch.path())
                .args(["s_client", "-tls1_3", "-ign_eof", "-connect", &address])
                .args(["-servername", host])
                .args(arguments)
                .stdin(input)
                .output();
            let output = timeout(PATIENCE, output)
                .await
                .unwrap_or_else(|_| panic!("openssl s_client stalls at {host}"))
                .expect("openssl runs");
            said = String::from_utf8_lossy(&output.stdout).into_owned();
        }
        said.contains("Early data was accepted")
    }

    async fn shake_hands(
        &self,
        address: SocketAddr,
        host: &str,
        ca_pem: &str,
        demands: &[&str],
    ) -> Opinion {
        let scratch = Scratch::new();
        let ca = scratch.write("ca.pem", ca_pem);
        // RFC 6066, section 3: an address is not a server name.
        let name = match host.parse::<IpAddr>() {
            Ok(_) => vec!["-noservername", "-verify_ip", host],
            Err(_) => vec!["-servername", host, "-verify_hostname", host],
        };
        let output = self
            .0
            .command(scratch.path())
            .args(["s_client", "-brief", "-verify_return_error", "-CAfile"])
            .arg(&ca)
            .args(["-connect", &address.to_string()])
            .args(name)
            .args(demands)
            .stdin(Stdio::null())
            .output();
        let output = timeout(PATIENCE, output)
            .await
            .unwrap_or_else(|_| panic!("openssl s_client stalls at {host}"))
            .expect("openssl runs");
        let said = String::from_utf8_lossy(&output.stderr);
        let refused = said
            .split_once("verify error:num=")
            .and_then(|(_, rest)| rest.split(':').next()?.parse().ok());
        match (output.status.success(), refused) {
            (true, None) if said.contains("Verification: OK") => Opinion::Accepted,
            (false, Some(number)) => Opinion::Refused(number),
            (false, None) => Opinion::NoHandshake,
            _ => panic!("openssl s_client of {host}: {}: {said}", output.status),
        }
    }
}
