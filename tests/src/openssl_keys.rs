//! openssl's tools for keys, requests and signatures.

use std::process::Stdio;

use tokio::io::AsyncWriteExt as _;

use crate::program::Program;
use crate::scratch::Scratch;

/// The program `openssl`, with a folder of its own.
#[derive(Debug)]
pub struct OpenSslKeys {
    program: Program,
    folder: Scratch,
}

impl OpenSslKeys {
    /// `None`, with a word on stderr, where there is no openssl.
    ///
    /// # Panics
    /// If there is none and the variable `CI` is set.
    pub fn find() -> Option<Self> {
        Some(Self {
            program: Program::find("openssl")?,
            folder: Scratch::new(),
        })
    }

    /// Runs one of the tools in the folder; gives what it prints.
    ///
    /// # Panics
    /// If it fails.
    pub async fn run(&self, arguments: &[&str], input: &[u8]) -> Vec<u8> {
        let mut child = self
            .program
            .command(self.folder.path())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("openssl can be run");
        let mut stdin = child.stdin.take().expect("openssl has an input");
        // A tool that does not read its input has closed it.
        let _ = stdin.write_all(input).await;
        drop(stdin);
        let output = child.wait_with_output().await.expect("openssl ends");
        assert!(
            output.status.success(),
            "openssl {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        output.stdout
    }

    /// Writes a file into the folder.
    ///
    /// # Panics
    /// If it cannot.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        self.folder.write(name, content);
    }

    /// The bytes of a file of the folder.
    ///
    /// # Panics
    /// If it is not there.
    pub fn read(&self, name: &str) -> Vec<u8> {
        self.folder.read_bytes(name)
    }

    /// The SHA-256 of a public key in PEM, in hexadecimal:
    /// `openssl pkey -pubin -outform der | openssl dgst -sha256`.
    ///
    /// # Panics
    /// If openssl does not read it.
    pub async fn pin(&self, public_key_pem: &[u8]) -> String {
        let der = self
            .run(&["pkey", "-pubin", "-outform", "der"], public_key_pem)
            .await;
        let printed = self.run(&["dgst", "-sha256"], &der).await;
        let printed = String::from_utf8_lossy(&printed);
        let digest = printed.rsplit(' ').next().unwrap_or_default();
        digest.trim().to_owned()
    }
}
