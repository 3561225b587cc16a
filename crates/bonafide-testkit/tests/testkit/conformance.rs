//! The replica, and what clients do with it.

use std::sync::Arc;

use bonafide_testkit::TestCa;
use bonafide_testkit::conformance::{
    self, Family, Judgement, Needs, Replica, Target, Trial, Verdict,
};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::{DigitallySignedStruct, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
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

fn names(trials: &[&Trial]) -> Vec<&'static str> {
    trials.iter().map(|trial| trial.name).collect()
}

#[tokio::test]
async fn rustls_alone_accepts_what_rustls_webpki_does_not_look_at() {
    let report = conformance::run(plain_rustls).await;
    assert_eq!(
        names(&report.wrongly_accepted()),
        [
            "intermediate-without-cert-sign",
            "rfc5280::validity::expired-root"
        ],
        "{report}"
    );
    assert!(report.undecided().is_empty(), "{report}");
    assert!(report.wrongly_rejected().is_empty(), "{report}");
}

#[tokio::test]
#[should_panic(expected = "does not accept what it is known to accept: [\"expired\"]")]
async fn an_exception_that_is_none_fails_the_test() {
    let known = [
        "intermediate-without-cert-sign",
        "rfc5280::validity::expired-root",
        "expired",
    ];
    conformance::assert_rejects_all_but(&known, plain_rustls).await;
}

/// Trusts every certificate, and every signature.
#[derive(Debug)]
struct TrustsAll;

impl ServerCertVerifier for TrustsAll {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a client that accepts everything, to be caught"
)]
async fn accepts_all(target: Target) -> Result<(), Failure> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = Arc::new(TrustsAll);
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    get(&target, config).await
}

#[tokio::test]
async fn a_client_that_accepts_all_is_caught_with_the_whole_list() {
    let report = conformance::run(accepts_all).await;
    let accepted = names(&report.wrongly_accepted());
    let replica = Replica::new();
    let about_certificates: Vec<&str> = replica
        .sites()
        .iter()
        .filter(|site| site.verdict == Verdict::Reject && site.needs == Needs::Nothing)
        .filter(|site| {
            matches!(
                site.family,
                Family::Certificate | Family::KnownBad | Family::Limbo | Family::Possession
            )
        })
        .map(|site| site.name)
        .collect();
    assert_eq!(accepted, about_certificates, "{report}");
    assert!(accepted.len() > 50, "{}", accepted.len());
    assert!(
        report
            .to_string()
            .contains("  self-signed (certificate): anyone can sign their own certificate\n")
    );
}

#[tokio::test]
#[should_panic(expected = "the client has wrongly accepted:\n  expired (certificate)")]
async fn a_client_that_accepts_all_fails_the_assertion() {
    conformance::assert_rejects_all(accepts_all).await;
}

#[tokio::test]
async fn a_client_that_refuses_everything_is_caught_at_the_first_sites() {
    let report = conformance::run(|target: Target| async move {
        let mut nobody = rustls::RootCertStore::empty();
        nobody.add(TestCa::new().certificate().clone())?;
        let mut config = roots_of(&target)?;
        let provider = Arc::clone(config.crypto_provider());
        config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(nobody)
            .with_no_client_auth();
        get(&target, config).await
    })
    .await;
    assert_eq!(
        names(&report.wrongly_rejected()),
        ["sha256", "ecc256", "rsa2048", "tls-v1-2"]
    );
    assert_eq!(report.trials().len(), 4);
}

#[tokio::test]
async fn a_client_that_goes_nowhere_has_refused_nothing() {
    let good = ["sha256", "ecc256", "rsa2048", "tls-v1-2"];
    let report = conformance::run(|target: Target| async move {
        if good.contains(&target.name) {
            return plain_rustls(target).await;
        }
        Err("no route to host".into())
    })
    .await;
    assert!(report.wrongly_accepted().is_empty());
    assert_eq!(
        report.undecided().len(),
        report.trials().len() - good.len(),
        "{report}"
    );
    let expired = report.trials().iter().find(|t| t.name == "expired");
    assert_eq!(
        expired.unwrap().judgement,
        Judgement::NeverBegan("no route to host".to_owned())
    );
}

#[tokio::test]
async fn a_client_that_says_no_and_sends_its_request_has_said_yes() {
    let replica = Replica::new();
    let open = replica.site("expired").open().await;
    accepts_all(open.target().clone()).await.unwrap();
    let judgement = open.judge(Err("I do not trust it".to_owned())).await;
    assert_eq!(judgement, Judgement::Accepted);
}

#[tokio::test]
async fn a_client_that_says_yes_without_a_connection_has_not_begun() {
    let replica = Replica::new();
    let open = replica.site("sha256").open().await;
    assert_eq!(
        open.judge(Ok(())).await,
        Judgement::NeverBegan("that it accepts a server to which it has not connected".to_owned())
    );
}

#[tokio::test]
async fn a_redirect_that_is_handed_to_the_caller_is_not_followed() {
    let replica = Replica::new();
    let open = replica.site("mixed-redirect-302").open().await;
    plain_rustls(open.target().clone()).await.unwrap();
    assert_eq!(
        open.judge(Ok(())).await,
        Judgement::Rejected("nothing, and followed nowhere".to_owned())
    );
}

#[test]
fn no_name_stands_twice_and_every_reason_is_one() {
    let replica = Replica::new();
    let mut names: Vec<&str> = replica.sites().iter().map(|site| site.name).collect();
    assert!(replica.sites().iter().all(|site| site.why.len() > 8));
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
}
