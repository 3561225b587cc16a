//! The replica, and what clients do with it.

use std::sync::Arc;

use bonafide_testkit::conformance::{self, Judgement, Needs, Replica, Target, Verdict};
use rustls_pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

type Failure = Box<dyn std::error::Error>;

fn roots_of(target: &Target) -> Result<rustls::ClientConfig, Failure> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(target.root.clone())?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

/// rustls with its own verifier, and as much HTTP as a GET needs.
async fn plain_rustls(target: Target) -> Result<(), Failure> {
    get(&target, roots_of(&target)?).await
}

async fn get(target: &Target, config: rustls::ClientConfig) -> Result<(), Failure> {
    let tcp = TcpStream::connect(target.address).await?;
    let host = ServerName::try_from(target.host)?;
    let connector = TlsConnector::from(Arc::new(config));
    let mut tls = connector.connect(host, tcp).await?;
    tls.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .await?;
    let mut answer = Vec::new();
    tls.read_to_end(&mut answer).await?;
    Ok(())
}

#[tokio::test]
async fn rustls_alone_believes_what_rustls_webpki_does_not_look_at() {
    let report = conformance::run(plain_rustls).await;
    let accepted: Vec<&str> = report.wrongly_accepted().iter().map(|t| t.name).collect();
    assert_eq!(accepted, [""], "{report}");
    assert!(report.undecided().is_empty(), "{report}");
}
