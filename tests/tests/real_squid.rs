//! Through Squid: a tunnel, and each way in which it opens none.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use bonafide::verify::{Anchors, Policy};
use bonafide::{Client, Error, Kind, Phase, Proxy};
use bonafide_testkit::{Recipe, TestCa, TestServer};
use bonafide_tests::Squid;

const CLOSED: u16 = 9;

async fn started() -> Option<Squid> {
    Squid::demanding("reader", "s3cret", CLOSED).await
}

fn client(ca: &TestCa, proxy: &Squid, account: &str) -> Client {
    let anchors = Anchors::only(ca.certificate().clone());
    let proxy = Proxy::http(&format!("http://{account}{}", proxy.address())).unwrap();
    Client::builder()
        .policy(Policy::builder().anchors(anchors).build().unwrap())
        .proxy(proxy)
        .build()
        .unwrap()
}

async fn refused(proxy: &Squid, account: &str, port: u16) -> Error {
    let client = client(&TestCa::new(), proxy, account);
    let url = format!("https://127.0.0.1:{port}/");
    let error = client.get(&url).send().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.phase()),
        (Kind::Proxy, Some(Phase::Proxy))
    );
    assert!(!format!("{error} {error:?}").contains("wr0ng"), "{error:?}");
    error
}

#[tokio::test]
async fn a_tunnel_through_squid_is_verified_to_its_end() {
    let Some(proxy) = started().await else {
        return;
    };
    let ca = TestCa::new();
    let server = TestServer::http2(ca.issue(Recipe::for_host("127.0.0.1"))).await;
    let client = client(&ca, &proxy, "reader:s3cret@");
    let response = client
        .get(server.url_for("127.0.0.1", "/"))
        .send()
        .await
        .unwrap();
    assert!(response.receipt().unwrap().is_verified());
    assert_eq!(response.text().await.unwrap(), "ok");
    server.shutdown().await;
}

#[tokio::test]
async fn squids_refusals_have_its_status_its_fields_and_its_page() {
    let Some(proxy) = started().await else {
        return;
    };
    for (account, port, text, name, is_retryable) in [
        (
            "",
            1,
            "407 Proxy Authentication Required",
            "ERR_CACHE_ACCESS_DENIED 0",
            false,
        ),
        (
            "reader:wr0ng@",
            1,
            "407 Proxy Authentication Required",
            "ERR_CACHE_ACCESS_DENIED 0",
            false,
        ),
        (
            "reader:s3cret@",
            CLOSED,
            "403 Forbidden",
            "ERR_ACCESS_DENIED 0",
            false,
        ),
        (
            "reader:s3cret@",
            1,
            "503 Service Unavailable",
            "ERR_CONNECT_FAIL 111",
            true,
        ),
    ] {
        let error = refused(&proxy, account, port).await;
        assert_eq!(
            error.to_string(),
            format!(
                "https://127.0.0.1:{port}/: the proxy http://{} refused the tunnel: {text}",
                proxy.address()
            )
        );
        assert_eq!(error.is_retryable(), is_retryable, "{error}");
        let refusal = error.proxy_refusal().unwrap();
        assert_eq!(refusal.headers()["x-squid-error"], name);
        let challenge = refusal.headers().get("proxy-authenticate");
        assert_eq!(
            challenge.map(|value| value.to_str().unwrap()),
            (refusal.status() == 407).then_some("Basic realm=\"squid of the tests\"")
        );
        let page = String::from_utf8_lossy(refusal.body());
        assert!(
            page.starts_with("<!DOCTYPE html") && page.contains("squid.test"),
            "{page}"
        );
        assert!(!refusal.is_truncated());
    }
}
