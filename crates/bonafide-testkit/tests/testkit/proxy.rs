use bonafide_testkit::proxy::AfterReply;
use bonafide_testkit::{Recipe, TestCa, TestProxy, TestServer};
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::client::{config, get, http1, text};

fn connect_to(authority: &str, credentials: Option<&str>) -> Request<Full<Bytes>> {
    let mut request = Request::builder().method(Method::CONNECT).uri(authority);
    if let Some(credentials) = credentials {
        request = request.header("proxy-authorization", credentials);
    }
    request.body(Full::default()).expect("a good request")
}

async fn client(proxy: &TestProxy) -> hyper::client::conn::http1::SendRequest<Full<Bytes>> {
    let tcp = TcpStream::connect(proxy.addr())
        .await
        .expect("a connection");
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(tcp))
        .await
        .expect("HTTP/1.1 starts");
    tokio::spawn(connection.with_upgrades());
    sender
}

#[tokio::test]
async fn a_request_goes_through_a_tunnel_to_where_the_route_leads() {
    let ca = TestCa::new();
    let server = TestServer::http1(ca.issue(Recipe::for_host("a.test"))).await;
    let proxy = TestProxy::builder()
        .route("a.test", server.addr())
        .start()
        .await;
    let response = client(&proxy)
        .await
        .send_request(connect_to("a.test:443", None))
        .await
        .expect("an answer");
    assert_eq!(response.status(), StatusCode::OK);
    let tunnel = TokioIo::new(hyper::upgrade::on(response).await.expect("a tunnel"));
    let connector = tokio_rustls::TlsConnector::from(config(&ca, &[]));
    let tls = connector
        .connect("a.test".try_into().expect("a name"), tunnel)
        .await
        .expect("a connection");
    let mut sender = http1(tls).await;
    let response = sender
        .send_request(get("/through"))
        .await
        .expect("a response");
    assert_eq!(text(response).await.expect("a body"), "ok");
    assert_eq!(server.requests()[0].uri.path(), "/through");
    let stats = proxy.stats();
    assert_eq!(
        (stats.connections, stats.requests, stats.tunnels),
        (1, 1, 1)
    );
    assert_eq!((stats.open_tunnels, stats.refusals), (1, 0));
    drop(sender);
    proxy.wait_for(|stats| stats.open_tunnels == 0).await;
    server.shutdown().await;
}

#[tokio::test]
async fn credentials_are_demanded_on_a_connection_that_stays_open() {
    let server = bonafide_testkit::PlainServer::start().await;
    let proxy = TestProxy::builder()
        .basic_auth("user", "secret")
        .start()
        .await;
    let authority = server.addr().to_string();
    let mut sender = client(&proxy).await;
    for credentials in [None, Some("Basic d3Jvbmc6d3Jvbmc=")] {
        sender.ready().await.expect("the connection stays open");
        let refused = sender
            .send_request(connect_to(&authority, credentials))
            .await;
        let refused = refused.expect("an answer");
        assert_eq!(refused.status(), StatusCode::PROXY_AUTHENTICATION_REQUIRED);
        assert_eq!(
            refused.headers()["proxy-authenticate"],
            "Basic realm=\"test proxy\""
        );
    }
    sender.ready().await.expect("the connection stays open");
    // `user:secret`, as RFC 7617 encodes it.
    let good = sender
        .send_request(connect_to(&authority, Some("Basic dXNlcjpzZWNyZXQ=")))
        .await;
    assert_eq!(good.expect("an answer").status(), StatusCode::OK);
    let stats = proxy.stats();
    assert_eq!(
        (stats.connections, stats.tunnels, stats.refusals),
        (1, 1, 2)
    );
    let requests = proxy.connect_requests();
    assert_eq!(requests.len(), 3);
    assert_eq!(requests[2].authority, authority);
    assert_eq!(
        requests[2].headers["proxy-authorization"],
        "Basic dXNlcjpzZWNyZXQ="
    );
    server.shutdown().await;
}

#[tokio::test]
async fn a_proxy_refuses_with_the_status_it_was_given() {
    let proxy = TestProxy::builder()
        .refuse(StatusCode::FORBIDDEN)
        .start()
        .await;
    let answer = client(&proxy)
        .await
        .send_request(connect_to("a.test:443", None))
        .await;
    assert_eq!(answer.expect("an answer").status(), StatusCode::FORBIDDEN);
    assert_eq!((proxy.tunnels(), proxy.stats().refusals), (0, 1));
}

#[tokio::test]
async fn a_proxy_answers_with_the_bytes_that_it_was_given() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let server = bonafide_testkit::PlainServer::start().await;
    let request = "CONNECT a.test:443 HTTP/1.1\r\nX-A: b\r\n\r\n";
    let inner = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";
    for (then, inner, expected) in [
        (AfterReply::Close, "", "HTTP/2 200\r\n"),
        (
            AfterReply::Tunnel,
            inner,
            "HTTP/2 200\r\nHTTP/1.1 200 OK\r\n",
        ),
    ] {
        let proxy = TestProxy::builder()
            .reply_with("HTTP/2 200\r\n", then)
            .route("a.test", server.addr())
            .start()
            .await;
        let mut client = TcpStream::connect(proxy.addr())
            .await
            .expect("a connection");
        client
            .write_all(format!("{request}{inner}").as_bytes())
            .await
            .expect("a reader");
        let mut answer = vec![0; expected.len()];
        client.read_exact(&mut answer).await.expect("an answer");
        assert_eq!(String::from_utf8_lossy(&answer), expected);
        let request = &proxy.connect_requests()[0];
        assert_eq!(request.authority, "a.test:443");
        assert_eq!(request.headers["x-a"], "b");
        let is_open = usize::from(then == AfterReply::Tunnel);
        assert_eq!(
            (proxy.tunnels(), proxy.stats().refusals),
            (is_open, 1 - is_open)
        );
    }
    server.shutdown().await;
}

#[tokio::test]
async fn a_target_that_does_not_listen_is_a_bad_gateway() {
    let gone = bonafide_testkit::PlainServer::start().await;
    let authority = gone.addr().to_string();
    gone.shutdown().await;
    let proxy = TestProxy::start().await;
    let answer = client(&proxy)
        .await
        .send_request(connect_to(&authority, None))
        .await;
    assert_eq!(answer.expect("an answer").status(), StatusCode::BAD_GATEWAY);
}

#[tokio::test]
async fn other_methods_are_not_allowed() {
    let proxy = TestProxy::start().await;
    let answer = client(&proxy)
        .await
        .send_request(get("http://a.test/"))
        .await;
    assert_eq!(
        answer.expect("an answer").status(),
        StatusCode::METHOD_NOT_ALLOWED
    );
    assert_eq!(proxy.stats().requests, 0);
}

#[tokio::test]
async fn a_stalled_proxy_never_answers() {
    let proxy = TestProxy::builder().stall().start().await;
    let mut sender = client(&proxy).await;
    let mut answer = std::pin::pin!(sender.send_request(connect_to("a.test:443", None)));
    tokio::select! {
        answer = &mut answer => panic!("{answer:?}"),
        stats = proxy.wait_for(|stats| stats.requests == 1) => assert_eq!(stats.tunnels, 0),
    }
    drop(proxy);
    answer.await.expect_err("the proxy has gone");
}
