//! Many requests, few connections.

use bonafide::Client;
use bonafide_testkit::{Alpn, TestServer};
use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt};

use crate::support::{client, server};

const BURST: usize = 64;
const MANY: usize = 10_000;

async fn get(client: &Client, url: &str) {
    let response = client.get(url).send().await.expect("a response");
    assert!(response.receipt().expect("verified").is_verified());
    assert_eq!(response.bytes().await.expect("a body"), "ok");
}

async fn burst(client: &Client, server: &TestServer) {
    let url = server.url("/");
    join_all((0..BURST).map(|_| get(client, &url))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cold_burst_over_http2_makes_one_connection() {
    let server = server(Alpn::Both).start().await;
    burst(&client(), &server).await;
    assert_eq!(server.request_count(), BURST);
    assert_eq!((server.tcp_connections(), server.tls_handshakes()), (1, 1));
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cold_burst_over_http1_makes_no_more_connections_than_requests() {
    let server = server(Alpn::Http1).start().await;
    burst(&client(), &server).await;
    assert_eq!(server.request_count(), BURST);
    let connections = server.tcp_connections();
    assert!((1..=BURST).contains(&connections), "{connections}");
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelling_the_request_that_connects_fails_nobody_else() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(alpn).hold_handshakes().start().await;
        let client = client();
        let url = server.url("/");
        let opener = tokio::spawn({
            let (client, url) = (client.clone(), url.clone());
            async move { client.get(url).send().await.map(drop) }
        });
        server.wait_for(|stats| stats.waiting_handshakes == 1).await;
        let others: Vec<_> = (1..BURST)
            .map(|_| {
                let (client, url) = (client.clone(), url.clone());
                tokio::spawn(async move { get(&client, &url).await })
            })
            .collect();
        opener.abort();
        assert!(opener.await.expect_err("aborted").is_cancelled());
        server.release_handshakes();
        for other in others {
            other.await.expect("no panic");
        }
        assert_eq!(server.request_count(), BURST - 1);
        let connections = server.tcp_connections();
        match alpn {
            Alpn::Http2 => assert_eq!(connections, 1),
            _ => assert!(connections <= BURST, "{connections}"),
        }
        server.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_requests_over_http2_use_one_connection() {
    let server = server(Alpn::Both).request_log(0).start().await;
    let client = client();
    let url = server.url("/");
    stream::iter(0..MANY)
        .for_each_concurrent(BURST, |_| get(&client, &url))
        .await;
    assert_eq!(server.request_count(), MANY);
    assert_eq!(server.tcp_connections(), 1);
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_requests_64_at_once_over_http1_use_64_connections() {
    let server = server(Alpn::Http1).request_log(0).start().await;
    let client = client();
    let url = server.url("/");
    stream::iter(0..MANY)
        .for_each_concurrent(BURST, |_| get(&client, &url))
        .await;
    assert_eq!(server.request_count(), MANY);
    let connections = server.tcp_connections();
    assert!((1..=BURST).contains(&connections), "{connections}");
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sequential_large_bodies_over_http1_use_one_connection() {
    let body = vec![b'x'; 1024 * 1024];
    let server = server(Alpn::Http1)
        .handler(move |_| {
            let body = body.clone();
            async { http::Response::new(body) }
        })
        .start()
        .await;
    let client = client();
    for _ in 0..50 {
        let response = client
            .get(server.url("/"))
            .send()
            .await
            .expect("a response");
        assert_eq!(response.bytes().await.expect("a body").len(), 1024 * 1024);
    }
    assert_eq!(server.tcp_connections(), 1);
    server.shutdown().await;
}
