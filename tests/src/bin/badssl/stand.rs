//! Cases that `openssl s_server` serves, so that a client that takes them gets an answer.
//!
//! What the installed OpenSSL has compiled out (RC4, triple DES, export suites, SSL 3.0) or refuses
//! itself (groups under 1024 bits) is served by the testkit's script alone.

use bonafide_testkit::conformance::Target;
use bonafide_testkit::{Identity, KeyKind, Recipe, TestCa};
use bonafide_tests::{OpenSslServer, Version};

/// One `openssl s_server`, before it listens.
#[derive(Clone, Debug)]
pub(crate) struct Stand {
    pub(crate) name: &'static str,
    pub(crate) why: &'static str,
    version: Option<Version>,
    ciphers: &'static str,
    identity: Identity,
    ca: TestCa,
}

/// All of them, with one RSA certificate.
pub(crate) fn stands() -> Vec<Stand> {
    use Version::{Tls10, Tls11, Tls12};
    let ca = TestCa::named("bonafide test badssl openssl root");
    let identity = ca.issue(Recipe::for_hosts(["localhost", "127.0.0.1"]).key(KeyKind::Rsa2048));
    [
        (
            "mozilla-modern",
            None,
            "ECDHE+AESGCM:ECDHE+CHACHA20",
            "what Mozilla recommends today",
        ),
        (
            "mozilla-intermediate",
            None,
            "ECDHE+AESGCM:DHE+AESGCM:ECDHE+AES:@SECLEVEL=1",
            "old suites beside the good ones, of which a client takes the good",
        ),
        (
            "mozilla-old",
            None,
            "ALL:@SECLEVEL=0",
            "every suite there is, of which a client takes the good",
        ),
        (
            "tls-v1-2",
            Some(Tls12),
            "ECDHE+AESGCM",
            "TLS 1.2 with AEAD suites and elliptic curves alone",
        ),
        ("tls-v1-0", Some(Tls10), "ALL:@SECLEVEL=0", "TLS 1.0 alone"),
        ("tls-v1-1", Some(Tls11), "ALL:@SECLEVEL=0", "TLS 1.1 alone"),
        (
            "cbc",
            Some(Tls12),
            "ECDHE-RSA-AES128-SHA:ECDHE-RSA-AES256-SHA384",
            "CBC suites alone",
        ),
        (
            "null",
            Some(Tls12),
            "NULL-SHA256:ECDHE-RSA-NULL-SHA:@SECLEVEL=0",
            "suites without encryption alone",
        ),
        (
            "anonymous",
            Some(Tls12),
            "aNULL:@SECLEVEL=0",
            "suites without a certificate alone",
        ),
        (
            "static-rsa",
            Some(Tls12),
            "kRSA:@SECLEVEL=1",
            "suites without forward secrecy alone",
        ),
        (
            "dh2048",
            Some(Tls12),
            "DHE-RSA-AES128-GCM-SHA256",
            "Diffie-Hellman with 2048 bits alone",
        ),
    ]
    .map(|(name, version, ciphers, why)| Stand {
        name,
        why,
        version,
        ciphers,
        identity: identity.clone(),
        ca: ca.clone(),
    })
    .into()
}

impl Stand {
    /// Starts it. `None` where there is no openssl.
    pub(crate) async fn open(&self) -> Option<(OpenSslServer, Target)> {
        if !OpenSslServer::is_installed() {
            return None;
        }
        let mut builder = OpenSslServer::presenting(&self.identity).ciphers(self.ciphers);
        if let Some(version) = self.version {
            builder = builder.speaking(version);
        }
        let server = builder.start().await?;
        let target = Target::new(self.name, server.address(), &self.ca);
        Some((server, target))
    }
}
