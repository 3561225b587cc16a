//! What other programs say of a chain.

use std::error::Error;
use std::fmt;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::chain::{Bundle, HOST};

/// How many there are where all are at hand.
pub(crate) const ALL: usize = 2;

/// Reads a leaf, an intermediate and an anchor a line, in Base64, and answers each line by one.
const SCRIPT: &str = r#"
import sys, base64, datetime
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store
host = sys.argv[1]
print("ready", flush=True)
for line in sys.stdin:
    try:
        leaf, issuing, root = (x509.load_der_x509_certificate(base64.b64decode(part)) for part in line.split())
        verifier = PolicyBuilder().store(Store([root])).build_server_verifier(x509.DNSName(host))
        verifier.verify(leaf, [issuing])
        print("ok", flush=True)
    except Exception as error:
        print((type(error).__name__ + ": " + str(error)).replace("\n", " "), flush=True)
"#;

/// The programs at hand.
pub(crate) struct Others {
    openssl: Option<PathBuf>,
    python: Option<(Child, ChildStdin, BufReader<ChildStdout>)>,
}

impl Others {
    /// Looks for them.
    pub(crate) fn at_hand(python: &str) -> Result<Self, Box<dyn Error>> {
        let has_openssl = Command::new("openssl")
            .arg("version")
            .output()
            .is_ok_and(|output| output.status.success());
        let folder = std::env::temp_dir().join(format!("mutants-{}", std::process::id()));
        if has_openssl {
            fs::create_dir_all(&folder)?;
        }
        Ok(Self {
            openssl: has_openssl.then_some(folder),
            python: start(python),
        })
    }

    /// The names of those that are not at hand.
    pub(crate) fn missing(&self) -> Vec<&'static str> {
        let openssl = self.openssl.is_none().then_some("openssl");
        let python = self.python.is_none().then_some("pyca/cryptography");
        openssl.into_iter().chain(python).collect()
    }

    /// Why each of those at hand refuses the chain, if it does.
    pub(crate) fn refuse(
        &mut self,
        bundle: &Bundle,
    ) -> Result<Vec<Option<String>>, Box<dyn Error>> {
        let mut refusals = Vec::with_capacity(ALL);
        if let Some(folder) = &self.openssl {
            let file = |name: &str, der: &[u8]| {
                let text = format!(
                    "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
                    wrapped(der)
                );
                let path = folder.join(name);
                fs::write(&path, text).map(|()| path)
            };
            let output = Command::new("openssl")
                .args(["verify", "-x509_strict", "-purpose", "sslserver"])
                .args(["-verify_hostname", HOST, "-CAfile"])
                .arg(file("root.pem", &bundle.anchor)?)
                .arg("-untrusted")
                .arg(file("issuing.pem", &bundle.intermediate)?)
                .arg(file("leaf.pem", &bundle.leaf)?)
                .output()?;
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            let line = text.lines().find(|line| line.contains("error"));
            let line = line.unwrap_or("error").to_owned();
            refusals.push((!output.status.success()).then(|| format!("openssl: {line}")));
        }
        if let Some((_, input, output)) = &mut self.python {
            let parts = bundle.parts().map(|der| STANDARD.encode(der));
            writeln!(input, "{}", parts.join(" "))?;
            let mut answer = String::new();
            if output.read_line(&mut answer)? == 0 {
                return Err("Python has ended before it answered".into());
            }
            let answer = answer.trim();
            refusals.push((answer != "ok").then(|| format!("pyca: {answer}")));
        }
        Ok(refusals)
    }
}

/// A Python that answers, if it has the package.
fn start(python: &str) -> Option<(Child, ChildStdin, BufReader<ChildStdout>)> {
    let mut child = Command::new(python)
        .args(["-c", SCRIPT, HOST])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let input = child.stdin.take()?;
    let mut output = BufReader::new(child.stdout.take()?);
    let mut greeting = String::new();
    output.read_line(&mut greeting).ok()?;
    if greeting.trim() == "ready" {
        Some((child, input, output))
    } else {
        let _ = child.wait();
        None
    }
}

/// Base64 in lines of 64 characters.
fn wrapped(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines = text.as_bytes().chunks(64).map(String::from_utf8_lossy);
    lines.collect::<Vec<_>>().join("\n")
}

impl Drop for Others {
    fn drop(&mut self) {
        if let Some(folder) = &self.openssl {
            let _ = fs::remove_dir_all(folder);
        }
        if let Some((mut child, input, _)) = self.python.take() {
            // It ends with its input.
            drop(input);
            let _ = child.wait();
        }
    }
}

impl fmt::Display for Others {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (&self.openssl, &self.python) {
            (Some(_), Some(_)) => "openssl and pyca/cryptography",
            (Some(_), None) => "openssl alone",
            (None, Some(_)) => "pyca/cryptography alone",
            (None, None) => "no other program",
        })
    }
}
