//! Interim responses by script.

use bonafide_testkit::{Alpn, PlainServer, Recipe, Scripted, TestCa, TestServer};
use http::{Request, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::client::{config, connect};

async fn server(ca: &TestCa, alpn: Alpn, script: [Scripted; 2]) -> TestServer {
    TestServer::builder(ca.issue(Recipe::for_host("localhost")))
        .alpn(alpn)
        .script(script)
        .start()
        .await
}

#[tokio::test]
async fn interim_responses_come_before_the_response_over_http1() {
    let ca = TestCa::new();
    let scripted = || {
        Scripted::ok("done")
            .interim(103, &[("link", "</a.css>"), ("x-long", &"v".repeat(200))])
            .interim(102, &[])
    };
    let server = server(&ca, Alpn::Http1, [scripted(), scripted()]).await;
    let mut tls = connect(&server, &config(&ca, &["http/1.1"]))
        .await
        .expect("a connection");
    for connection in ["keep-alive", "close"] {
        let request =
            format!("GET / HTTP/1.1\r\nhost: localhost\r\nconnection: {connection}\r\n\r\n");
        tls.write_all(request.as_bytes()).await.expect("a request");
        let mut answer = String::new();
        while !answer.ends_with("done") {
            answer.push(tls.read_u8().await.expect("more").into());
        }
        let long = "v".repeat(200);
        let interim = format!(
            "HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\nx-long: {long}\r\n\r\n\
             HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\n"
        );
        assert!(answer.starts_with(&interim), "{answer}");
    }
    server.shutdown().await;
}

#[tokio::test]
async fn interim_responses_come_before_the_response_over_plain_tcp() {
    let server = PlainServer::builder()
        .script([Scripted::ok("done").interim(103, &[])])
        .start()
        .await;
    let mut tcp = tokio::net::TcpStream::connect(server.addr())
        .await
        .expect("a connection");
    tcp.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .await
        .expect("a request");
    let mut answer = String::new();
    tcp.read_to_string(&mut answer).await.expect("a response");
    let interim = "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n";
    assert!(answer.starts_with(interim), "{answer}");
    server.shutdown().await;
}

#[tokio::test]
async fn interim_responses_come_before_the_response_over_http2() {
    let ca = TestCa::new();
    let long = "v".repeat(200);
    let scripted = || {
        Scripted::ok("done")
            .interim(103, &[("link", "</a.css>"), ("x-long", &long)])
            .header("x-final", "1")
    };
    let server = server(&ca, Alpn::Http2, [scripted(), scripted()]).await;
    let tls = connect(&server, &config(&ca, &["h2"]))
        .await
        .expect("a connection");
    let (sender, connection) = h2::client::handshake(tls).await.expect("HTTP/2 starts");
    tokio::spawn(connection);
    let mut sender = sender.ready().await.expect("a stream");
    // The second response shows that the encoder's state is still right.
    for _ in 0..2 {
        let request = Request::get(server.url("/")).body(()).expect("a request");
        let (mut response, _) = sender.send_request(request, true).expect("it leaves");
        let interim = std::future::poll_fn(|cx| response.poll_informational(cx))
            .await
            .expect("an interim response")
            .expect("no error");
        assert_eq!(interim.status(), 103);
        assert_eq!(interim.headers()["link"], "</a.css>");
        assert_eq!(interim.headers()["x-long"], long.as_str());
        let last = response.await.expect("a response");
        assert_eq!(
            (last.status(), &last.headers()["x-final"]),
            (StatusCode::OK, &"1".parse().expect("a value"))
        );
    }
    server.shutdown().await;
}
