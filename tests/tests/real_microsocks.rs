//! Through microsocks: a tunnel, and each way in which it opens none.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use bonafide::verify::{Anchors, Policy};
use bonafide::{Client, Kind, Phase, Proxy, ProxyError, SocksReply};
use bonafide_testkit::{Alpn, Recipe, TestCa, TestServer};
use bonafide_tests::Microsocks;

fn client(ca: &TestCa, proxy: &Microsocks, account: &str) -> Client {
    let anchors = Anchors::only(ca.certificate().clone());
    let proxy = Proxy::socks5(&format!("socks5://{account}{}", proxy.address())).unwrap();
    Client::builder()
        .policy(Policy::builder().anchors(anchors).build().unwrap())
        .proxy(proxy)
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_tunnel_through_microsocks_is_verified_to_its_end() {
    let Some(proxy) = Microsocks::demanding("reader", "s3cret").await else {
        return;
    };
    let ca = TestCa::new();
    for (host, alpn) in [("127.0.0.1", Alpn::Http1), ("localhost", Alpn::Http2)] {
        let identity = ca.issue(Recipe::for_host(host));
        let server = TestServer::builder(identity).alpn(alpn).start().await;
        let client = client(&ca, &proxy, "reader:s3cret@");
        let response = client.get(server.url_for(host, "/")).send().await.unwrap();
        assert!(response.receipt().unwrap().is_verified());
        assert_eq!(response.text().await.unwrap(), "ok");
        server.shutdown().await;
    }
}

#[tokio::test]
async fn microsocks_refusals_are_told_in_words() {
    let Some(proxy) = Microsocks::demanding("reader", "s3cret").await else {
        return;
    };
    for (account, text, is_retryable) in [
        (
            "",
            "it accepts none of the methods that were offered: no authentication",
            false,
        ),
        (
            "reader:wr0ng@",
            "the user name and the password were not accepted (status 2)",
            false,
        ),
        (
            "reader:s3cret@",
            "the server refused the connection (SOCKS reply 5)",
            true,
        ),
    ] {
        let client = client(&TestCa::new(), &proxy, account);
        let error = client.get("https://127.0.0.1:1/").send().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.phase(), error.is_retryable()),
            (Kind::Proxy, Some(Phase::Proxy), is_retryable)
        );
        assert_eq!(
            error.to_string(),
            format!(
                "https://127.0.0.1:1/: the proxy socks5://{} refused the tunnel: {text}",
                proxy.address()
            )
        );
        let refused = matches!(
            error.proxy_error(),
            Some(ProxyError::Socks(SocksReply::ConnectionRefused))
        );
        assert_eq!(refused, is_retryable, "{error:?}");
    }
}
