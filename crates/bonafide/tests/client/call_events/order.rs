//! The order of events, from the first to the last.

use bonafide::redirect::Redirects;
use bonafide::{Body, Proxy};
use bonafide_testkit::proxy::TestProxy;
use bonafide_testkit::{Alpn, TestServer};
use futures_util::stream;
use http::{Response, StatusCode};

use super::log::Log;
use crate::support::{builder, loopback, server};

/// The lines of opening the connection `k1` to a server that supports `version`.
fn opening(version: &str) -> Vec<String> {
    [
        "k1 opening-started https://SERVER",
        "k1 resolve-started localhost",
        "k1 resolve-ended done",
        "k1 connect-started",
        "k1 connect-ended done",
        "k1 tls-started",
        "k1 verdict accepted true",
        "k1 tls-ended done",
        &format!("k1 opening-ended {version}"),
    ]
    .map(str::to_owned)
    .to_vec()
}

#[tokio::test]
async fn a_call_over_a_new_connection_has_every_step_in_order_and_one_over_a_kept_one_has_none() {
    for (alpn, version) in [(Alpn::Http1, "HTTP/1.1"), (Alpn::Http2, "HTTP/2.0")] {
        let server = server(alpn).start().await;
        let log = Log::default();
        let client = log.of(builder()).build().expect("a client");
        let response = client.get(server.url("/a?b=c")).send().await;
        let response = response.expect("a response");
        let at_the_head = log.take();
        assert_eq!(
            at_the_head,
            [
                vec![
                    "c1 call-started GET https://SERVER/a?b=c".to_owned(),
                    "c1 pool-miss".to_owned(),
                ],
                opening(version),
                [
                    "c1 connection-acquired k1 new",
                    "c1 send-started k1",
                    "c1 request-sent 0",
                    "c1 response-head 200",
                ]
                .map(str::to_owned)
                .to_vec()
            ]
            .concat()
        );
        response.bytes().await.expect("a body");
        assert_eq!(log.take(), ["c1 body-ended 2 done", "c1 call-ended done"]);
        let response = client.post(server.url("/")).body("four").send().await;
        response.expect("a response").bytes().await.expect("a body");
        assert_eq!(
            log.take(),
            [
                "c2 call-started POST https://SERVER/",
                "c2 pool-hit",
                "c2 connection-acquired k1 reused",
                "c2 send-started k1",
                "c2 request-sent 4",
                "c2 response-head 200",
                "c2 body-ended 2 done",
                "c2 call-ended done",
            ]
        );
    }
}

#[tokio::test]
async fn two_calls_that_wait_for_one_http2_connection_both_miss_the_pool_and_share_it() {
    let server = server(Alpn::Http2).start().await;
    let log = Log::default();
    let client = log.of(builder()).build().expect("a client");
    let one = async {
        let response = client.get(server.url("/1")).send().await;
        response.expect("a response").bytes().await.expect("a body");
    };
    let two = async {
        let response = client.get(server.url("/2")).send().await;
        response.expect("a response").bytes().await.expect("a body");
    };
    tokio::join!(one, two);
    let lines = log.take();
    let of = |subject: &str| -> Vec<_> {
        let start = format!("{subject} ");
        let lines = lines.iter().filter(|line| line.starts_with(&start));
        lines.cloned().collect()
    };
    assert_eq!(of("k1"), opening("HTTP/2.0"));
    for (call, reused) in [("c1", "new"), ("c2", "reused")] {
        let path = &call[1..];
        assert_eq!(
            of(call),
            [
                format!("{call} call-started GET https://SERVER/{path}"),
                format!("{call} pool-miss"),
                format!("{call} connection-acquired k1 {reused}"),
                format!("{call} send-started k1"),
                format!("{call} request-sent 0"),
                format!("{call} response-head 200"),
                format!("{call} body-ended 2 done"),
                format!("{call} call-ended done"),
            ]
        );
    }
    assert_eq!(lines.len(), 9 + 16);
}

#[tokio::test]
async fn a_proxy_is_connected_to_and_asked_before_the_handshake() {
    let server = server(Alpn::Http1).start().await;
    let proxy = TestProxy::builder()
        .basic_auth("user", "s3cret")
        .start()
        .await;
    let url = proxy.url_with("user", "s3cret");
    let log = Log::default();
    let client = log
        .of(builder().proxy(Proxy::http(&url).expect("a proxy")))
        .build()
        .expect("a client");
    let response = client.get(server.url("/")).send().await;
    response.expect("a response").bytes().await.expect("a body");
    let lines = log.take();
    let of_connection: Vec<_> = lines.iter().filter(|line| line.starts_with('k')).collect();
    assert_eq!(
        of_connection,
        [
            "k1 opening-started https://SERVER by proxy",
            "k1 connect-started",
            "k1 connect-ended done",
            "k1 proxy-started",
            "k1 proxy-ended done",
            "k1 tls-started",
            "k1 verdict accepted true",
            "k1 tls-ended done",
            "k1 opening-ended HTTP/1.1",
        ]
    );
}

#[tokio::test]
async fn a_redirect_is_followed_by_the_steps_of_the_next_hop_and_the_call_ends_once() {
    let server = TestServer::builder(loopback())
        .alpn(Alpn::Http1)
        .handler(|request| async move {
            let mut response = Response::new("ok");
            if request.uri().path() == "/from" {
                *response.status_mut() = StatusCode::FOUND;
                let location = "/to?sig=s3cret".parse().expect("a header value");
                response.headers_mut().insert("location", location);
            }
            response
        })
        .start()
        .await;
    let log = Log::default();
    let client = log.of(builder()).build().expect("a client");
    let response = client.get(server.url("/from")).send().await;
    response.expect("a response").bytes().await.expect("a body");
    let lines = log.take();
    let of_call: Vec<_> = lines.iter().filter(|line| line.starts_with('c')).collect();
    assert_eq!(
        of_call,
        [
            "c1 call-started GET https://SERVER/from",
            "c1 pool-miss",
            "c1 connection-acquired k1 new",
            "c1 send-started k1",
            "c1 request-sent 0",
            "c1 response-head 302",
            "c1 redirect 302 https://SERVER/to?sig=REDACTED",
            "c1 pool-hit",
            "c1 connection-acquired k1 reused",
            "c1 send-started k1",
            "c1 request-sent 0",
            "c1 response-head 200",
            "c1 body-ended 2 done",
            "c1 call-ended done",
        ]
    );
    // A redirect that is not followed is a response like any other.
    let client = log
        .of(builder().redirects(Redirects::none()))
        .build()
        .expect("a client");
    let response = client.get(server.url("/from")).send().await;
    response.expect("a response").bytes().await.expect("a body");
    assert!(!log.take().iter().any(|line| line.contains("redirect")));
}

#[tokio::test]
async fn a_body_of_many_pieces_is_sent_when_the_last_piece_is_taken() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(alpn).start().await;
        let log = Log::default();
        let client = log.of(builder()).build().expect("a client");
        let pieces = || stream::iter([Ok::<_, std::io::Error>("one"), Ok("three")]);
        let large = vec![7; 300 * 1024];
        for (body, bytes) in [
            (Body::from(large), 300 * 1024),
            (Body::from_stream(pieces()), 8),
            (Body::sized_stream(pieces(), 8), 8),
            (
                Body::sized_stream(stream::empty::<Result<&str, std::io::Error>>(), 0),
                0,
            ),
        ] {
            let response = client.post(server.url("/")).body(body).send().await;
            response.expect("a response").bytes().await.expect("a body");
            let lines = log.take();
            let sent = lines.iter().position(|line| line.contains("request-sent"));
            let sent = sent.expect("it was sent");
            assert!(lines[sent].ends_with(&format!(" {bytes}")), "{lines:?}");
            assert!(lines[sent - 1].contains("send-started"), "{lines:?}");
            assert!(lines[sent + 1].contains("response-head"), "{lines:?}");
        }
    }
}
