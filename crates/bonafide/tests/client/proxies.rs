//! Through a proxy.

use bonafide::{Kind, Phase, Proxy};
use bonafide_testkit::proxy::AfterReply;
use bonafide_testkit::{Alpn, PlainServer, Recipe, TestProxy, TestServer};
use tokio::net::TcpListener;

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
            assert_eq!(response.remote_addr(), Some(proxy.addr()));
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
async fn connect_names_the_server_and_the_client_and_what_the_caller_adds() {
    let server = server(Alpn::Http1).start().await;
    let proxy = TestProxy::builder().start().await;
    let address = server.addr().to_string();
    let url = format!("https://{address}/path?query");
    let ask = async |proxy: Proxy| {
        let client = builder().proxy(proxy).build().expect("a client");
        let request = client.get(&url).header("x-for-the-server", "1");
        request.send().await.expect("a response");
    };
    let named = Proxy::http(&proxy.url_with("user", "s3cret")).expect("a proxy");
    ask(named.clone()).await;
    let own = named
        .header("user-agent", "agent of the caller")
        .and_then(|proxy| proxy.header("proxy-authorization", "Bearer token"))
        .and_then(|proxy| proxy.header("x-team", "a"))
        .and_then(|proxy| proxy.header("x-team", "b"))
        .expect("good headers");
    ask(own).await;
    let agent = concat!("bonafide/", env!("CARGO_PKG_VERSION"));
    let basic = "Basic dXNlcjpzM2NyZXQ=";
    let expected = [
        vec![
            ("host", &*address),
            ("proxy-authorization", basic),
            ("user-agent", agent),
        ],
        vec![
            ("host", &*address),
            ("proxy-authorization", "Bearer token"),
            ("user-agent", "agent of the caller"),
            ("x-team", "a"),
            ("x-team", "b"),
        ],
    ];
    let requests = proxy.connect_requests();
    assert_eq!(requests.len(), expected.len());
    for (request, expected) in requests.iter().zip(expected) {
        assert_eq!(request.authority, address);
        let mut fields: Vec<_> = request
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().expect("text")))
            .collect();
        fields.sort_unstable();
        assert_eq!(fields, expected);
    }
    for request in server.requests() {
        assert_eq!(request.headers.get("x-team"), None);
        assert_eq!(request.headers.get("proxy-authorization"), None);
        assert_eq!(request.headers["user-agent"], agent);
    }
}

#[tokio::test]
async fn a_tunnel_is_open_after_any_2xx_whatever_its_header_says() {
    for answer in [
        "HTTP/1.1 200 Connection established\r\n\r\n",
        "HTTP/1.0 200\r\n\r\n",
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 299 Odd\r\nContent-Length: 5\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    ] {
        for alpn in [Alpn::Http1, Alpn::Http2] {
            let server = server(alpn).start().await;
            let proxy = TestProxy::builder()
                .reply_with(answer, AfterReply::Tunnel)
                .start()
                .await;
            let client = builder()
                .proxy(Proxy::http(&proxy.url()).expect("a proxy"))
                .build()
                .expect("a client");
            let response = client.get(server.url("/")).send().await.expect(answer);
            assert!(response.receipt().expect("verified").is_verified());
            assert_eq!(response.text().await.expect("a body"), "ok", "{answer}");
            assert_eq!(proxy.tunnels(), 1);
        }
    }
}

/// The proxy sees a CONNECT, and neither the path nor the headers of the request.
#[tokio::test]
async fn plain_http_goes_through_a_tunnel_too() {
    let server = PlainServer::start().await;
    let proxy = TestProxy::builder().start().await;
    let client = builder()
        .allow_plain_http()
        .proxy(Proxy::http(&proxy.url()).expect("a proxy"))
        .build()
        .expect("a client");
    for _ in 0..2 {
        let request = client.get(server.url("/private"));
        let response = request.send().await.expect("a response");
        assert!(response.receipt().is_none());
        assert_eq!(response.text().await.expect("a body"), "ok");
    }
    assert_eq!((proxy.tunnels(), proxy.stats().requests), (1, 1));
    for request in server.requests() {
        assert_eq!(request.uri, "/private", "not the absolute form");
        assert_eq!(request.headers.get("proxy-connection"), None);
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
        .expect_err("no server listens");
    assert_eq!(
        (error.kind(), error.phase()),
        (Kind::Connect, Some(Phase::Connect))
    );
    let refused = std::io::Error::from_raw_os_error(111);
    assert_eq!(
        error.to_string(),
        format!(
            "https://localhost:1/: the proxy http://{closed} cannot be reached: \
             could not connect to {closed}: {refused}"
        )
    );
}
