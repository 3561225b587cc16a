//! Faults by script: of connections and of HTTP/2 streams, seen by clients written by hand.

use std::io::ErrorKind;

use bonafide_testkit::server::{ErrorCode, LastStream};
use bonafide_testkit::{Alpn, Ending, Recipe, Scripted, TestCa, TestServer};
use h2::client::SendRequest;
use http::Request;
use rustls::AlertDescription;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::client::{config, connect, get, http1, tls_error};
use crate::panics::message;

async fn scripted<const N: usize>(ca: &TestCa, alpn: Alpn, script: [Scripted; N]) -> TestServer {
    TestServer::builder(ca.issue(Recipe::for_host("localhost")))
        .alpn(alpn)
        .script(script)
        .start()
        .await
}

async fn http2(server: &TestServer, ca: &TestCa) -> SendRequest<bytes::Bytes> {
    let tls = connect(server, &config(ca, &["h2"]))
        .await
        .expect("a connection");
    let (sender, connection) = h2::client::handshake(tls).await.expect("HTTP/2 starts");
    tokio::spawn(connection);
    sender.ready().await.expect("a stream")
}

fn ask(server: &TestServer, sender: &mut SendRequest<bytes::Bytes>) -> h2::client::ResponseFuture {
    let request = Request::get(server.url("/")).body(()).expect("a request");
    sender.send_request(request, true).expect("it leaves").0
}

/// The code of an error that came from the server.
fn code(error: &h2::Error) -> Option<u32> {
    assert!(error.is_remote(), "{error:?}");
    error.reason().map(u32::from)
}

#[tokio::test]
async fn a_connection_is_reset_when_it_is_accepted() {
    let ca = TestCa::new();
    let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
        .endings([Ending::ResetOnAccept])
        .start()
        .await;
    let error = connect(&server, &config(&ca, &[]))
        .await
        .expect_err("no handshake");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error:?}");
    assert_eq!(
        (server.tcp_connections(), server.stats().client_hellos),
        (1, 0)
    );
    connect(&server, &config(&ca, &[]))
        .await
        .expect("the next is served");
    server.shutdown().await;
}

#[tokio::test]
async fn a_handshake_is_refused_with_the_alert() {
    let ca = TestCa::new();
    for alert in [
        AlertDescription::AccessDenied,
        AlertDescription::InternalError,
    ] {
        let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
            .ending(Ending::AlertInHandshake(alert))
            .start()
            .await;
        let error = connect(&server, &config(&ca, &[]))
            .await
            .expect_err("no handshake");
        assert_eq!(tls_error(&error), &rustls::Error::AlertReceived(alert));
        server.shutdown().await;
    }
}

#[tokio::test]
async fn a_scripted_body_is_cut_at_the_byte() {
    let ca = TestCa::new();
    for (ending, end) in [
        (Ending::CutBody { sent: 4 }, Ok(())),
        (
            Ending::ResetInBody { sent: 4 },
            Err(ErrorKind::ConnectionReset),
        ),
    ] {
        let server = scripted(
            &ca,
            Alpn::Http1,
            [Scripted::ok("whole body").ending(ending)],
        )
        .await;
        let mut tls = connect(&server, &config(&ca, &["http/1.1"]))
            .await
            .expect("a connection");
        tls.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
            .await
            .expect("a request");
        let mut answer = Vec::new();
        let ended = tls.read_to_end(&mut answer).await;
        let answer = String::from_utf8(answer).expect("text");
        assert_eq!(
            ended.map(drop).map_err(|error| error.kind()),
            end,
            "{ending:?}"
        );
        assert!(answer.contains("content-length: 10\r\n"), "{answer}");
        assert!(answer.ends_with("\r\n\r\nwhol"), "{answer}");
        server.shutdown().await;
    }
}

#[tokio::test]
async fn a_response_of_the_http_crate_keeps_its_ending() {
    let ca = TestCa::new();
    let response = http::Response::builder()
        .extension(Ending::CloseAfterRequest)
        .body("lost");
    let server = scripted(&ca, Alpn::Http1, [response.expect("a response").into()]).await;
    let mut sender = http1(
        connect(&server, &config(&ca, &[]))
            .await
            .expect("a connection"),
    )
    .await;
    let error = sender
        .send_request(get("/"))
        .await
        .expect_err("no response");
    assert!(error.is_incomplete_message(), "{error:?}");
    server.shutdown().await;
}

#[tokio::test]
async fn a_cut_without_a_body_cuts_all_the_same() {
    let ca = TestCa::new();
    let fault = Scripted::fault(Ending::CutBody { sent: 1 });
    let server = scripted(&ca, Alpn::Http1, [fault]).await;
    let mut sender = http1(
        connect(&server, &config(&ca, &[]))
            .await
            .expect("a connection"),
    )
    .await;
    let response = sender.send_request(get("/")).await.expect("headers");
    let error = crate::client::text(response).await.expect_err("no end");
    assert_eq!(
        crate::client::io_kind(&error),
        Some(ErrorKind::UnexpectedEof),
        "{error:?}"
    );
    server.shutdown().await;
}

#[tokio::test]
async fn a_connection_is_reset_within_the_requests_body() {
    let ca = TestCa::new();
    let fault = Scripted::fault(Ending::ResetInRequest { received: 3 });
    let server = scripted(&ca, Alpn::Http1, [fault]).await;
    let mut tls = connect(&server, &config(&ca, &["http/1.1"]))
        .await
        .expect("a connection");
    tls.write_all(b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\nabc")
        .await
        .expect("a request in part");
    let error = tls.read_u8().await.expect_err("no response");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error:?}");
    let request = server.take_request().await;
    assert_eq!((&request.body[..], request.body_len), (&b"abc"[..], 3));
    server.shutdown().await;
}

#[tokio::test]
async fn one_stream_is_reset_with_the_code_and_the_next_is_served() {
    let ca = TestCa::new();
    for number in [
        ErrorCode::REFUSED_STREAM,
        ErrorCode::CANCEL,
        ErrorCode(0x123),
    ] {
        let script = [
            Scripted::fault(Ending::ResetStream(number)),
            Scripted::new(204),
        ];
        let server = scripted(&ca, Alpn::Http2, script).await;
        let mut sender = http2(&server, &ca).await;
        let error = ask(&server, &mut sender).await.expect_err("a reset");
        assert!(error.is_reset(), "{error:?}");
        assert_eq!(code(&error), Some(number.0));
        let next = ask(&server, &mut sender).await.expect("a response");
        assert_eq!(next.status(), 204);
        assert_eq!(server.tcp_connections(), 1);
        server.shutdown().await;
    }
}

#[tokio::test]
async fn one_stream_is_reset_within_its_body_and_the_next_is_served() {
    let ca = TestCa::new();
    let enhance = ErrorCode::ENHANCE_YOUR_CALM;
    let ending = Ending::ResetStreamInBody {
        sent: 4,
        code: enhance,
    };
    let script = [
        Scripted::ok("whole body").ending(ending),
        Scripted::new(204),
    ];
    let server = scripted(&ca, Alpn::Http2, script).await;
    let mut sender = http2(&server, &ca).await;
    let response = ask(&server, &mut sender).await.expect("headers");
    assert_eq!(response.headers()["content-length"], "10");
    let mut body = response.into_body();
    let data = body.data().await.expect("data").expect("no error yet");
    assert_eq!(data, "whol");
    let error = body
        .data()
        .await
        .expect("not the end")
        .expect_err("a reset");
    assert_eq!((error.is_reset(), code(&error)), (true, Some(enhance.0)));
    let next = ask(&server, &mut sender).await.expect("a response");
    assert_eq!(next.status(), 204);
    server.shutdown().await;
}

#[tokio::test]
async fn goaway_has_its_code_and_its_last_stream() {
    let ca = TestCa::new();
    let table = [
        (LastStream::BeforeThis, ErrorCode::ENHANCE_YOUR_CALM),
        (LastStream::Number(0), ErrorCode(99)),
    ];
    for (last, number) in table {
        let script = [
            Scripted::new(204),
            Scripted::fault(Ending::GoAway { last, code: number }),
        ];
        let server = scripted(&ca, Alpn::Http2, script).await;
        let mut sender = http2(&server, &ca).await;
        ask(&server, &mut sender).await.expect("a response");
        let error = ask(&server, &mut sender).await.expect_err("a GOAWAY");
        assert!(error.is_go_away(), "{last:?} {number:?}: {error:?}");
        assert_eq!(code(&error), Some(number.0));
        server.wait_for(|stats| stats.open_connections == 0).await;
        server.shutdown().await;
    }
}

#[tokio::test]
async fn a_graceful_goaway_lets_earlier_streams_end() {
    let ca = TestCa::new();
    for (last, is_answered) in [(LastStream::This, true), (LastStream::BeforeThis, false)] {
        let slow = Scripted::ok("slow").body_delay(std::time::Duration::from_millis(50));
        let code = ErrorCode::NO_ERROR;
        let script = [
            slow,
            Scripted::ok("last").ending(Ending::GoAway { last, code }),
        ];
        let server = scripted(&ca, Alpn::Http2, script).await;
        let mut sender = http2(&server, &ca).await;
        let first = ask(&server, &mut sender);
        let second = ask(&server, &mut sender);
        match second.await {
            Ok(response) => assert!(is_answered, "{response:?}"),
            Err(error) => {
                assert!(!is_answered && error.is_go_away(), "{error:?}");
                assert_eq!(error.reason(), Some(h2::Reason::NO_ERROR));
            }
        }
        let mut body = first.await.expect("headers").into_body();
        let data = body.data().await.expect("data").expect("no error");
        assert_eq!(data, "slow", "{last:?}");
        drop(sender);
        server.wait_for(|stats| stats.open_connections == 0).await;
        server.shutdown().await;
    }
}

#[tokio::test]
async fn an_ending_of_streams_over_http1_fails_the_test() {
    let ca = TestCa::new();
    let fault = Scripted::fault(Ending::ResetStream(ErrorCode::CANCEL));
    let server = scripted(&ca, Alpn::Http1, [fault]).await;
    let mut sender = http1(
        connect(&server, &config(&ca, &[]))
            .await
            .expect("a connection"),
    )
    .await;
    sender
        .send_request(get("/"))
        .await
        .expect_err("no response");
    let failure = message(tokio::spawn(server.shutdown()).await);
    let words = "ResetStream(CANCEL) needs HTTP/2, and this connection is not";
    assert_eq!(failure, words);
}
