//! Responses as servers write them that are odd, or large.

use std::convert::Infallible;
use std::net::SocketAddr;

use bonafide::{Body, Client, Error, Kind, Phase, Response};
use bonafide_testkit::Alpn;
use futures_util::stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::{builder, server};

/// A server without TLS that answers each connection's first request with `answer`, byte by byte as
/// given.
async fn answering(answer: impl Into<Vec<u8>>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let answer = answer.into();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let byte = stream.read_u8().await.expect("a request");
                request.push(byte);
            }
            stream.write_all(&answer).await.expect("the client reads");
        }
    });
    address
}

fn plain() -> Client {
    builder().allow_plain_http().build().expect("a client")
}

async fn get(address: SocketAddr) -> Result<Response, Error> {
    plain().get(format!("http://{address}/")).send().await
}

#[tokio::test]
async fn a_folded_header_is_read_as_one_line() {
    let answer =
        "HTTP/1.1 200 OK\r\nX-Folded: one\r\n  two\r\n\tthree\r\nContent-Length: 2\r\n\r\nok";
    let response = get(answering(answer).await).await.expect("a response");
    assert_eq!(response.headers()["x-folded"], "one two three");
    assert_eq!(response.text().await.expect("a body"), "ok");
}

#[tokio::test]
async fn an_error_status_has_the_servers_own_words() {
    let long = "x".repeat(1000);
    let cut = format!("{}...", "x".repeat(128));
    for (words, shown) in [
        ("Forbidden", "403 Forbidden"),
        ("Didn't Pay", "403 Didn't Pay"),
        // The parser gives no words that are not ASCII.
        ("caf\u{e9}", "403 Forbidden"),
        ("a\tb", r"403 a\tb"),
        (&long, &format!("403 {cut}")),
        ("", "403 Forbidden"),
    ] {
        let answer = format!("HTTP/1.1 403 {words}\r\nContent-Length: 0\r\n\r\n");
        let address = answering(answer).await;
        let response = get(address).await.expect("a response");
        let error = response.error_for_status().expect_err("403");
        assert_eq!(
            (error.kind(), error.status().map(|status| status.as_u16())),
            (Kind::Status, Some(403))
        );
        assert_eq!(error.to_string(), format!("http://{address}/: {shown}"));
    }
}

#[tokio::test]
async fn a_body_is_collected_up_to_64_mib_unless_the_client_says_otherwise() {
    let declared = 64 * 1024 * 1024 + 1;
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {declared}\r\n\r\nx");
    let address = answering(answer).await;
    let text = format!(
        "http://{address}/: the body is larger than 67108864 bytes, the limit set by \
         `ClientBuilder::max_body_bytes`"
    );
    let get = || async { get(address).await.expect("headers") };
    for error in [
        get().await.bytes().await.expect_err("too large"),
        get().await.text().await.expect_err("too large"),
        get().await.json::<u8>().await.expect_err("too large"),
    ] {
        assert_eq!(
            (error.kind(), error.phase(), error.to_string()),
            (Kind::TooLarge, Some(Phase::Body), text.clone())
        );
    }
    let asked = get().await.bytes_limited(declared).await;
    assert_eq!(asked.expect_err("it ends early").kind(), Kind::Body);
}

#[tokio::test]
async fn the_clients_limit_and_the_calls_are_told_apart() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(alpn)
            .handler(|_| async { http::Response::new("1234") })
            .start()
            .await;
        let get = |limit: Option<usize>| {
            let client = builder().max_body_bytes(limit).build().expect("a client");
            let url = server.url("/");
            async move { client.get(url).send().await.expect("a response") }
        };
        assert_eq!(get(None).await.bytes().await.expect("no limit"), "1234");
        assert_eq!(get(Some(4)).await.text().await.expect("4 bytes"), "1234");
        assert_eq!(
            get(Some(4)).await.json::<u32>().await.expect("4 bytes"),
            1234
        );
        let error = get(Some(3)).await.text().await.expect_err("4 bytes");
        assert_eq!(
            error.to_string(),
            format!(
                "{}: the body is larger than 3 bytes, the limit set by \
                 `ClientBuilder::max_body_bytes`",
                server.url("/")
            )
        );
        assert_eq!(
            get(Some(3)).await.bytes_limited(4).await.expect("4 bytes"),
            "1234"
        );
        assert_eq!(
            get(Some(3)).await.text_limited(4).await.expect("4 bytes"),
            "1234"
        );
        assert_eq!(
            get(Some(3)).await.json_limited::<u32>(4).await.expect("4"),
            1234
        );
        for error in [
            get(None).await.bytes_limited(3).await.expect_err("4 bytes"),
            get(None).await.text_limited(3).await.expect_err("4 bytes"),
            get(None)
                .await
                .json_limited::<u32>(3)
                .await
                .expect_err("4 bytes"),
        ] {
            assert_eq!(
                (error.kind(), error.to_string()),
                (
                    Kind::TooLarge,
                    format!("{}: the body is larger than 3 bytes", server.url("/"))
                )
            );
        }
    }
}

#[tokio::test]
async fn a_location_of_any_octets_is_followed_and_an_empty_one_is_not() {
    let there = answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
    for (location, url) in [
        (format!("http://{there}/\u{fc}").into_bytes(), "/%C3%BC"),
        (
            [format!("http://{there}/").as_bytes(), b"\xfc?\xfc"].concat(),
            "/%FC?%FC",
        ),
        (format!("///{there}/a").into_bytes(), "/a"),
        (format!("//{there}/a#fragment").into_bytes(), "/a"),
    ] {
        let answer = [
            &b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: "[..],
            &location,
            b"\r\n\r\n",
        ];
        let response = get(answering(answer.concat()).await)
            .await
            .expect("a response");
        assert_eq!(response.url().as_str(), format!("http://{there}{url}"));
        assert_eq!(response.redirects().len(), 1);
    }
    for location in ["", "  "] {
        let answer =
            format!("HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation:{location}\r\n\r\n");
        let response = get(answering(answer).await)
            .await
            .expect("the redirect itself");
        assert_eq!(
            (response.status().as_u16(), response.redirects()),
            (302, &[][..])
        );
    }
}

#[tokio::test]
async fn an_unusable_location_is_an_error_that_quotes_its_beginning() {
    let long = format!("http://h:x/{}", "y".repeat(10_000));
    let cut = format!("http://h:x/{}...", "y".repeat(128 - 11));
    for (location, text) in [
        (
            "http://",
            r#"the Location "http://" is not a usable URL: empty host"#.to_owned(),
        ),
        (
            &long,
            format!(r#"the Location "{cut}" is not a usable URL: invalid port number"#),
        ),
        (
            "http://h:0/",
            r#"the Location "http://h:0/" is not a usable URL: port 0 cannot be connected to"#
                .to_owned(),
        ),
        (
            "ftp://h/",
            r#"the scheme of the Location is "ftp", not https"#.to_owned(),
        ),
        (
            "/a\r\nLocation: /b",
            "the redirect has several different Location headers".to_owned(),
        ),
    ] {
        let answer =
            format!("HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: {location}\r\n\r\n");
        let address = answering(answer).await;
        let error = get(address).await.expect_err(location);
        assert_eq!(
            (error.kind(), error.phase(), error.is_redirect()),
            (Kind::Redirect, Some(Phase::Headers), true)
        );
        assert_eq!(error.to_string(), format!("http://{address}/: {text}"));
    }
}

#[tokio::test]
async fn a_streamed_body_is_not_left_out_on_a_connection_that_was_http_1_0_before() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let (seen, mut requests) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let seen = seen.clone();
            tokio::spawn(async move {
                let mut bytes = [0; 4096];
                while let Ok(count @ 1..) = stream.read(&mut bytes).await {
                    seen.send(String::from_utf8_lossy(&bytes[..count]).into_owned())
                        .expect("the test reads");
                    let answer =
                        "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n";
                    stream
                        .write_all(answer.as_bytes())
                        .await
                        .expect("the client reads");
                }
            });
        }
    });
    let client = plain();
    let url = format!("http://{address}/");
    client.get(&url).send().await.expect("a response");
    requests.recv().await.expect("the first");
    let body = Body::from_stream(stream::iter([Ok::<_, Infallible>("hi")]));
    client
        .post(&url)
        .body(body)
        .send()
        .await
        .expect("a response");
    let second = requests.recv().await.expect("the second");
    assert!(second.contains("transfer-encoding: chunked"), "{second}");
}

#[tokio::test]
async fn a_response_that_a_test_makes_may_have_any_body_that_converts() {
    let cakes = r#"["tea","cake"]"#;
    for response in [
        Response::from(http::Response::new(cakes)),
        Response::from(http::Response::new(cakes.to_owned())),
        Response::from(http::Response::new(cakes.as_bytes().to_vec())),
        Response::from(http::Response::new(Body::from(cakes))),
    ] {
        assert_eq!(response.url().as_str(), "about:blank");
        assert_eq!(response.content_length(), Some(14));
        let items: Vec<String> = response.json().await.expect("JSON");
        assert_eq!(items, ["tea", "cake"]);
    }
}
