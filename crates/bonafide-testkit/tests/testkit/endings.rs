//! The endings over HTTP/1.1, seen by a client that reads the TLS stream byte by byte.

use std::io::{self, ErrorKind};

use bonafide_testkit::{Ending, Recipe, TestCa, TestServer};
use http::Response;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::client::{config, connect, connect_to, tls_error};

async fn server(ca: &TestCa, ending: Ending) -> TestServer {
    TestServer::builder(ca.issue(Recipe::for_host("localhost")))
        .ending(ending)
        .start()
        .await
}

async fn ask(server: &TestServer, ca: &TestCa) -> TlsStream<TcpStream> {
    let mut tls = connect(server, &config(ca, &["http/1.1"]))
        .await
        .expect("a connection");
    tls.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await
        .expect("a request");
    tls
}

/// Everything until the connection ends, and how it ended: `Ok` is a close_notify.
async fn read(tls: &mut TlsStream<TcpStream>) -> (String, io::Result<()>) {
    let mut bytes = Vec::new();
    let end = tls.read_to_end(&mut bytes).await.map(|_| ());
    (String::from_utf8(bytes).expect("the answer is text"), end)
}

fn kind(end: io::Result<()>) -> Result<(), ErrorKind> {
    end.map_err(|error| error.kind())
}

/// Reads the headers of the response, whatever follows.
async fn headers(tls: &mut TlsStream<TcpStream>) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.push(tls.read_u8().await.expect("more of the headers"));
    }
    String::from_utf8(bytes).expect("headers are text")
}

/// Whether nothing is sent for now. The server has been asked to stall, and has been
/// seen to have done all else.
async fn is_silent(tls: &mut TlsStream<TcpStream>) -> bool {
    let read = tls.read_u8();
    tokio::time::timeout(std::time::Duration::from_millis(50), read)
        .await
        .is_err()
}

#[tokio::test]
async fn a_body_without_length_ends_with_or_without_close_notify() {
    let ca = TestCa::new();
    for (ending, expected) in [
        (Ending::CloseDelimited, Ok(())),
        (Ending::NoCloseNotify, Err(ErrorKind::UnexpectedEof)),
    ] {
        let server = server(&ca, ending).await;
        let (answer, end) = read(&mut ask(&server, &ca).await).await;
        assert!(answer.starts_with("HTTP/1.0 200 OK\r\n"), "{answer}");
        assert!(!answer.contains("content-length"), "{answer}");
        assert!(!answer.contains("transfer-encoding"), "{answer}");
        assert!(answer.ends_with("\r\n\r\nok"), "{answer}");
        assert_eq!(kind(end), expected, "{ending:?}");
        server.shutdown().await;
    }
}

#[tokio::test]
async fn a_connection_closes_after_a_response_that_does_not_say_so() {
    let ca = TestCa::new();
    let server = server(&ca, Ending::CloseAfterResponse).await;
    let (answer, end) = read(&mut ask(&server, &ca).await).await;
    assert!(answer.contains("content-length: 2\r\n"), "{answer}");
    assert!(!answer.contains("connection: close"), "{answer}");
    assert!(answer.ends_with("\r\n\r\nok"), "{answer}");
    assert_eq!(kind(end), Ok(()));
    server.shutdown().await;
}

#[tokio::test]
async fn a_connection_closes_in_place_of_a_response() {
    let ca = TestCa::new();
    let server = server(&ca, Ending::CloseAfterRequest).await;
    let (answer, end) = read(&mut ask(&server, &ca).await).await;
    assert_eq!((answer.as_str(), kind(end)), ("", Ok(())));
    assert_eq!(server.request_count(), 1);
    server.shutdown().await;
}

#[tokio::test]
async fn a_connection_is_reset_in_place_of_a_response() {
    let ca = TestCa::new();
    let server = server(&ca, Ending::Reset).await;
    let (answer, end) = read(&mut ask(&server, &ca).await).await;
    assert_eq!(
        (answer.as_str(), kind(end)),
        ("", Err(ErrorKind::ConnectionReset))
    );
    assert_eq!(server.request_count(), 1);
    server.shutdown().await;
}

#[tokio::test]
async fn a_connection_is_reset_after_the_headers() {
    let ca = TestCa::new();
    let server = server(&ca, Ending::ResetAfterHeaders).await;
    let mut tls = ask(&server, &ca).await;
    // A reset may overtake what was sent before it.
    let (answer, end) = read(&mut tls).await;
    assert_eq!(kind(end), Err(ErrorKind::ConnectionReset));
    assert!(
        answer.is_empty() || answer.ends_with("\r\n\r\n"),
        "{answer}"
    );
    server.shutdown().await;
}

#[tokio::test]
async fn a_body_is_cut_at_the_byte() {
    let ca = TestCa::new();
    for sent in [0, 1, 20_000, 3_000_000] {
        let server = server(
            &ca,
            Ending::TruncatedBody {
                declared: 4_000_000,
                sent,
            },
        )
        .await;
        let mut tls = ask(&server, &ca).await;
        let headers = headers(&mut tls).await;
        assert!(headers.contains("content-length: 4000000\r\n"), "{headers}");
        let (body, end) = read(&mut tls).await;
        assert_eq!((body.len() as u64, kind(end)), (sent, Ok(())));
        server.shutdown().await;
    }
}

#[tokio::test]
async fn a_stall_keeps_the_connection_open() {
    let ca = TestCa::new();
    for ending in [
        Ending::StallBeforeHeaders,
        Ending::StallAfterHeaders,
        Ending::Freeze,
    ] {
        let server = server(&ca, ending).await;
        let mut tls = ask(&server, &ca).await;
        server.wait_for(|stats| stats.requests == 1).await;
        if ending == Ending::StallAfterHeaders {
            let headers = headers(&mut tls).await;
            assert!(headers.contains("content-length: 2\r\n"), "{headers}");
        }
        assert!(is_silent(&mut tls).await, "{ending:?}");
        assert_eq!(server.open_connections(), 1);
        server.shutdown().await;
    }
}

#[tokio::test]
async fn handshakes_are_closed_reset_or_left_unanswered() {
    let ca = TestCa::new();
    for (ending, expected) in [
        (Ending::CloseInHandshake, ErrorKind::UnexpectedEof),
        (Ending::ResetInHandshake, ErrorKind::ConnectionReset),
    ] {
        let server = server(&ca, ending).await;
        let error = connect(&server, &config(&ca, &[]))
            .await
            .expect_err("no handshake");
        // Closing a socket that holds unread bytes resets it, on some systems.
        let closed = [expected, ErrorKind::ConnectionReset];
        assert!(closed.contains(&error.kind()), "{ending:?}: {error:?}");
        assert_eq!((server.tcp_connections(), server.tls_handshakes()), (1, 0));
        server.shutdown().await;
    }
    let server = server(&ca, Ending::StallInHandshake).await;
    let handshake = connect_to(server.addr(), config(&ca, &[]), "localhost".into());
    let mut handshake = std::pin::pin!(handshake);
    tokio::select! {
        outcome = &mut handshake => panic!("{outcome:?}"),
        stats = server.wait_for(|stats| stats.open_connections == 1) => {
            assert_eq!(stats.tls_handshakes, 0);
        }
    }
    server.shutdown().await;
    handshake.await.expect_err("the server has gone");
}

#[tokio::test]
async fn the_first_connections_end_in_turn() {
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host("localhost"));
    let server = TestServer::builder(identity)
        .endings([Ending::Reset, Ending::CloseAfterRequest])
        .start()
        .await;
    let (_, first) = read(&mut ask(&server, &ca).await).await;
    assert_eq!(kind(first), Err(ErrorKind::ConnectionReset));
    let (answer, second) = read(&mut ask(&server, &ca).await).await;
    assert_eq!((answer.as_str(), kind(second)), ("", Ok(())));
    assert!(
        headers(&mut ask(&server, &ca).await)
            .await
            .starts_with("HTTP/1.1 200 OK")
    );
    server.shutdown().await;
}

#[tokio::test]
async fn a_handler_chooses_the_ending_of_one_request() {
    let ca = TestCa::new();
    let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
        .handler(|request| async move {
            let mut response = Response::new("fine");
            if request.uri().path() == "/bad" {
                response.extensions_mut().insert(Ending::CloseAfterRequest);
            }
            response
        })
        .start()
        .await;
    let mut tls = ask(&server, &ca).await;
    headers(&mut tls).await;
    tls.write_all(b"GET /bad HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await
        .expect("a request");
    let (rest, end) = read(&mut tls).await;
    assert_eq!((rest.as_str(), kind(end)), ("fine", Ok(())));
    server.shutdown().await;
}

#[tokio::test]
async fn a_rustls_client_knows_a_missing_close_notify() {
    let ca = TestCa::new();
    let server = server(&ca, Ending::NoCloseNotify).await;
    let (_, end) = read(&mut ask(&server, &ca).await).await;
    let error = end.expect_err("no close_notify");
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    assert!(error.to_string().contains("close_notify"), "{error}");
    server.shutdown().await;
    // A certificate error is of another kind, so that the two cannot be taken for each other.
    let stranger = TestServer::http1(TestCa::new().issue(Recipe::for_host("localhost"))).await;
    let refusal = connect(&stranger, &config(&ca, &[]))
        .await
        .expect_err("an unknown root");
    assert!(matches!(
        tls_error(&refusal),
        rustls::Error::InvalidCertificate(_)
    ));
    stranger.shutdown().await;
}
