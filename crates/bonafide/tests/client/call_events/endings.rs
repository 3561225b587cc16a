//! Calls and connections that end before they are done.

use std::time::Duration;

use bonafide::Kind;
use bonafide_testkit::{Alpn, Ending, Recipe, TestServer};
use tokio::net::TcpListener;

use super::log::Log;
use crate::support::{builder, ca, server};

#[tokio::test]
async fn a_refused_server_has_a_verdict_and_the_call_fails_with_it() {
    let server = TestServer::http1(ca().issue(Recipe::for_host("other.example"))).await;
    let log = Log::default();
    let client = log.of(builder()).build().expect("a client");
    let error = client.get(server.url("/")).send().await;
    assert_eq!(error.expect_err("refused").kind(), Kind::Refused);
    assert_eq!(
        log.take(),
        [
            "c1 call-started GET https://SERVER/",
            "c1 pool-miss",
            "k1 opening-started https://SERVER",
            "k1 resolve-started localhost",
            "k1 resolve-ended done",
            "k1 connect-started",
            "k1 connect-ended done",
            "k1 tls-started",
            "k1 verdict refused BF-NAME-MISMATCH",
            "k1 tls-ended failed Refused",
            "k1 opening-ended failed Refused",
            "c1 call-ended failed Refused",
        ]
    );
}

#[tokio::test]
async fn a_lookup_and_a_connection_that_fail_end_all_that_had_begun() {
    let log = Log::default();
    let client = log.of(builder()).build().expect("a client");
    let error = client.get("https://no-such-host.invalid/").send().await;
    assert_eq!(error.expect_err("no address").kind(), Kind::Resolve);
    assert_eq!(
        log.take(),
        [
            "c1 call-started GET https://no-such-host.invalid/",
            "c1 pool-miss",
            "k1 opening-started https://no-such-host.invalid",
            "k1 resolve-started no-such-host.invalid",
            "k1 resolve-ended failed Resolve",
            "k1 opening-ended failed Resolve",
            "c1 call-ended failed Resolve",
        ]
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    drop(listener);
    let error = client.get(format!("https://{address}/")).send().await;
    assert_eq!(error.expect_err("closed").kind(), Kind::Connect);
    assert_eq!(
        log.take()[2..],
        [
            format!("k2 opening-started https://{address}"),
            "k2 connect-started".to_owned(),
            "k2 connect-ended failed Connect".to_owned(),
            "k2 opening-ended failed Connect".to_owned(),
            "c2 call-ended failed Connect".to_owned(),
        ]
    );
}

#[tokio::test]
async fn a_request_that_cannot_be_sent_begins_and_fails_and_one_that_cannot_be_built_is_no_call() {
    let log = Log::default();
    let client = log.of(builder()).build().expect("a client");
    let error = client.get("https://a b/").send().await;
    assert_eq!(error.expect_err("no URL").kind(), Kind::Url);
    assert_eq!(log.take(), [""; 0]);
    let error = client.get("http://localhost/").send().await;
    assert_eq!(error.expect_err("plain").kind(), Kind::PlainHttpRefused);
    assert_eq!(
        log.take(),
        [
            "c1 call-started GET http://localhost/",
            "c1 call-ended failed PlainHttpRefused"
        ]
    );
}

#[tokio::test]
async fn a_call_whose_future_is_dropped_ends_once_as_canceled_whatever_it_waits_for() {
    for (ending, last) in [
        (Ending::StallInHandshake, "k1 tls-started"),
        (Ending::StallBeforeHeaders, "c1 request-sent 0"),
    ] {
        for alpn in [Alpn::Http1, Alpn::Http2] {
            let server = server(alpn).ending(ending).start().await;
            let log = Log::default();
            let client = log.of(builder()).build().expect("a client");
            let mut call = Box::pin(client.get(server.url("/")).send());
            while log.lines().last().is_none_or(|line| line != last) {
                let step = tokio::time::timeout(Duration::from_millis(5), &mut call).await;
                assert!(step.is_err(), "nothing comes");
            }
            log.take();
            drop(call);
            assert_eq!(log.take(), ["c1 call-ended canceled"], "{ending:?}");
        }
    }
    // A future that was never polled is no call.
    let log = Log::default();
    let client = log.of(builder()).build().expect("a client");
    drop(client.get("https://localhost/").send());
    assert_eq!(log.take(), [""; 0]);
}

#[tokio::test]
async fn a_body_that_is_dropped_halfway_ends_with_what_was_read() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(alpn)
            .ending(Ending::TruncatedBody {
                declared: 10,
                sent: 4,
            })
            .start()
            .await;
        let log = Log::default();
        let client = log.of(builder()).build().expect("a client");
        let mut response = client
            .get(server.url("/"))
            .send()
            .await
            .expect("a response");
        let piece = response.chunk().await.expect("a piece").expect("not ended");
        log.take();
        drop(response);
        assert_eq!(
            log.take(),
            [
                format!("c1 body-ended {} canceled", piece.len()),
                "c1 call-ended canceled".to_owned(),
            ]
        );
        // The same body, read on.
        let response = client.get(server.url("/")).send().await;
        let error = response.expect("a response").bytes().await;
        assert_eq!(error.expect_err("cut off").kind(), Kind::Body);
        let lines = log.take();
        assert_eq!(
            lines[lines.len() - 2..],
            ["c2 body-ended 4 failed Body", "c2 call-ended failed Body"]
        );
    }
}

#[tokio::test]
async fn a_response_without_a_body_ends_the_call_with_its_head() {
    let server = server(Alpn::Http1).start().await;
    let log = Log::default();
    let client = log.of(builder()).build().expect("a client");
    let response = client.head(server.url("/")).send().await;
    let response = response.expect("a response");
    let lines = log.take();
    assert_eq!(
        lines[lines.len() - 3..],
        [
            "c1 response-head 200",
            "c1 body-ended 0 done",
            "c1 call-ended done"
        ]
    );
    drop(response);
    assert_eq!(log.take(), [""; 0]);
}
