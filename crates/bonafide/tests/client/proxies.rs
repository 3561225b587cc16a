//! Through a proxy.

use std::net::SocketAddr;

use bonafide::{Kind, Phase, Proxy};
use bonafide_testkit::{Alpn, Recipe, TestProxy, TestServer};
use http::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{builder, ca, server};

#[tokio::test]
async fn a_tunnel_leads_to_the_server_whose_certificate_is_judged_as_ever() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let good = server(alpn).start().await;
        let bad = TestServer::http1(ca().issue(Recipe::for_host("other.example"))).await;
        let proxy = TestProxy::builder()
            .basic_auth("user", "s3cret")
            .start()
            .await;
        let url = proxy.url_with("user", "s3cret");
        let client = builder()
            .proxy(Proxy::http(&url).expect("a proxy"))
            .build()
            .expect("a client");
        for _ in 0..2 {
            let response = client.get(good.url("/")).send().await.expect("a response");
            assert!(response.receipt().expect("verified").is_verified());
            assert_eq!(response.remote_addr(), proxy.addr());
            assert_eq!(response.text().await.expect("a body"), "ok");
        }
        assert_eq!(proxy.tunnels(), 1);
        let error = client
            .get(bad.url("/"))
            .send()
            .await
            .expect_err("another name");
        assert_eq!(error.code(), Some(bonafide::Code::NameMismatch));
        let request = &good.requests()[0];
        assert_eq!(request.headers.get("proxy-authorization"), None);
    }
}

#[tokio::test]
async fn what_is_meant_for_a_proxy_is_not_sent_through_it() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(alpn).start().await;
        let proxy = TestProxy::builder().start().await;
        let client = builder()
            .proxy(Proxy::http(&proxy.url()).expect("a proxy"))
            .build()
            .expect("a client");
        client
            .get(server.url("/"))
            .header("proxy-authorization", "Basic eA==")
            .send()
            .await
            .expect("a response");
        let request = &server.requests()[0];
        assert_eq!(request.headers.get("proxy-authorization"), None, "{alpn:?}");
    }
}

#[tokio::test]
async fn a_proxy_that_refuses_is_named_without_its_password() {
    for (proxy, expected) in [
        (
            TestProxy::builder()
                .basic_auth("user", "right")
                .start()
                .await,
            "proxy authorization required",
        ),
        (
            TestProxy::builder()
                .refuse(StatusCode::BAD_GATEWAY)
                .start()
                .await,
            "unsuccessful",
        ),
    ] {
        let url = proxy.url_with("user", "s3cret");
        let client = builder()
            .proxy(Proxy::http(&url).expect("a proxy"))
            .build()
            .expect("a client");
        let error = client
            .get("https://localhost:1/")
            .send()
            .await
            .expect_err("no tunnel");
        assert_eq!(
            (error.kind(), error.phase()),
            (Kind::Proxy, Some(Phase::Proxy))
        );
        assert_eq!(
            error.to_string(),
            format!(
                "https://localhost:1/: no way through the proxy {}: tunnel error: {expected}",
                proxy.url().trim_end_matches('/')
            )
        );
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_a_connect_error() {
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        listener.local_addr().expect("its address")
    };
    let proxy = Proxy::http(&format!("http://{closed}")).expect("a proxy");
    let client = builder().proxy(proxy).build().expect("a client");
    let error = client
        .get("https://localhost:1/")
        .send()
        .await
        .expect_err("nobody listens");
    assert_eq!(
        (error.kind(), error.phase()),
        (Kind::Connect, Some(Phase::Connect))
    );
}

#[tokio::test]
async fn a_socks_proxy_looks_the_name_up_itself() {
    let identity = ca().issue(Recipe::for_host("only-the-proxy-knows.example"));
    let server = TestServer::http2(identity).await;
    let (proxy, asked) = socks(server.addr()).await;
    let proxy = Proxy::socks5(&format!("socks5://user:s3cret@{proxy}")).expect("a proxy");
    let client = builder().proxy(proxy).build().expect("a client");
    let url = "https://only-the-proxy-knows.example:8443/";
    let response = client.get(url).send().await.expect("a response");
    assert!(response.receipt().expect("verified").is_verified());
    assert_eq!(response.timings().opening().resolve, None);
    let asked = asked.await.expect("the proxy ran");
    assert_eq!(
        asked,
        (
            "user:s3cret".to_owned(),
            "only-the-proxy-knows.example:8443".to_owned()
        )
    );
}

/// A SOCKS 5 proxy for one connection (RFC 1928, RFC 1929), which leads to `to` whatever it is asked.
/// Gives what it was asked.
async fn socks(to: SocketAddr) -> (SocketAddr, tokio::sync::oneshot::Receiver<(String, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let (tell, asked) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.expect("a client");
        let mut head = [0; 2];
        client
            .read_exact(&mut head)
            .await
            .expect("the version and the number of methods");
        assert_eq!(head[0], 5);
        let mut methods = vec![0; head[1].into()];
        client.read_exact(&mut methods).await.expect("the methods");
        assert!(methods.contains(&2));
        client.write_all(&[5, 2]).await.expect("an answer");
        assert_eq!(client.read_u8().await.expect("the version"), 1);
        let mut credentials = Vec::new();
        for _ in 0..2 {
            let mut text = vec![0; client.read_u8().await.expect("a length").into()];
            client.read_exact(&mut text).await.expect("a text");
            credentials.push(String::from_utf8(text).expect("text"));
        }
        client.write_all(&[1, 0]).await.expect("an answer");
        let mut request = [0; 5];
        client.read_exact(&mut request).await.expect("a request");
        assert_eq!(request[..4], [5, 1, 0, 3], "CONNECT to a domain name");
        let mut host = vec![0; request[4].into()];
        client.read_exact(&mut host).await.expect("the name");
        let port = client.read_u16().await.expect("the port");
        client
            .write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
            .await
            .expect("an answer");
        let host = String::from_utf8(host).expect("text");
        drop(tell.send((credentials.join(":"), format!("{host}:{port}"))));
        let mut server = TcpStream::connect(to).await.expect("the server");
        drop(copy_bidirectional(&mut client, &mut server).await);
    });
    (address, asked)
}
