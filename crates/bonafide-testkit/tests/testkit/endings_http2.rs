//! The endings over HTTP/2, seen by hyper's client.

use std::io::ErrorKind;

use bonafide_testkit::{Alpn, Ending, Recipe, TestCa, TestServer};
use http::Response;
use http_body_util::BodyExt as _;
use hyper::client::conn::http2::SendRequest;

use crate::client::{config, connect, get, http2, io_kind, text};

async fn client(
    server: &TestServer,
    ca: &TestCa,
) -> SendRequest<http_body_util::Full<bytes::Bytes>> {
    http2(
        connect(server, &config(ca, &["h2"]))
            .await
            .expect("a connection"),
    )
    .await
}

async fn server(ca: &TestCa, ending: Ending) -> TestServer {
    TestServer::builder(ca.issue(Recipe::for_host("localhost")))
        .alpn(Alpn::Http2)
        .ending(ending)
        .start()
        .await
}

#[tokio::test]
async fn a_response_is_followed_by_goaway() {
    let ca = TestCa::new();
    for ending in [
        Ending::CloseAfterResponse,
        Ending::NoCloseNotify,
        Ending::CloseDelimited,
    ] {
        let server = server(&ca, ending).await;
        let mut sender = client(&server, &ca).await;
        let response = sender
            .send_request(get(&server.url("/")))
            .await
            .expect("a response");
        assert_eq!(text(response).await.expect("a body"), "ok", "{ending:?}");
        server.wait_for(|stats| stats.open_connections == 0).await;
        assert!(
            sender
                .ready()
                .await
                .expect_err("no more requests")
                .is_closed(),
            "{ending:?}"
        );
        server.shutdown().await;
    }
}

#[tokio::test]
async fn a_connection_is_reset_under_all_of_its_streams() {
    let ca = TestCa::new();
    let server = server(&ca, Ending::Reset).await;
    let mut sender = client(&server, &ca).await;
    let error = sender
        .send_request(get(&server.url("/")))
        .await
        .expect_err("no response");
    assert_eq!(
        io_kind(&error),
        Some(ErrorKind::ConnectionReset),
        "{error:?}"
    );
    server.shutdown().await;
}

#[tokio::test]
async fn a_connection_closes_in_place_of_a_response() {
    let ca = TestCa::new();
    let server = server(&ca, Ending::CloseAfterRequest).await;
    let mut sender = client(&server, &ca).await;
    sender
        .send_request(get(&server.url("/")))
        .await
        .expect_err("no response");
    assert_eq!(server.request_count(), 1);
    server.wait_for(|stats| stats.open_connections == 0).await;
    server.shutdown().await;
}

#[tokio::test]
async fn a_body_is_cut_within_what_was_declared() {
    let ca = TestCa::new();
    let server = server(
        &ca,
        Ending::TruncatedBody {
            declared: 100,
            sent: 7,
        },
    )
    .await;
    let mut sender = client(&server, &ca).await;
    let mut response = sender
        .send_request(get(&server.url("/")))
        .await
        .expect("a response");
    assert_eq!(response.headers()["content-length"], "100");
    let first = response
        .body_mut()
        .frame()
        .await
        .expect("a frame")
        .expect("no error yet");
    assert_eq!(first.into_data().expect("data"), "xxxxxxx");
    response
        .body_mut()
        .frame()
        .await
        .expect("not the end")
        .expect_err("the cut");
    server.shutdown().await;
}

#[tokio::test]
async fn one_stalled_stream_does_not_hold_the_others() {
    let ca = TestCa::new();
    let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
        .handler(|request| async move {
            let mut response = Response::new("fine");
            match request.uri().path() {
                "/before" => drop(response.extensions_mut().insert(Ending::StallBeforeHeaders)),
                "/after" => drop(response.extensions_mut().insert(Ending::StallAfterHeaders)),
                _ => {}
            }
            response
        })
        .start()
        .await;
    let mut sender = client(&server, &ca).await;
    let before = tokio::spawn(sender.send_request(get(&server.url("/before"))));
    server.wait_for(|stats| stats.requests == 1).await;
    let after = sender
        .send_request(get(&server.url("/after")))
        .await
        .expect("headers");
    assert_eq!(after.headers()["content-length"], "4");
    let fine = sender
        .send_request(get(&server.url("/")))
        .await
        .expect("a response");
    assert_eq!(text(fine).await.expect("a body"), "fine");
    assert!(!before.is_finished());
    server.shutdown().await;
    before
        .await
        .expect("no panic")
        .expect_err("the server has gone");
}

#[tokio::test]
async fn a_frozen_connection_answers_nobody() {
    let ca = TestCa::new();
    let server = server(&ca, Ending::Freeze).await;
    let mut sender = client(&server, &ca).await;
    let first = tokio::spawn(sender.send_request(get(&server.url("/"))));
    server.wait_for(|stats| stats.requests == 1).await;
    let second = tokio::spawn(sender.send_request(get(&server.url("/"))));
    // Another connection is served, and is frozen in its turn: all the while the second
    // request of the first one has not been read.
    let mut other = client(&server, &ca).await;
    let third = tokio::spawn(other.send_request(get(&server.url("/"))));
    let stats = server.wait_for(|stats| stats.requests == 2).await;
    assert_eq!(stats.open_connections, 2);
    assert!(!first.is_finished() && !second.is_finished() && !third.is_finished());
    server.shutdown().await;
}
