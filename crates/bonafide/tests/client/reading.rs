//! Bodies as lines, as readers, and from readers.

use std::io;
use std::time::Duration;

use bonafide::{Body, Error, Kind, Phase, Response};
use bonafide_testkit::{Alpn, Ending};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{client, server};

fn response(pieces: &[&'static [u8]], content_type: Option<&'static str>) -> Response {
    let pieces: Vec<_> = pieces
        .iter()
        .map(|piece| Ok::<_, io::Error>(*piece))
        .collect();
    let mut response = http::Response::new(Body::from_stream(stream::iter(pieces)));
    if let Some(content_type) = content_type {
        let value = content_type.parse().expect("a header value");
        response.headers_mut().insert("content-type", value);
    }
    response.into()
}

#[tokio::test]
async fn lines_end_where_they_should_however_they_arrive() {
    for (text, lines) in [
        ("", &[][..]),
        ("a", &["a"][..]),
        ("a\n", &["a"][..]),
        ("a\r\nb\n\nc", &["a", "b", "", "c"][..]),
        ("\r\n\n", &["", ""][..]),
        ("a\rb\r\r\nc\r", &["a\rb\r", "c"][..]),
        ("h\u{e9}\n\u{1f600}\n", &["h\u{e9}", "\u{1f600}"][..]),
    ] {
        for size in [1, 2, 3, 100] {
            let pieces: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
            let read: Result<Vec<String>, Error> =
                response(&pieces, None).lines().try_collect().await;
            assert_eq!(read.expect("text"), lines, "{text:?} by {size}");
        }
    }
    let latin1 = response(&[b"h\xe9\nx"], Some("text/plain; charset=latin1"));
    let read: Result<Vec<String>, Error> = latin1.lines().try_collect().await;
    assert_eq!(read.expect("text"), ["h\u{e9}", "x"]);
}

#[tokio::test]
async fn a_line_that_is_too_long_is_refused_before_it_is_complete() {
    let endless = stream::repeat_with(|| Ok::<_, io::Error>("0123456789"));
    let endless = http::Response::new(Body::from_stream(endless));
    let mut lines = Response::from(endless).lines();
    let error = lines.next_line().await.expect_err("no end");
    assert_eq!(error.kind(), Kind::TooLarge);
    assert_eq!(error.phase(), Some(Phase::Body));
    let text = "a line of the response's body is longer than 65536 bytes";
    assert!(error.to_string().ends_with(text), "{error}");
    assert_eq!(lines.next_line().await.expect("it has ended"), None);

    for (text, fits) in [
        ("abc\r\n", true),
        ("abc\r", true),
        ("abcd\n", false),
        ("abcd", false),
    ] {
        for size in [1, 100] {
            let pieces: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
            let mut lines = response(&pieces, None).lines_limited(3);
            match lines.next_line().await {
                Ok(line) => assert_eq!((line.as_deref(), fits), (Some("abc"), true), "{text:?}"),
                Err(error) => assert_eq!((error.kind(), fits), (Kind::TooLarge, false), "{text:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_line_is_returned_before_the_next_one_arrives() {
    let pieces = stream::iter([Ok::<_, io::Error>("first\nsec")]).chain(stream::pending());
    let response = http::Response::new(Body::from_stream(pieces));
    let mut lines = Response::from(response).lines();
    assert_eq!(
        lines.next_line().await.expect("text").as_deref(),
        Some("first")
    );
    let next = tokio::time::timeout(Duration::from_millis(50), lines.next_line());
    next.await.expect_err("it is not complete");
}

#[tokio::test]
async fn a_response_is_read_as_a_reader_and_one_that_breaks_off_never_ends_well() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let whole = server(alpn).start().await;
        let sent = client().get(whole.url("/")).send().await;
        let mut reader = sent.expect("a response").into_reader();
        let mut text = String::new();
        reader.read_to_string(&mut text).await.expect("a body");
        assert_eq!(text, "ok");
        assert_eq!(reader.read(&mut [0; 8]).await.expect("the end"), 0);

        let (declared, sent) = (100, 10);
        let cut = server(alpn).ending(Ending::TruncatedBody { declared, sent });
        let cut = cut.start().await;
        let response = client().get(cut.url("/")).send().await;
        let mut reader = response.expect("a response").into_reader();
        let error = reader.read_to_end(&mut Vec::new()).await.expect_err("cut");
        let inner = error
            .get_ref()
            .and_then(|error| error.downcast_ref::<Error>());
        let inner = inner.expect("the client's error");
        assert_eq!(inner.kind(), Kind::Body);
        assert_eq!(inner.url().expect("named").as_str(), cut.url("/"));
        assert!(inner.receipt().is_some());
        let again = reader.read(&mut [0; 8]).await.expect_err("still broken");
        assert_eq!(again.to_string(), "reading the body has failed before");
        reader.fill_buf().await.expect_err("still broken");
    }
}

#[tokio::test]
async fn a_reader_has_lines_and_small_reads() {
    let pieces = response(&[b"a\nb", b"", b"c\n"], None);
    let mut lines = pieces.into_reader().lines();
    assert_eq!(lines.next_line().await.expect("text").as_deref(), Some("a"));
    assert_eq!(
        lines.next_line().await.expect("text").as_deref(),
        Some("bc")
    );
    assert_eq!(lines.next_line().await.expect("text"), None);
    let mut reader = Body::from("abc").into_reader();
    assert_eq!(reader.read_u8().await.expect("a byte"), b'a');
    assert_eq!(reader.fill_buf().await.expect("the rest"), b"bc");
}

#[tokio::test]
async fn readers_are_sent_as_they_are_read() {
    let server = server(Alpn::Both).start().await;
    let client = client();
    let big = vec![7; 200_000];
    static MANY: [u8; 200_000] = [7; 200_000];

    let (mut input, output) = tokio::io::duplex(1_000);
    let body = Body::from_reader(output);
    assert!(body.try_clone().is_none());
    let sent = big.clone();
    let writing = tokio::spawn(async move { input.write_all(&sent).await });
    let request = client.put(server.url("/async")).body(body);
    request.send().await.expect("a response");
    writing.await.expect("no panic").expect("written");

    let body = Body::from_blocking_reader(io::Read::take(&MANY[..], 150_000));
    let request = client.put(server.url("/blocking")).body(body);
    request.send().await.expect("a response");

    let received = server.requests();
    assert_eq!(received[0].body, big);
    assert_eq!(received[1].body, big[..150_000]);
}

#[tokio::test]
async fn a_reader_that_fails_ends_the_request() {
    struct Broken;
    impl io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let server = server(Alpn::Both).start().await;
    for body in [
        Body::from_blocking_reader(Broken),
        Body::from_reader(failing()),
    ] {
        let request = client().put(server.url("/")).body(body);
        let error = request.send().await.expect_err("no body");
        assert_eq!(error.kind(), Kind::Body);
        assert!(error.to_string().contains("the disk is gone"), "{error}");
    }
}

/// A reader that fails at once.
fn failing() -> impl tokio::io::AsyncRead + Send + 'static {
    let broken = stream::iter([Err::<&str, _>(io::Error::other("the disk is gone"))]);
    Body::from_stream(broken).into_reader()
}
