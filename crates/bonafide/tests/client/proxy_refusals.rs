//! Proxies that open no tunnel: each says why, and none is mistaken for the server.

use std::time::{Duration, Instant};

use bonafide::{Client, Error, Kind, Phase, Proxy, ProxyError};
use bonafide_testkit::TestProxy;
use bonafide_testkit::proxy::AfterReply;
use http::StatusCode;

use crate::support::builder;

const SHORT: Duration = Duration::from_millis(50);

/// A client of `proxy` that shows the password `s3cret`.
fn client(proxy: &TestProxy) -> Client {
    let proxy = Proxy::http(&proxy.url_with("user", "s3cret")).expect("a proxy");
    builder().proxy(proxy).build().expect("a client")
}

/// A proxy that answers with `bytes`.
async fn answering(bytes: impl Into<Vec<u8>>, then: AfterReply) -> TestProxy {
    TestProxy::builder().reply_with(bytes, then).start().await
}

/// The error of a request through `proxy`.
async fn error_of(proxy: &TestProxy) -> Error {
    let request = client(proxy).get("https://localhost:1/");
    let error = request.send().await.expect_err("no tunnel");
    assert!(
        !format!("{error} {error:?}").contains("s3cret"),
        "{error:?}"
    );
    assert_eq!(error.status(), None);
    assert!(error.is_connect());
    error
}

/// What an error of [`Kind::Proxy`] says after the URL and the proxy's name, and whether it is
/// retryable.
fn shown(error: &Error, proxy: &TestProxy) -> (String, bool) {
    assert_eq!(
        (error.kind(), error.phase()),
        (Kind::Proxy, Some(Phase::Proxy)),
        "{error:?}"
    );
    let text = error.to_string();
    let start = format!("https://localhost:1/: the proxy {} ", proxy.url());
    let rest = text.strip_prefix(&start).unwrap_or(&text);
    (rest.to_owned(), error.is_retryable())
}

#[tokio::test]
async fn a_refusal_has_the_proxys_status_reason_fields_and_page() {
    let proxy = answering(
        "HTTP/1.1 403 Not on my watch\r\nContent-Length: 9\r\nX-Rule: 7\r\n\r\nforbidden",
        AfterReply::Stall,
    )
    .await;
    let error = error_of(&proxy).await;
    assert_eq!(
        shown(&error, &proxy),
        ("refused the tunnel: 403 Not on my watch".to_owned(), false)
    );
    let refusal = error.proxy_refusal().expect("an answer");
    assert_eq!(refusal.status(), StatusCode::FORBIDDEN);
    assert_eq!(refusal.reason(), "Not on my watch");
    assert_eq!(refusal.headers()["x-rule"], "7");
    assert_eq!(refusal.body(), "forbidden");
    assert!(!refusal.is_truncated());
    let source = std::error::Error::source(&error).and_then(|error| error.downcast_ref());
    assert!(matches!(source, Some(ProxyError::Refused(_))), "{source:?}");
}

#[tokio::test]
async fn a_proxy_that_wants_credentials_is_named_without_those_that_it_was_shown() {
    let proxy = TestProxy::builder()
        .basic_auth("user", "right")
        .start()
        .await;
    let error = error_of(&proxy).await;
    assert_eq!(
        shown(&error, &proxy),
        (
            "refused the tunnel: 407 Proxy Authentication Required".to_owned(),
            false
        )
    );
    let refusal = error.proxy_refusal().expect("an answer");
    assert_eq!(
        refusal.headers()["proxy-authenticate"],
        "Basic realm=\"test proxy\""
    );
    // Asking again with the same credentials would lock accounts.
    assert_eq!(proxy.stats().requests, 1);
}

#[tokio::test]
async fn only_a_5xx_of_the_proxy_is_worth_another_try_and_no_redirect_is_followed() {
    for (status, expected) in [
        (302, false),
        (400, false),
        (403, false),
        (404, false),
        (407, false),
        (429, false),
        (501, false),
        (502, true),
        (503, true),
        (504, true),
        (511, false),
    ] {
        let answer = format!(
            "HTTP/1.1 {status} Odd\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
        );
        let proxy = answering(answer, AfterReply::Stall).await;
        let error = error_of(&proxy).await;
        let text = format!("refused the tunnel: {status} Odd");
        assert_eq!(shown(&error, &proxy), (text, expected));
        assert_eq!(proxy.stats().requests, 1);
    }
}

#[tokio::test]
async fn a_switch_of_protocols_is_no_tunnel() {
    let answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n";
    let proxy = answering(answer, AfterReply::Stall).await;
    let error = error_of(&proxy).await;
    let text = "refused the tunnel: 101 Switching Protocols".to_owned();
    assert_eq!(shown(&error, &proxy), (text, false));
}

#[tokio::test]
async fn a_refusals_page_is_kept_up_to_a_bound() {
    const KEPT: usize = 64 * 1024;
    for (length, expected, is_truncated) in [
        (KEPT, KEPT, false),
        (KEPT + 1, KEPT, true),
        (10 * KEPT, KEPT, true),
    ] {
        let head = format!("HTTP/1.1 403 Forbidden\r\nContent-Length: {length}\r\n\r\n");
        let answer = head + &"x".repeat(length);
        let proxy = answering(answer, AfterReply::Stall).await;
        let error = error_of(&proxy).await;
        let refusal = error.proxy_refusal().expect("an answer");
        assert_eq!(
            (refusal.body().len(), refusal.is_truncated()),
            (expected, is_truncated)
        );
    }
}

#[tokio::test]
async fn a_page_that_breaks_off_or_never_ends_does_not_hide_the_refusal() {
    for (header, body, then, expected, is_truncated) in [
        ("Content-Length: 9", "forb", AfterReply::Close, "forb", true),
        ("Content-Length: 9", "forb", AfterReply::Stall, "forb", true),
        ("X: 1", "forb", AfterReply::Stall, "forb", true),
        ("X: 1", "forbidden", AfterReply::Close, "forbidden", false),
        (
            "Transfer-Encoding: chunked",
            "4\r\nforb\r\n",
            AfterReply::Close,
            "forb",
            true,
        ),
        (
            "Transfer-Encoding: chunked",
            "4\r\nforb\r\nZ\r\n",
            AfterReply::Stall,
            "forb",
            true,
        ),
        (
            "Transfer-Encoding: chunked",
            "4\r\nforb\r\n0\r\n\r\n",
            AfterReply::Stall,
            "forb",
            false,
        ),
    ] {
        let answer = format!("HTTP/1.1 407 Show me\r\n{header}\r\n\r\n{body}");
        let proxy = answering(answer, then).await;
        let error = error_of(&proxy).await;
        assert_eq!(
            shown(&error, &proxy),
            ("refused the tunnel: 407 Show me".to_owned(), false)
        );
        let refusal = error.proxy_refusal().expect("an answer");
        assert_eq!(
            (&refusal.body()[..], refusal.is_truncated()),
            (expected.as_bytes(), is_truncated),
            "{header} {body:?} {then:?}"
        );
    }
}

#[tokio::test]
async fn a_page_that_never_ends_costs_no_more_than_the_limit_for_connecting() {
    let answer = "HTTP/1.1 503 Busy\r\nContent-Length: 9\r\n\r\nbu";
    let proxy = answering(answer, AfterReply::Stall).await;
    let client = builder()
        .proxy(Proxy::http(&proxy.url()).expect("a proxy"))
        .connect_timeout(Duration::from_millis(200))
        .build()
        .expect("a client");
    let start = Instant::now();
    let request = client.get("https://localhost:1/").send();
    let error = request.await.expect_err("no tunnel");
    assert_eq!(
        shown(&error, &proxy),
        ("refused the tunnel: 503 Busy".to_owned(), true)
    );
    assert!(
        start.elapsed() < Duration::from_millis(900),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn what_is_no_answer_to_connect_is_told_in_words() {
    let cases: [(&[u8], _, _, _); 9] = [
        (
            b"",
            AfterReply::Close,
            "closed the connection without an answer",
            true,
        ),
        (
            b"HTTP/1.1 200",
            AfterReply::Close,
            "closed the connection in the middle of its answer",
            true,
        ),
        (
            b"HTTP/1.1 200 OK\r\nX: 1\r\n",
            AfterReply::Close,
            "closed the connection in the middle of its answer",
            true,
        ),
        (
            b"SSH-2.0-OpenSSH_9.2p1 Debian\r\n",
            AfterReply::Stall,
            "did not answer with HTTP/1.1: its answer begins with \"SSH-2.0-OpenSSH_9.2p1 Debian\"",
            false,
        ),
        (
            b"HTTP/2 200\r\n\r\n",
            AfterReply::Close,
            "did not answer with HTTP/1.1: its answer begins with \"HTTP/2 200\"",
            false,
        ),
        (
            b"\x15\x03\x01\x00\x02\x02\x46",
            AfterReply::Close,
            "did not answer with HTTP/1.1: its answer begins like TLS; a proxy that itself uses TLS \
             is not supported",
            false,
        ),
        (
            b"\x05\xff",
            AfterReply::Close,
            "did not answer with HTTP/1.1: its answer begins with \"\\x05\\xff\"",
            false,
        ),
        (
            b"HTTP/1.1 200 OK\r\nbad name: 1\r\n\r\n",
            AfterReply::Close,
            "sent a header section that cannot be read: not valid HTTP/1.1, or more than 65536 bytes \
             or 100 fields: invalid HTTP header parsed",
            false,
        ),
        (
            b"HTTP/1.1 407 No\r\nContent-Length: many\r\n\r\n",
            AfterReply::Close,
            "sent a header section that cannot be read: not valid HTTP/1.1, or more than 65536 bytes \
             or 100 fields: invalid content-length parsed",
            false,
        ),
    ];
    for (answer, then, expected, is_retryable) in cases {
        let proxy = answering(answer, then).await;
        let error = error_of(&proxy).await;
        assert_eq!(shown(&error, &proxy), (expected.to_owned(), is_retryable));
        assert!(error.proxy_refusal().is_none());
    }
}

#[tokio::test]
async fn a_proxys_header_section_has_the_bounds_of_any_responses() {
    let fields = |count: usize| "X: 1\r\n".repeat(count);
    for (header, is_read) in [
        (fields(100), true),
        (fields(101), false),
        (format!("X: {}\r\n", "a".repeat(64 * 1024 - 100)), true),
        (format!("X: {}\r\n", "a".repeat(64 * 1024)), false),
    ] {
        let answer = format!("HTTP/1.1 403 No\r\n{header}\r\n");
        let proxy = answering(answer, AfterReply::Close).await;
        let error = error_of(&proxy).await;
        let expected = if is_read {
            "refused the tunnel: 403 No"
        } else {
            "sent a header section that cannot be read: not valid HTTP/1.1, or more than 65536 bytes \
             or 100 fields: message head is too large"
        };
        assert_eq!(shown(&error, &proxy), (expected.to_owned(), false));
    }
}

#[tokio::test]
async fn bytes_before_the_clients_first_are_not_taken_for_the_servers() {
    for (status, url) in [
        (200, "https://localhost:1/"),
        (200, "http://localhost:1/"),
        (204, "http://localhost:1/"),
    ] {
        let answer = format!("HTTP/1.1 {status} OK\r\n\r\n");
        let injected = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
        let proxy = answering(answer + injected, AfterReply::Stall).await;
        let client = builder()
            .allow_plain_http()
            .proxy(Proxy::http(&proxy.url()).expect("a proxy"))
            .build()
            .expect("a client");
        let error = client.get(url).send().await.expect_err("an injection");
        let Some(ProxyError::EarlyBytes { count, first }) = error.proxy_error() else {
            panic!("{error:?}");
        };
        assert_eq!(
            (*count, &first[..]),
            (injected.len(), &injected.as_bytes()[..32])
        );
        assert!(!error.is_retryable());
        assert_eq!(
            error.to_string(),
            format!(
                "{url}: the proxy {} opened the tunnel, but sent bytes before the client did: 40 bytes that \
                 begin with \"HTTP/1.1 200 OK\" arrived before anything was sent to the server",
                proxy.url()
            )
        );
    }
}

#[tokio::test]
async fn a_proxy_that_never_ends_its_answer_is_given_up_by_name() {
    for start in ["", "HTTP/1.1 200", "HTTP/1.1 102 Processing\r\n\r\n"] {
        let proxy = answering(start, AfterReply::Stall).await;
        let client = builder()
            .proxy(Proxy::http(&proxy.url()).expect("a proxy"))
            .connect_timeout(SHORT)
            .build()
            .expect("a client");
        let request = client.get("https://localhost:1/").send();
        let error = request.await.expect_err("no answer");
        assert_eq!(
            (error.kind(), error.phase(), error.is_retryable()),
            (Kind::Timeout, Some(Phase::Proxy), true)
        );
        assert_eq!(
            error.to_string(),
            format!(
                "https://localhost:1/: the proxy {} did not answer within the connect_timeout of 50ms",
                proxy.url()
            )
        );
    }
}

#[tokio::test]
async fn requests_that_wait_for_one_tunnel_share_its_refusal() {
    let proxy = TestProxy::builder()
        .refuse(StatusCode::FORBIDDEN)
        .start()
        .await;
    let client = client(&proxy);
    let request = || client.get("https://localhost:1/").send();
    let (one, two, three) = tokio::join!(request(), request(), request());
    let errors = [one, two, three].map(|outcome| outcome.expect_err("no tunnel"));
    let [one, two, three] = errors
        .each_ref()
        .map(|error| error.proxy_refusal().expect("an answer"));
    assert!(std::ptr::eq(one, two) && std::ptr::eq(two, three));
    assert_eq!(proxy.stats().requests, 1);
}
