//! Revocation with other makers of lists and responses, and with servers that staple: openssl and
//! nginx.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::Ipv4Addr;
use std::sync::Arc;

use bonafide::{Client, Code};
use bonafide_testkit::certificate::ExtendedKeyUsage;
use bonafide_testkit::revocation::{OcspRecipe, OcspStatus};
use bonafide_testkit::{CrlRecipe, Identity, Recipe, TestCa, TestServer};
use bonafide_tests::{Nginx, OpenSslCa, OpenSslServer, Site};
use bonafide_verify::receipt::Outcome;
use bonafide_verify::revocation::{Crls, Revocation, RevocationScope};
use bonafide_verify::{Anchors, Peer, Policy, Receipt, Refusal};
use rustls_pki_types::{CertificateDer, ServerName};

fn policy(root: CertificateDer<'static>, check: Revocation) -> Policy {
    Policy::builder()
        .anchors(Anchors::only(root))
        .check(check)
        .build()
        .unwrap()
}

fn by_staple() -> Revocation {
    Revocation::builder()
        .ocsp_staple()
        .scope(RevocationScope::Leaf)
        .build()
        .unwrap()
}

fn by_list(pem: &str) -> Revocation {
    Revocation::builder()
        .crls(Crls::pem("list", pem))
        .build()
        .unwrap()
}

fn judge(
    root: CertificateDer<'static>,
    leaf: CertificateDer<'static>,
    check: Revocation,
    staple: &[u8],
) -> Result<Arc<Receipt>, Refusal> {
    let name = ServerName::try_from("localhost").unwrap();
    policy(root, check).verify(&Peer::new(&[leaf], &name).with_ocsp_staple(staple))
}

fn outcome(receipt: &Receipt) -> Outcome {
    let mut rows = receipt.checks().iter();
    let row = rows.find(|row| row.name() == "revocation").unwrap();
    row.outcome().clone()
}

fn client(policy: &Policy) -> Client {
    Client::builder()
        .policy(policy.clone())
        .resolve("localhost", (Ipv4Addr::LOCALHOST, 0).into())
        .build()
        .unwrap()
}

#[tokio::test]
async fn lists_and_responses_of_openssl_are_read_and_mean_what_openssl_says() {
    let Some(ca) = OpenSslCa::new().await else {
        return;
    };
    let good = ca.issue("good", "server").await;
    let revoked = ca.issue("revoked", "server").await;
    ca.issue("responder", "responder").await;
    ca.revoke("revoked").await;
    let list = ca.list().await;
    for (name, leaf, is_good) in [("good", good, true), ("revoked", revoked, false)] {
        let said = ca.judge_by_list(&ca.pem(name), &ca.pem("ca"), &list).await;
        assert_eq!(said.contains("judged.pem: OK"), is_good, "{said}");
        assert_eq!(said.contains("certificate revoked"), !is_good, "{said}");
        let ours = judge(ca.root(), leaf.clone(), by_list(&list), b"");
        match ours {
            Ok(receipt) => assert_eq!((outcome(&receipt), is_good), (Outcome::Passed, true)),
            Err(refusal) => assert_eq!((refusal.code(), is_good), (Code::Revoked, false)),
        }
        for signer in ["ca", "responder"] {
            let response = ca.response(name, signer).await;
            let said = ca
                .judge_by_response(&ca.pem(name), &ca.pem("ca"), &response)
                .await;
            assert!(said.contains("Response verify OK"), "{said}");
            assert_eq!(said.contains("judged.pem: good"), is_good, "{said}");
            assert_eq!(said.contains("judged.pem: revoked"), !is_good, "{said}");
            let ours = judge(ca.root(), leaf.clone(), by_staple(), &response);
            match ours {
                Ok(receipt) => assert_eq!((outcome(&receipt), is_good), (Outcome::Passed, true)),
                Err(refusal) => assert_eq!((refusal.code(), is_good), (Code::Revoked, false)),
            }
        }
    }
}

#[tokio::test]
async fn openssl_reads_the_lists_and_responses_of_the_test_kit_as_we_do() {
    let Some(openssl) = OpenSslCa::new().await else {
        return;
    };
    let ca = TestCa::new();
    let leaf = ca.issue(Recipe::for_host("localhost"));
    let responder =
        ca.issue(Recipe::for_host("responder").extended_key_usage([ExtendedKeyUsage::OcspSigning]));
    for (recipe, expected) in [
        (CrlRecipe::new(), "judged.pem: OK"),
        (CrlRecipe::new().revoke(&leaf), "certificate revoked"),
        (CrlRecipe::new().bad_signature(), "CRL signature failure"),
    ] {
        let said = openssl
            .judge_by_list(&leaf.chain_pem(), &ca.pem(), &ca.crl_pem(recipe))
            .await;
        assert!(said.contains(expected), "{said}");
    }
    let new = OcspRecipe::new;
    for (recipe, expected) in [
        (new(), "judged.pem: good"),
        (new().by_key().responder(&responder), "judged.pem: good"),
        (new().status(OcspStatus::Revoked), "judged.pem: revoked"),
        (new().status(OcspStatus::Unknown), "judged.pem: unknown"),
        (new().bad_signature(), "Response Verify Failure"),
        (new().responder(&leaf), "missing ocspsigning usage"),
    ] {
        let response = ca.ocsp(leaf.leaf(), recipe);
        let said = openssl
            .judge_by_response(&leaf.chain_pem(), &ca.pem(), &response)
            .await;
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

/// Asks a server at `url` twice, the second time over a connection of its own.
async fn judged(policy: &Policy, url: &str) -> Judged {
    for _connection in 0..2 {
        let response = client(policy).get(url).send().await;
        let response = response.map_err(|error| error.code())?;
        assert_eq!(outcome(response.receipt().unwrap()), Outcome::Passed);
    }
    Ok(())
}

/// Accepted, or refused with a code.
type Judged = Result<(), Option<Code>>;

struct Stapling {
    ca: TestCa,
    leaf: Identity,
}

impl Stapling {
    fn new() -> Self {
        let ca = TestCa::new();
        let leaf = ca.issue(Recipe::for_host("localhost").must_staple());
        Self { ca, leaf }
    }

    /// Staples, and what becomes of each.
    fn cases(&self) -> Vec<(Option<Vec<u8>>, Judged)> {
        let staple = |recipe| Some(self.ca.ocsp(self.leaf.leaf(), recipe));
        let new = OcspRecipe::new;
        vec![
            (staple(new()), Ok(())),
            (
                staple(new().status(OcspStatus::Revoked)),
                Err(Some(Code::Revoked)),
            ),
            (
                staple(new().bad_signature()),
                Err(Some(Code::StapleInvalid)),
            ),
            (None, Err(Some(Code::StapleMissing))),
        ]
    }

    fn policy(&self) -> Policy {
        policy(self.ca.certificate().clone(), by_staple())
    }
}

#[tokio::test]
async fn staples_of_the_test_server_reach_the_check() {
    let stapling = Stapling::new();
    for (staple, expected) in stapling.cases() {
        let identity = match staple {
            Some(staple) => stapling.leaf.with_ocsp_staple(staple),
            None => stapling.leaf.clone(),
        };
        let server = TestServer::builder(identity).start().await;
        let url = server.url_for("localhost", "/");
        assert_eq!(judged(&stapling.policy(), &url).await, expected);
        server.shutdown().await;
    }
}

#[tokio::test]
async fn staples_of_openssl_s_server_reach_the_check() {
    let stapling = Stapling::new();
    for (staple, expected) in stapling.cases() {
        let mut builder = OpenSslServer::presenting(&stapling.leaf);
        if let Some(staple) = staple {
            builder = builder.stapling(staple);
        }
        let Some(server) = builder.start().await else {
            return;
        };
        let url = server.url("localhost");
        assert_eq!(judged(&stapling.policy(), &url).await, expected);
    }
}

#[tokio::test]
async fn staples_of_nginx_reach_the_check() {
    let stapling = Stapling::new();
    for (staple, expected) in stapling.cases() {
        let mut site = Site::new("localhost", &stapling.leaf);
        if let Some(staple) = staple {
            site = site.stapling(staple);
        }
        let Some(nginx) = Nginx::serving([site]).start().await else {
            return;
        };
        for url in [
            nginx.http1_url("localhost", "/"),
            nginx.http2_url("localhost", "/"),
        ] {
            assert_eq!(judged(&stapling.policy(), &url).await, expected);
        }
    }
}
