//! Each phase has its own limit.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use bonafide::{Kind, Phase, Proxy};
use bonafide_testkit::{Alpn, Ending, Scripted, TestProxy};
use http::Response;
use http_body::Body as _;
use tokio::sync::Semaphore;

use crate::support::{builder, client, server};

const SHORT: Duration = Duration::from_millis(50);

#[tokio::test]
async fn a_server_that_never_answers_the_handshake_is_given_up() {
    let server = server(Alpn::Both)
        .ending(Ending::StallInHandshake)
        .start()
        .await;
    let client = builder()
        .handshake_timeout(SHORT)
        .build()
        .expect("a client");
    let error = client
        .get(server.url("/"))
        .send()
        .await
        .expect_err("no handshake");
    assert_eq!(
        (error.kind(), error.phase()),
        (Kind::Timeout, Some(Phase::Tls))
    );
    assert!(error.is_timeout() && error.is_connect() && error.is_retryable());
    assert_eq!(
        error.to_string(),
        format!(
            "{}: the TLS handshake took longer than 50ms",
            server.url("/")
        )
    );
}

#[tokio::test]
async fn a_proxy_that_never_answers_is_given_up() {
    let proxy = TestProxy::builder().stall().start().await;
    let client = builder()
        .proxy(Proxy::http(&proxy.url()).expect("a proxy"))
        .connect_timeout(SHORT)
        .build()
        .expect("a client");
    let error = client
        .get("https://localhost:1/")
        .send()
        .await
        .expect_err("no tunnel");
    assert_eq!(
        (error.kind(), error.phase()),
        (Kind::Timeout, Some(Phase::Proxy))
    );
    assert!(error.is_retryable());
}

#[tokio::test]
async fn a_server_that_never_answers_the_request_is_given_up() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(alpn)
            .ending(Ending::StallBeforeHeaders)
            .start()
            .await;
        let request = client().get(server.url("/")).headers_timeout(SHORT);
        let error = request.send().await.expect_err("no response");
        assert_eq!(
            (error.kind(), error.phase()),
            (Kind::Timeout, Some(Phase::Headers))
        );
        assert!(!error.is_connect() && !error.is_retryable());
        assert!(error.receipt().expect("verified").is_verified());
        assert_eq!(server.request_count(), 1);
    }
}

#[tokio::test]
async fn a_body_that_stops_is_given_up() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(alpn).ending(Ending::StallAfterHeaders).start().await;
        let request = client().get(server.url("/")).read_timeout(SHORT);
        let response = request.send().await.expect("headers");
        let error = response.bytes().await.expect_err("no body");
        assert_eq!(
            (error.kind(), error.phase()),
            (Kind::Timeout, Some(Phase::Body))
        );
        assert_eq!(
            error.to_string(),
            format!(
                "{}: no more of the response's body arrived within 50ms",
                server.url("/")
            )
        );
    }
}

#[tokio::test]
async fn the_total_limit_holds_in_every_phase() {
    let total = Duration::from_millis(500);
    for (ending, phase) in [
        (Ending::StallInHandshake, Phase::Connect),
        (Ending::StallBeforeHeaders, Phase::Headers),
        (Ending::StallAfterHeaders, Phase::Body),
    ] {
        let server = server(Alpn::Both).ending(ending).start().await;
        let request = client().get(server.url("/")).timeout(total);
        let outcome = match request.send().await {
            Ok(response) => response.bytes().await.map(drop),
            Err(error) => Err(error),
        };
        let error = outcome.expect_err("too long");
        assert_eq!((error.kind(), error.phase()), (Kind::Timeout, Some(phase)));
        assert_eq!(
            error.to_string(),
            format!("{}: the request took longer than 500ms", server.url("/"))
        );
    }
}

/// Each hop is answered soon, and the call as a whole takes too long.
#[tokio::test]
async fn the_total_limit_holds_over_redirects() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let hops = (0..9).map(|_| {
            let hop = Scripted::new(307).header("location", "/on");
            hop.delay(Duration::from_millis(200))
        });
        let server = server(alpn).script(hops).start().await;
        let client = builder()
            .timeout(Duration::from_millis(700))
            .headers_timeout(Duration::from_secs(20))
            .build()
            .expect("a client");
        let error = client.get(server.url("/")).send().await;
        let error = error.expect_err("too long");
        assert_eq!(
            (error.kind(), error.phase()),
            (Kind::Timeout, Some(Phase::Headers)),
            "{error}"
        );
        let text = ": the request took longer than 700ms";
        assert!(error.to_string().ends_with(text), "{error}");
        let hops = error.redirects().len();
        assert!((1..4).contains(&hops), "{hops} redirects were followed");
    }
}

/// The limit is between two pieces, however long the whole body takes.
#[tokio::test]
async fn a_slow_body_that_moves_is_read_to_its_end() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let slow = Scripted::ok("0123456789").throttle(1, Duration::from_millis(100));
        let server = server(alpn).script([slow]).start().await;
        let limit = Duration::from_millis(600);
        let request = client().get(server.url("/")).read_timeout(limit);
        let start = std::time::Instant::now();
        let response = request.send().await.expect("headers");
        assert_eq!(response.text().await.expect("a body"), "0123456789");
        assert!(start.elapsed() > limit, "{alpn:?}");
    }
}

#[tokio::test]
async fn a_body_under_a_limit_says_how_long_it_is() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(alpn).script([Scripted::ok("12345")]).start().await;
        let limit = Duration::from_secs(20);
        let request = client().get(server.url("/")).timeout(limit);
        let response = request.read_timeout(limit).send().await.expect("headers");
        assert_eq!(response.content_length(), Some(5));
        let body = response.into_body();
        assert_eq!(body.size_hint().exact(), Some(5), "{alpn:?}");
    }
}

#[tokio::test]
async fn times_without_end_are_as_good_as_none() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(alpn).start().await;
        let client = builder()
            .http2_ping_interval(Duration::MAX)
            .http2_ping_timeout(Duration::MAX)
            .pool_idle_timeout(Duration::MAX)
            .connect_timeout(Duration::MAX)
            .handshake_timeout(Duration::MAX)
            .headers_timeout(Duration::MAX)
            .read_timeout(Duration::MAX)
            .timeout(Duration::MAX)
            .build()
            .expect("a client");
        for _ in 0..2 {
            let response = client
                .post(server.url("/"))
                .body("body")
                .send()
                .await
                .expect("a response");
            assert_eq!(response.text().await.expect("a body"), "ok");
        }
        assert_eq!(server.tcp_connections(), 1, "{alpn:?}");
    }
}

#[tokio::test]
async fn an_idle_timeout_of_zero_is_a_connection_for_each_request() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(alpn).start().await;
        let client = builder()
            .pool_idle_timeout(Duration::ZERO)
            .timeout(Duration::from_secs(20))
            .build()
            .expect("a client");
        for connections in 1..=3 {
            let response = client
                .get(server.url("/"))
                .send()
                .await
                .expect("a response");
            assert_eq!(response.text().await.expect("a body"), "ok");
            assert_eq!(server.tcp_connections(), connections, "{alpn:?}");
        }
    }
}

#[tokio::test]
async fn a_request_waits_for_a_stream_that_another_uses_up_to_a_limit_and_is_not_sent_then() {
    let hold = Arc::new(Semaphore::new(0));
    let held = Arc::clone(&hold);
    let server = server(Alpn::Http2)
        .max_concurrent_streams(1)
        .handler(move |_| {
            let held = Arc::clone(&held);
            async move {
                held.acquire().await.expect("open").forget();
                Response::new("")
            }
        })
        .start()
        .await;
    let client = builder()
        .pool_timeout(Duration::from_secs(2))
        .max_http2_connections_per_host(NonZeroUsize::MIN)
        .build()
        .expect("a client");
    let first = tokio::spawn({
        let request = client.get(server.url("/first"));
        async move { request.send().await }
    });
    server.wait_for(|stats| stats.requests == 1).await;
    let error = client
        .get(server.url("/second"))
        .send()
        .await
        .expect_err("no stream");
    assert!(error.is_timeout() && error.is_connect() && error.is_retryable());
    hold.add_permits(1);
    first.await.expect("no panic").expect("a response");
    assert_eq!(server.request_count(), 1);
}

/// A connection keeps the timer of one request for the next one: each has its own limit
/// nevertheless.
#[tokio::test]
async fn requests_with_different_limits_on_one_connection_end_each_at_its_own() {
    let server = server(Alpn::Http2)
        .handler(|request| async move {
            let pause = request.uri().path()[1..].parse().expect("milliseconds");
            tokio::time::sleep(Duration::from_millis(pause)).await;
            Response::new("")
        })
        .start()
        .await;
    let client = client();
    let millis = |number: u64| Some(Duration::from_millis(number));
    // how long the server takes, the limit, and whether there is an answer
    let table = [
        (50, millis(20_000), true),
        (5_000, millis(100), false),
        (400, None, true),
        (300, millis(2_000), true),
        (50, None, true),
        (5_000, millis(200), false),
        (900, millis(10_000), true),
    ];
    for at_once in [1, 100] {
        for (pause, limit, answered) in table {
            let url = server.url(&format!("/{pause}"));
            let start = tokio::time::Instant::now();
            let requests = (0..at_once).map(|_| {
                let sent = client.get(&url).headers_timeout(limit).send();
                async { sent.await.map_err(|error| error.to_string()) }
            });
            let slack = Duration::from_millis(1_500);
            for sent in futures_util::future::join_all(requests).await {
                match (sent, limit) {
                    (Ok(_), _) => assert!(answered, "{pause} {limit:?}"),
                    (Err(text), Some(limit)) => {
                        assert!(!answered, "{pause} {limit:?}: {text}");
                        let expected = format!("{url}: no response within {limit:?}");
                        assert_eq!(text, expected);
                        assert!(start.elapsed() >= limit);
                    }
                    (Err(text), None) => panic!("{text}"),
                }
            }
            let longest = if answered { millis(pause) } else { limit };
            let longest = longest.expect("a time") + slack;
            assert!(start.elapsed() < longest, "{:?}", start.elapsed());
        }
    }
    assert_eq!(server.tcp_connections(), 1);
}
