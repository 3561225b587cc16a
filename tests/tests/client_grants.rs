//! What the client itself keeps and sends: none of it over a connection under a grant.

#![cfg(feature = "danger-insecure-grants")]
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its own functions too"
)]

use std::error::Error as _;
use std::time::{Duration, SystemTime};

use bonafide::assurance::Assurance;
use bonafide::auth::{AuthError, Bearer, Credential, Digest};
use bonafide::cookies::Jar;
use bonafide::danger::Grant;
use bonafide::hsts::HstsHosts;
use bonafide::store::Partition;
use bonafide::verify::pki_types::UnixTime;
use bonafide::verify::{Code, Policy};
use bonafide::{Client, ClientBuilder, Delivery, Kind, Url};
use bonafide_testkit::{Identity, Recipe, TestCa, TestServer};
use bonafide_tests::trusting;
use bytes::Bytes;
use http::{Request, Response};

/// A policy with a grant for `localhost`, whose certificate signs itself.
fn granting() -> Policy {
    let until = UnixTime::now().as_secs() + 600;
    let grant = Grant::for_host("localhost")
        .forgive(Code::SelfSigned)
        .because("a test")
        .until(UnixTime::since_unix_epoch(Duration::from_secs(until)));
    let policy = trusting(&TestCa::new()).danger_grant(grant);
    policy.build().unwrap()
}

fn builder() -> ClientBuilder {
    Client::builder().policy(granting())
}

/// A server that signs itself.
async fn server(
    answer: impl Fn(&Request<Bytes>) -> Response<Bytes> + Send + Sync + 'static,
) -> TestServer {
    TestServer::builder(Identity::self_signed(Recipe::for_host("localhost")))
        .handler(move |request: Request<Bytes>| std::future::ready(answer(&request)))
        .start()
        .await
}

#[tokio::test]
async fn no_host_is_learned_for_https_alone() {
    let server = server(|_| {
        let response = Response::builder().header("strict-transport-security", "max-age=9999");
        response.body(Bytes::new()).unwrap()
    })
    .await;
    let hosts = HstsHosts::new();
    let client = builder().hsts(hosts.clone()).build().unwrap();
    let response = client.get(server.url("/")).send().await.unwrap();
    assert!(response.receipt().unwrap().is_granted());
    assert_eq!(hosts.len(), 0);
}

#[tokio::test]
async fn a_secret_header_of_the_origin_is_left_out_and_a_public_one_is_sent() {
    let server = server(|request| {
        let names = ["x-api-key", "x-two"].map(|name| request.headers().contains_key(name));
        Response::new(format!("{names:?}").into())
    })
    .await;
    let client = builder()
        .secret_header_at(&server.url(""), "x-api-key", "s3cret")
        .default_header_at(&server.url(""), "x-two", "2")
        .build()
        .unwrap();
    let response = client.get(server.url("/")).send().await.unwrap();
    assert_eq!(response.text().await.unwrap(), "[false, true]");
}

#[tokio::test]
async fn no_cookie_is_sent_and_none_is_stored() {
    let server = server(|request| {
        let sent = request.headers().get("cookie").cloned();
        let response = Response::builder().header("set-cookie", "evil=1; Path=/");
        let body = sent.map_or(Bytes::new(), |sent| sent.as_bytes().to_vec().into());
        response.body(body).unwrap()
    })
    .await;
    let jar = Jar::new();
    let client = builder().cookies(jar.clone()).build().unwrap();
    let url = Url::parse(&server.url("/")).unwrap();
    for zone in ["default", "localhost"] {
        let zone = Partition::new(zone);
        let set = jar.set(&url, &zone, Assurance::Verified, b"id=7", SystemTime::now());
        set.unwrap();
    }
    for _ in 0..2 {
        let response = client.get(server.url("/")).send().await.unwrap();
        assert_eq!(response.text().await.unwrap(), "");
    }
    assert_eq!(jar.len(), 2);
}

#[tokio::test]
async fn a_request_with_a_credential_is_an_error_before_anything_of_it_is_sent() {
    let server = server(|_| Response::new(Bytes::new())).await;
    let bearer = || Bearer::new("s3cret").unwrap();
    let zone = Credential::for_zone("localhost", bearer()).unwrap();
    for credential in [
        Credential::for_origin(&server.url(""), bearer()).unwrap(),
        Credential::for_origin(&server.url(""), Digest::new("user", "s3cret").unwrap()).unwrap(),
        zone.clone(),
        zone.pinned(),
    ] {
        let client = builder().credential(credential).build().unwrap();
        let error = client.get(server.url("/")).send().await.unwrap_err();
        assert_eq!(error.kind(), Kind::Auth);
        let cause: &AuthError = error.source().unwrap().downcast_ref().unwrap();
        assert!(matches!(cause, AuthError::Unverified { .. }), "{cause:?}");
        assert_eq!(error.delivery(), Delivery::NotSent);
        assert!(error.receipt().unwrap().is_granted());
        assert!(
            !format!("{error} {error:?}").contains("s3cret"),
            "{error:?}"
        );
    }
    assert_eq!(server.request_count(), 0);
}
