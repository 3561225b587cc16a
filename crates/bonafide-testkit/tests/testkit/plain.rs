use bonafide_testkit::{Ending, PlainServer};
use http::{Response, StatusCode};
use tokio::net::TcpStream;

use crate::client::{get, http1, io_kind, text};

#[tokio::test]
async fn a_plain_server_answers_and_counts_bytes() {
    let server = PlainServer::start().await;
    assert_eq!((server.tcp_connections(), server.bytes_received()), (0, 0));
    let tcp = TcpStream::connect(server.addr())
        .await
        .expect("a connection");
    let mut sender = http1(tcp).await;
    let response = sender.send_request(get("/")).await.expect("a response");
    assert_eq!(text(response).await.expect("a body"), "ok");
    let request = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
    assert_eq!(server.bytes_received(), request.len() as u64);
    assert_eq!((server.tcp_connections(), server.request_count()), (1, 1));
    assert_eq!(
        server.url("/x"),
        format!("http://localhost:{}/x", server.port())
    );
    server.shutdown().await;
}

#[tokio::test]
async fn a_plain_server_redirects() {
    let server = PlainServer::builder()
        .handler(|_| async {
            Response::builder()
                .status(StatusCode::FOUND)
                .header("location", "https://localhost/")
                .body("")
                .expect("a good response")
        })
        .start()
        .await;
    let tcp = TcpStream::connect(server.addr())
        .await
        .expect("a connection");
    let response = http1(tcp)
        .await
        .send_request(get("/"))
        .await
        .expect("a response");
    assert_eq!(response.status(), StatusCode::FOUND);
    assert_eq!(response.headers()["location"], "https://localhost/");
    server.shutdown().await;
}

#[tokio::test]
async fn a_plain_server_has_endings_too() {
    let server = PlainServer::builder()
        .ending(Ending::TruncatedBody {
            declared: 9,
            sent: 3,
        })
        .start()
        .await;
    let tcp = TcpStream::connect(server.addr())
        .await
        .expect("a connection");
    let response = http1(tcp)
        .await
        .send_request(get("/"))
        .await
        .expect("a response");
    let error = text(response).await.expect_err("the body is cut");
    assert_eq!(
        io_kind(&error),
        Some(std::io::ErrorKind::UnexpectedEof),
        "{error:?}"
    );
    server.shutdown().await;
}

#[tokio::test(start_paused = true)]
#[should_panic(
    expected = "the condition was not met within 30s: ServerStats { tcp_connections: 0, "
)]
async fn a_wait_in_vain_fails_the_test_with_the_counters() {
    let server = PlainServer::start().await;
    server.wait_for(|stats| stats.requests == 1).await;
}
