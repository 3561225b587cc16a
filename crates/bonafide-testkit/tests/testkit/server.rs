use std::net::Ipv6Addr;

use bonafide_testkit::{Alpn, Identity, Recipe, TestCa, TestServer};
use http::{Request, StatusCode, Version};

use crate::client::{config, connect, connect_as, get, http1, http2, text};

fn localhost(ca: &TestCa) -> Identity {
    ca.issue(Recipe::for_hosts(["localhost", "127.0.0.1", "::1"]))
}

#[tokio::test]
async fn the_shortest_servers_answer_ok_in_their_protocol() {
    let ca = TestCa::new();
    let config = config(&ca, &["h2", "http/1.1"]);

    let one = TestServer::http1(localhost(&ca)).await;
    let mut sender = http1(connect(&one, &config).await.expect("a connection")).await;
    let response = sender.send_request(get("/")).await.expect("a response");
    assert_eq!(
        (response.status(), response.version()),
        (StatusCode::OK, Version::HTTP_11)
    );
    assert_eq!(text(response).await.expect("a body"), "ok");

    let two = TestServer::http2(localhost(&ca)).await;
    let mut sender = http2(connect(&two, &config).await.expect("a connection")).await;
    let response = sender
        .send_request(get(&two.url("/")))
        .await
        .expect("a response");
    assert_eq!(
        (response.status(), response.version()),
        (StatusCode::OK, Version::HTTP_2)
    );
    assert_eq!(text(response).await.expect("a body"), "ok");

    one.shutdown().await;
    two.shutdown().await;
}

#[tokio::test]
async fn alpn_decides_what_is_spoken() {
    let ca = TestCa::new();
    for (alpn, offered, negotiated) in [
        (Alpn::Both, &["h2", "http/1.1"][..], Some("h2")),
        (Alpn::Both, &["http/1.1"], Some("http/1.1")),
        (Alpn::Both, &[], None),
        (Alpn::Http1, &["h2", "http/1.1"], Some("http/1.1")),
        (Alpn::Http2, &["h2", "http/1.1"], Some("h2")),
        (Alpn::None, &["h2", "http/1.1"], None),
    ] {
        let server = TestServer::builder(localhost(&ca)).alpn(alpn).start().await;
        let tls = connect(&server, &config(&ca, offered))
            .await
            .expect("a connection");
        assert_eq!(
            tls.get_ref().1.alpn_protocol(),
            negotiated.map(str::as_bytes),
            "{alpn:?}"
        );
        let response = if negotiated == Some("h2") {
            http2(tls).await.send_request(get(&server.url("/"))).await
        } else {
            http1(tls).await.send_request(get("/")).await
        };
        assert_eq!(
            response.expect("a response").status(),
            StatusCode::OK,
            "{alpn:?}"
        );
        server.shutdown().await;
    }
}

#[tokio::test]
async fn open_connections_go_down_when_clients_leave() {
    let ca = TestCa::new();
    let config = config(&ca, &[]);
    let server = TestServer::http1(localhost(&ca)).await;
    let one = connect(&server, &config).await.expect("a connection");
    let two = connect(&server, &config).await.expect("a connection");
    let stats = server.wait_for(|stats| stats.tls_handshakes == 2).await;
    assert_eq!((stats.tcp_connections, stats.open_connections), (2, 2));
    drop(one);
    let stats = server.wait_for(|stats| stats.open_connections < 2).await;
    assert_eq!((stats.tcp_connections, stats.open_connections), (2, 1));
    drop(two);
    server.wait_for(|stats| stats.open_connections == 0).await;
    server.shutdown().await;
}

#[tokio::test]
async fn idle_connections_close_when_asked_to_and_new_ones_are_welcome() {
    let ca = TestCa::new();
    for alpn in ["h2", "http/1.1"] {
        let server = TestServer::builder(localhost(&ca)).start().await;
        let config = config(&ca, &[alpn]);
        let tls = connect(&server, &config).await.expect("a connection");
        if alpn == "h2" {
            let mut sender = http2(tls).await;
            let response = sender
                .send_request(get(&server.url("/")))
                .await
                .expect("a response");
            text(response).await.expect("a body");
        } else {
            let mut sender = http1(tls).await;
            text(sender.send_request(get("/")).await.expect("a response"))
                .await
                .expect("a body");
        }
        server.close_connections();
        server.wait_for(|stats| stats.open_connections == 0).await;
        connect(&server, &config).await.expect("another connection");
        server.shutdown().await;
    }
}

#[tokio::test]
async fn a_stream_limit_is_told_to_the_client() {
    let ca = TestCa::new();
    let server = TestServer::builder(localhost(&ca))
        .max_concurrent_streams(3)
        .start()
        .await;
    let tls = connect(&server, &config(&ca, &["h2"]))
        .await
        .expect("a connection");
    let (sender, connection) = h2::client::handshake(tls).await.expect("HTTP/2 starts");
    tokio::spawn(connection);
    let mut sender = sender.ready().await.expect("a stream");
    let request = Request::get(server.url("/"))
        .body(())
        .expect("a good request");
    let (response, _) = sender
        .send_request(request, true)
        .expect("the request leaves");
    response.await.expect("a response, after the settings");
    assert_eq!(sender.current_max_send_streams(), 3);
    server.shutdown().await;
}

#[tokio::test]
async fn a_server_may_listen_on_ipv6() {
    let ca = TestCa::new();
    let Ok(probe) = std::net::TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) else {
        eprintln!("skipped: no IPv6 loopback");
        return;
    };
    drop(probe);
    let server = TestServer::builder(localhost(&ca))
        .bind(Ipv6Addr::LOCALHOST)
        .start()
        .await;
    assert!(server.addr().is_ipv6());
    connect_as(&server, &config(&ca, &[]), "::1")
        .await
        .expect("a connection");
    assert_eq!(
        server.url_for("::1", "/x"),
        format!("https://[::1]:{}/x", server.port())
    );
    server.shutdown().await;
}

#[tokio::test]
async fn after_shutdown_nobody_listens() {
    let ca = TestCa::new();
    let server = TestServer::http1(localhost(&ca)).await;
    let addr = server.addr();
    server.shutdown().await;
    let error = tokio::net::TcpStream::connect(addr)
        .await
        .expect_err("no server listens");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
}
