//! Which connections serve a further request, and which do not.

use std::time::Duration;

use bonafide::Kind;
use bonafide_testkit::server::{ErrorCode, LastStream, TestBody};
use bonafide_testkit::{Alpn, Ending, Scripted};
use http::{Response, StatusCode, Version};

use crate::support::{builder, client, server};

#[tokio::test]
async fn a_body_that_is_not_read_does_not_reach_the_next_response() {
    // size of the body; connections that two requests need in HTTP/1.1
    for (bytes, connections) in [(2, 1), (1 << 20, 2)] {
        for alpn in [Alpn::Http1, Alpn::Http2] {
            let server = server(alpn)
                .handler(move |request| async move {
                    let is_first = request.uri().path() == "/first";
                    let body = if is_first {
                        vec![7; bytes]
                    } else {
                        b"next".to_vec()
                    };
                    Response::new(TestBody::from(body))
                })
                .start()
                .await;
            let client = client();
            for _ in 0..3 {
                let request = client.get(server.url("/first"));
                drop(request.send().await.expect("a response"));
            }
            let request = client.get(server.url("/next"));
            let response = request.send().await.expect("a response");
            assert_eq!(response.text().await.expect("a body"), "next");
            let used = server.tcp_connections();
            if alpn == Alpn::Http2 || connections == 1 {
                assert_eq!(used, 1, "{alpn:?} {bytes}");
            } else {
                assert_eq!(used, 4, "each unread body ends its connection");
            }
        }
    }
}

#[tokio::test]
async fn an_unused_connection_is_closed_when_its_time_is_over() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(alpn).start().await;
        let builder = builder().pool_idle_timeout(Duration::from_millis(300));
        let client = builder.build().expect("a client");
        let get = || async {
            let response = client.get(server.url("/")).send().await;
            response.expect("a response").bytes().await.expect("a body");
        };
        get().await;
        get().await;
        assert_eq!(
            (server.tcp_connections(), server.open_connections()),
            (1, 1)
        );
        server.wait_for(|stats| stats.open_connections == 0).await;
        get().await;
        assert_eq!(server.tcp_connections(), 2, "{alpn:?}");
    }
}

/// RFC 9113 section 6.8: streams up to the last one of GOAWAY are processed.
#[tokio::test]
async fn a_response_arrives_after_a_goaway_and_the_next_request_uses_another_connection() {
    let going = Ending::GoAway {
        last: LastStream::This,
        code: ErrorCode::NO_ERROR,
    };
    let late = Scripted::ok("late").delay(Duration::from_millis(100));
    let script = [late.ending(going), Scripted::ok("next")];
    let server = server(Alpn::Http2).script(script).start().await;
    let client = client();
    for (number, body) in (0..).zip(["late", "next"]) {
        let request = client.post(server.url("/")).body("an order");
        let response = request.send().await.expect("a response");
        assert_eq!(response.text().await.expect("a body"), body);
        assert_eq!(server.requests()[number].connection, number as u64);
    }
    assert_eq!(server.request_count(), 2, "no order is sent twice");
}

#[tokio::test]
async fn a_connection_that_says_close_serves_no_further_request() {
    let closing = Scripted::ok("a").header("connection", "close");
    let script = [closing, Scripted::ok("b")];
    let server = server(Alpn::Http1).script(script).start().await;
    let client = client();
    for body in ["a", "b"] {
        let response = client
            .get(server.url("/"))
            .send()
            .await
            .expect("a response");
        assert_eq!(
            (response.status(), response.version()),
            (StatusCode::OK, Version::HTTP_11)
        );
        assert_eq!(response.text().await.expect("a body"), body);
    }
    assert_eq!(server.tcp_connections(), 2);
}

#[tokio::test]
async fn a_request_that_is_given_up_over_http1_closes_its_connection() {
    let stalling = Ending::StallBeforeHeaders;
    let server = server(Alpn::Http1).ending(stalling).start().await;
    let limit = Duration::from_millis(100);
    let request = client().get(server.url("/")).timeout(limit);
    let error = request.send().await.expect_err("no response");
    assert_eq!(error.kind(), Kind::Timeout);
    server.wait_for(|stats| stats.open_connections == 0).await;
    assert_eq!(server.tcp_connections(), 1);
}

#[tokio::test]
async fn of_the_unused_connections_to_all_hosts_no_more_are_kept_than_the_client_allows() {
    let servers = [
        server(Alpn::Http1).start().await,
        server(Alpn::Http2).start().await,
        server(Alpn::Http1).start().await,
    ];
    let builder = builder().pool_max_idle(1);
    let client = builder.build().expect("a client");
    for server in &servers {
        let response = client.get(server.url("/")).send().await;
        response.expect("a response").bytes().await.expect("a body");
    }
    let [first, second, last] = &servers;
    for server in [first, second] {
        server.wait_for(|stats| stats.open_connections == 0).await;
    }
    client.get(last.url("/")).send().await.expect("a response");
    assert_eq!(last.tcp_connections(), 1, "the last one is kept");
    client.get(first.url("/")).send().await.expect("a response");
    assert_eq!(first.tcp_connections(), 2);
}
