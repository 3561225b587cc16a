//! `Host`, the fields about a connection, and methods that are not for requests.

use bonafide::{Body, Kind};
use bonafide_testkit::Alpn;
use http::{HeaderMap, HeaderValue, Method, Request};
use tower::ServiceExt;

use super::{expect_refused, streamed, with};
use crate::support::{builder, client, server};

#[tokio::test]
async fn a_host_header_is_one_host_or_the_request_is_refused() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(alpn).start().await;
        let client = client();
        for host in [
            "",
            " ",
            "a b",
            "us:pw@h",
            "h/path",
            "h?q",
            "h#f",
            "h,i",
            "h%2fi",
            "h:",
            "h:0",
            "h:99999",
            "h:80:80",
            "h:x",
            "[::1",
            "::1",
            "[::1]x",
            "[h]",
            "[fe80::1%25eth0]",
            "https://h",
            ":80",
        ] {
            let error = client
                .get(server.url("/"))
                .header("host", host)
                .send()
                .await
                .expect_err(host);
            expect_refused(
                &error,
                "the Host header is not a host with an optional port",
            );
        }
        let error = client
            .get(server.url("/"))
            .header("host", "one.example")
            .header("host", "one.example")
            .send()
            .await
            .expect_err("two hosts");
        expect_refused(&error, "there is more than one Host header");
        assert_eq!(server.tcp_connections(), 0);
        for host in [
            "one.example",
            "One.example:8443",
            "a_b",
            "127.0.0.1:1",
            "[::1]",
            "[::1]:65535",
        ] {
            client
                .get(server.url("/"))
                .header("host", host)
                .send()
                .await
                .expect(host);
            let requests = server.requests();
            let request = requests.last().expect("the request");
            let arrived = match alpn {
                Alpn::Http1 => request.headers["host"].to_str().expect("text"),
                _ => request.uri.authority().expect("an authority").as_str(),
            };
            assert_eq!(arrived, host);
        }
    }
}

#[tokio::test]
async fn methods_that_are_not_requests_are_refused() {
    let server = server(Alpn::Both).start().await;
    for method in ["CONNECT", "PRI"] {
        let method: Method = method.parse().expect("a method");
        let text = format!("{method} cannot be used as a request method");
        let error = client()
            .request(method.clone(), server.url("/"))
            .send()
            .await
            .expect_err("not a request");
        expect_refused(&error, &text);
        let request = Request::builder()
            .method(method)
            .uri(server.url("/"))
            .body(Body::empty())
            .expect("a request");
        let error = client().oneshot(request).await.expect_err("not a request");
        expect_refused(&error, &text);
    }
    for body in [Body::from("hi"), streamed(&["hi"])] {
        let error = client()
            .request(Method::TRACE, server.url("/"))
            .body(body)
            .send()
            .await
            .expect_err("RFC 9110 section 9.3.8");
        expect_refused(&error, "a TRACE request has no body");
    }
    assert_eq!(server.tcp_connections(), 0);
}

#[tokio::test]
async fn what_a_caller_says_of_the_connection_is_taken_out_or_refused() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let http1 = alpn == Alpn::Http1;
        let server = server(alpn).start().await;
        let client = client();
        // The caller's headers; then Connection, TE, and whether the connection serves the next
        // request.
        for (headers, connection, te, kept) in [
            (
                &[("connection", "keep-alive"), ("keep-alive", "timeout=5")][..],
                None,
                None,
                true,
            ),
            (&[("proxy-connection", "close")], None, None, true),
            (&[("te", "trailers")], Some("te"), Some("trailers"), true),
            (
                &[("te", "Trailers"), ("connection", "TE")],
                Some("te"),
                Some("trailers"),
                true,
            ),
            (
                &[("connection", "close"), ("te", "trailers")],
                Some("close, te"),
                Some("trailers"),
                false,
            ),
            (
                &[("connection", "Keep-Alive, Close")],
                Some("close"),
                None,
                false,
            ),
        ] {
            let before = server.tcp_connections().max(1);
            with(client.get(server.url("/")), headers)
                .send()
                .await
                .expect("a response")
                .bytes()
                .await
                .expect("a body");
            let requests = server.requests();
            let request = requests.last().expect("the request");
            let value = |name: &str| {
                let value = request.headers.get(name)?;
                Some(value.to_str().expect("text"))
            };
            assert_eq!(
                (value("connection"), value("te")),
                (connection.filter(|_| http1), te),
                "{alpn:?} {headers:?}"
            );
            assert_eq!(
                (value("keep-alive"), value("proxy-connection")),
                (None, None)
            );
            client
                .get(server.url("/"))
                .send()
                .await
                .expect("a response");
            let opened = usize::from(http1 && !kept);
            assert_eq!(server.tcp_connections(), before + opened, "{headers:?}");
        }
    }
}

#[tokio::test]
async fn a_request_to_change_protocols_or_to_drop_headers_is_refused() {
    let server = server(Alpn::Both).start().await;
    for (headers, text) in [
        (
            &[("upgrade", "websocket")][..],
            "the header upgrade is refused: the client does not switch protocols",
        ),
        (
            &[("http2-settings", "AAMAAABkAAQAAP__")],
            "the header http2-settings is refused: the client does not switch protocols",
        ),
        (
            &[("connection", "upgrade")],
            "the Connection header can only be `close` or `keep-alive`",
        ),
        (
            &[
                ("connection", "close, x-forwarded-for"),
                ("x-forwarded-for", "h"),
            ],
            "the Connection header can only be `close` or `keep-alive`",
        ),
        (&[("te", "gzip")], "the TE header can only be `trailers`"),
        (
            &[("te", "trailers, deflate;q=0.5")],
            "the TE header can only be `trailers`",
        ),
    ] {
        let error = with(client().get(server.url("/")), headers)
            .send()
            .await
            .expect_err(text);
        expect_refused(&error, text);
    }
    assert_eq!(server.tcp_connections(), 0);
}

#[test]
fn headers_that_are_not_for_every_request_are_not_defaults() {
    for name in [
        "expect",
        "host",
        "proxy-authorization",
        "content-length",
        "transfer-encoding",
        "trailer",
        "connection",
        "keep-alive",
        "proxy-connection",
        "te",
        "upgrade",
        "http2-settings",
    ] {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_static("x"));
        let error = builder()
            .default_headers(headers)
            .build()
            .expect_err("not for every request");
        assert_eq!(
            (error.kind(), error.to_string()),
            (Kind::Config, format!("{name} cannot be a default header"))
        );
    }
}
