//! Through a real proxy: TLS is end to end, and the receipt is the server's.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use bonafide::verify::{Anchors, Policy};
use bonafide::{Client, Code, Kind, Phase, Proxy};
use bonafide_testkit::{Alpn, Recipe, TestCa, TestServer};
use bonafide_tests::Tinyproxy;
use http::StatusCode;

fn client(ca: &TestCa, proxy: &str) -> Client {
    let anchors = Anchors::only(ca.certificate().clone());
    Client::builder()
        .policy(Policy::builder().anchors(anchors).build().unwrap())
        .proxy(Proxy::http(proxy).unwrap())
        .build()
        .unwrap()
}

#[tokio::test]
async fn the_receipt_behind_tinyproxy_is_the_servers_over_both_protocols() {
    let Some(proxy) = Tinyproxy::demanding("reader", "s3cret").await else {
        return;
    };
    let ca = TestCa::new();
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let identity = ca.issue(Recipe::for_host("127.0.0.1"));
        let leaf = identity.leaf().clone();
        let server = TestServer::builder(identity).alpn(alpn).start().await;
        let client = client(&ca, &format!("http://reader:s3cret@{}", proxy.address()));
        for _ in 0..2 {
            let response = client
                .get(server.url_for("127.0.0.1", "/"))
                .send()
                .await
                .unwrap();
            let receipt = response.receipt().unwrap();
            assert!(receipt.is_verified());
            assert_eq!(receipt.path().unwrap().certificates()[0], leaf);
            assert!(
                server
                    .requests()
                    .iter()
                    .all(|request| !request.headers.contains_key("proxy-authorization"))
            );
            response.bytes().await.unwrap();
        }
        assert_eq!(server.tls_handshakes(), 1);
        server.shutdown().await;
    }
}

#[tokio::test]
async fn a_server_behind_tinyproxy_is_refused_as_ever() {
    let Some(proxy) = Tinyproxy::demanding("reader", "s3cret").await else {
        return;
    };
    let server = TestServer::http2(TestCa::new().issue(Recipe::for_host("127.0.0.1"))).await;
    let client = client(
        &TestCa::new(),
        &format!("http://reader:s3cret@{}", proxy.address()),
    );
    let error = client
        .get(server.url_for("127.0.0.1", "/"))
        .send()
        .await
        .unwrap_err();
    assert_eq!(
        (error.code(), error.phase()),
        (Some(Code::UnknownIssuer), Some(Phase::Tls))
    );
    assert_eq!(server.request_count(), 0);
    server.shutdown().await;
}

#[tokio::test]
async fn tinyproxys_refusal_is_an_error_of_the_proxy_without_the_password() {
    let Some(proxy) = Tinyproxy::demanding("reader", "s3cret").await else {
        return;
    };
    for (account, status, reason) in [
        ("reader:wr0ng@", 401, "Unauthorized"),
        ("", 407, "Proxy Authentication Required"),
    ] {
        let url = format!("http://{account}{}", proxy.address());
        let client = client(&TestCa::new(), &url);
        let error = client.get("https://127.0.0.1:1/").send().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.phase(), error.is_retryable()),
            (Kind::Proxy, Some(Phase::Proxy), false),
            "{error}; {}",
            proxy.log()
        );
        assert_eq!(
            error.to_string(),
            format!(
                "https://127.0.0.1:1/: the proxy http://{} refused the tunnel: {status} {reason}",
                proxy.address()
            )
        );
        assert!(!format!("{error} {error:?}").contains("wr0ng"), "{error:?}");
        let refusal = error.proxy_refusal().unwrap();
        assert_eq!(refusal.status(), status);
        let page = String::from_utf8_lossy(refusal.body());
        assert!(page.contains("tinyproxy"), "{page}");
        assert!(!refusal.is_truncated());
    }
}

#[tokio::test]
async fn a_port_that_tinyproxy_does_not_tunnel_to_is_an_error_with_its_page() {
    let Some(proxy) = Tinyproxy::tunnelling_to(443).await else {
        return;
    };
    let server = TestServer::http2(TestCa::new().issue(Recipe::for_host("127.0.0.1"))).await;
    let client = client(&TestCa::new(), &format!("http://{}", proxy.address()));
    let error = client
        .get(server.url_for("127.0.0.1", "/"))
        .send()
        .await
        .unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (Kind::Proxy, false));
    assert_eq!(error.status(), None);
    let refusal = error.proxy_refusal().unwrap();
    assert_eq!(
        (refusal.status(), refusal.reason()),
        (StatusCode::FORBIDDEN, "Access violation")
    );
    let page = String::from_utf8_lossy(refusal.body());
    assert!(page.contains("The CONNECT method not allowed"), "{page}");
    assert_eq!(server.stats().tcp_connections, 0);
    server.shutdown().await;
}
