//! `Content-Length` and `Transfer-Encoding`.

use bonafide::{Body, Kind, Phase};
use bonafide_testkit::Alpn;
use bonafide_testkit::server::RecordedRequest;
use http::{HeaderMap, HeaderValue, Method, Request, header};
use tower::ServiceExt;

use super::{expect_refused, streamed, with};
use crate::support::{client, server};

/// What a request says of its length, and the body that came.
fn framing(request: &RecordedRequest) -> (Option<&str>, Option<&str>, &[u8]) {
    let value = |name| {
        let mut values = request.headers.get_all(name).iter();
        let value = values.next().map(|value| value.to_str().expect("text"));
        assert_eq!(values.next(), None, "{:?}", request.headers);
        value
    };
    (
        value(header::CONTENT_LENGTH),
        value(header::TRANSFER_ENCODING),
        &request.body,
    )
}

/// A body of two bytes, with what a caller may say of its length.
const CONTRADICTIONS: [(&[(&str, &str)], &str); 16] = [
    (
        &[("content-length", "3")],
        "the Content-Length is 3, and the body has 2 bytes",
    ),
    (
        &[("content-length", "0")],
        "the Content-Length is 0, and the body has 2 bytes",
    ),
    (&[("content-length", "")], "is not a single number"),
    (&[("content-length", "+2")], "is not a single number"),
    (&[("content-length", "-2")], "is not a single number"),
    (&[("content-length", "0x2")], "is not a single number"),
    (&[("content-length", "2, 2")], "is not a single number"),
    (&[("content-length", "2.0")], "is not a single number"),
    (
        &[("content-length", "18446744073709551616")],
        "is not a single number",
    ),
    (
        &[("content-length", "2"), ("content-length", "2")],
        "is not a single number",
    ),
    (
        &[("transfer-encoding", "gzip, chunked")],
        "the Transfer-Encoding header can only be `chunked`",
    ),
    (
        &[("transfer-encoding", "identity")],
        "can only be `chunked`",
    ),
    (&[("transfer-encoding", "")], "can only be `chunked`"),
    (
        &[("transfer-encoding", "chunked, chunked")],
        "can only be `chunked`",
    ),
    (
        &[("transfer-encoding", "xchunked")],
        "can only be `chunked`",
    ),
    (
        &[("transfer-encoding", "chunked"), ("content-length", "2")],
        "a request cannot have both Content-Length and Transfer-Encoding",
    ),
];

#[tokio::test]
async fn a_callers_framing_that_contradicts_the_body_is_refused_before_anything_is_sent() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(alpn).start().await;
        let client = client();
        for (headers, text) in CONTRADICTIONS {
            let mut by_hand = Request::post(server.url("/"));
            let mut map = HeaderMap::new();
            for (name, value) in headers {
                let value = HeaderValue::from_str(value).expect("a value");
                map.append(name.parse::<header::HeaderName>().expect("a name"), value);
            }
            by_hand
                .headers_mut()
                .expect("a request")
                .extend(map.clone());
            let by_hand = by_hand.body(Body::from("hi")).expect("a request");
            let built = client.post(server.url("/")).headers(map).body("hi");
            expect_refused(&built.send().await.expect_err(text), text);
            expect_refused(
                &client.clone().oneshot(by_hand).await.expect_err(text),
                text,
            );
        }
        assert_eq!(server.tcp_connections(), 0);
    }
}

#[tokio::test]
async fn a_callers_framing_that_agrees_is_replaced_by_the_clients() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let http1 = alpn == Alpn::Http1;
        let chunked = http1.then_some("chunked");
        let server = server(alpn).start().await;
        let client = client();
        // method, caller's headers, body; then Content-Length, Transfer-Encoding and body that
        // arrive
        for (method, headers, body, length, coding, arrived) in [
            (
                "POST",
                &[("content-length", "2")][..],
                "hi".into(),
                Some("2"),
                None,
                "hi",
            ),
            (
                "POST",
                &[("content-length", "002")],
                "hi".into(),
                Some("2"),
                None,
                "hi",
            ),
            (
                "POST",
                &[("transfer-encoding", "Chunked")],
                "hi".into(),
                Some("2"),
                None,
                "hi",
            ),
            (
                "GET",
                &[("content-length", "2")],
                "hi".into(),
                Some("2"),
                None,
                "hi",
            ),
            (
                "GET",
                &[("content-length", "0")],
                Body::empty(),
                None,
                None,
                "",
            ),
            (
                "GET",
                &[("transfer-encoding", "chunked")],
                Body::empty(),
                None,
                None,
                "",
            ),
            (
                "DELETE",
                &[("content-length", "0")],
                Body::empty(),
                None,
                None,
                "",
            ),
            (
                "POST",
                &[("content-length", "4")],
                streamed(&["hi", "ho"]),
                Some("4"),
                None,
                "hiho",
            ),
            (
                "GET",
                &[("content-length", "2")],
                streamed(&["hi"]),
                Some("2"),
                None,
                "hi",
            ),
            (
                "POST",
                &[("transfer-encoding", "chunked")],
                streamed(&["hi"]),
                None,
                chunked,
                "hi",
            ),
            (
                "POST",
                &[("content-length", "0")],
                streamed(&[]),
                None,
                chunked,
                "",
            ),
        ] {
            let method: Method = method.parse().expect("a method");
            with(client.request(method, server.url("/")), headers)
                .body(body)
                .send()
                .await
                .expect("a response");
            let requests = server.requests();
            let request = requests.last().expect("the request");
            assert_eq!(
                framing(request),
                (length, coding, arrived.as_bytes()),
                "{alpn:?} {} {headers:?}",
                request.method
            );
        }
        assert_eq!(
            server.tcp_connections(),
            1,
            "each request ends where it should"
        );
    }
}

#[tokio::test]
async fn the_client_frames_each_method_with_and_without_a_body() {
    // method; Content-Length without a body in HTTP/1.1 and in HTTP/2
    for (method, http1, http2) in [
        ("GET", None, None),
        ("HEAD", None, None),
        ("POST", Some("0"), Some("0")),
        ("PUT", Some("0"), Some("0")),
        ("PATCH", Some("0"), Some("0")),
        ("DELETE", None, None),
        ("OPTIONS", None, Some("0")),
        ("PROPFIND", None, Some("0")),
    ] {
        for alpn in [Alpn::Http1, Alpn::Http2] {
            let server = server(alpn).start().await;
            let client = client();
            let chunked = (alpn == Alpn::Http1).then_some("chunked");
            let none = if alpn == Alpn::Http1 { http1 } else { http2 };
            for (body, length, coding, arrived) in [
                (Body::empty(), none, None, ""),
                ("hi".into(), Some("2"), None, "hi"),
                (streamed(&["hi"]), None, chunked, "hi"),
            ] {
                let method: Method = method.parse().expect("a method");
                client
                    .request(method.clone(), server.url("/"))
                    .body(body)
                    .send()
                    .await
                    .expect("a response");
                let requests = server.requests();
                let request = requests.last().expect("the request");
                assert_eq!(
                    framing(request),
                    (length, coding, arrived.as_bytes()),
                    "{alpn:?} {method}"
                );
            }
            assert_eq!(server.tcp_connections(), 1, "{alpn:?} {method}");
        }
    }
}

#[tokio::test]
async fn a_stream_that_is_not_as_long_as_declared_is_an_error_and_is_never_cut() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        for method in [Method::POST, Method::GET] {
            for (pieces, declared, what) in [
                (&["hi", "ho"][..], "2", "longer"),
                (&["hi", "ho"], "3", "longer"),
                (&["hi"], "0", "longer"),
                (&["hi", "ho"], "5", "shorter"),
                (&[], "5", "shorter"),
            ] {
                let server = server(alpn).start().await;
                let client = client();
                let error = client
                    .request(method.clone(), server.url("/"))
                    .header("content-length", declared)
                    .body(streamed(pieces))
                    .send()
                    .await
                    .expect_err(what);
                assert_eq!(
                    (error.kind(), error.phase(), error.is_retryable()),
                    (Kind::Body, Some(Phase::Send), false),
                    "{alpn:?} {pieces:?} {declared}: {error}"
                );
                assert_eq!(
                    error.to_string(),
                    format!(
                        "{}: the request's body is {what} than the {declared} bytes that were declared",
                        server.url("/")
                    )
                );
                assert_eq!(server.request_count(), 0, "no handler was called");
                client
                    .get(server.url("/"))
                    .send()
                    .await
                    .expect("a response");
                let connections = if alpn == Alpn::Http1 { 2 } else { 1 };
                assert_eq!(server.tcp_connections(), connections);
            }
        }
    }
}
