//! Bodies from files and streams.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bonafide::{Body, Kind, Phase};
use bonafide_testkit::Alpn;
use futures_util::stream;
use http::{Response, StatusCode, header};

use crate::support::{client, server};

/// A file that is removed with this value.
pub(crate) struct TempFile(PathBuf);

impl TempFile {
    pub(crate) fn with(content: &[u8]) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("bonafide-upload-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, content).expect("a file");
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[tokio::test]
async fn a_file_is_sent_with_its_length() {
    let content: Vec<u8> = (0..300_000u32).map(|n| (n % 251) as u8).collect();
    for content in [&content[..], b"x", b""] {
        let file = TempFile::with(content);
        for alpn in [Alpn::Http1, Alpn::Http2] {
            let server = server(alpn).start().await;
            let body = Body::from_file(file.path()).await.expect("a file");
            let request = client().put(server.url("/")).body(body);
            request.send().await.expect("a response");
            let request = &server.requests()[0];
            assert!(request.body == content);
            let length = request.headers.get(header::CONTENT_LENGTH);
            let expected = (!content.is_empty()).then(|| content.len().to_string());
            assert_eq!(
                length.map(|it| it.to_str().expect("text")),
                expected.as_deref()
            );
        }
    }
}

#[tokio::test]
async fn a_file_that_changes_before_it_is_sent_is_an_error() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        for (now, what) in [(&b"abc"[..], "shorter"), (b"abcdef", "longer")] {
            let file = TempFile::with(b"abcde");
            let server = server(alpn).start().await;
            let body = Body::from_file(file.path()).await.expect("a file");
            std::fs::write(file.path(), now).expect("a file");
            let error = client()
                .put(server.url("/"))
                .body(body)
                .send()
                .await
                .expect_err("another length");
            assert_eq!(
                (error.kind(), error.phase()),
                (Kind::Body, Some(Phase::Send))
            );
            assert_eq!(
                error.to_string(),
                format!(
                    "{}: the request's body is {what} than the 5 bytes that were declared",
                    server.url("/")
                )
            );
        }
    }
}

#[tokio::test]
async fn a_file_that_is_gone_when_it_is_sent_is_an_error() {
    let server = server(Alpn::Http1).start().await;
    let file = TempFile::with(b"abcde");
    let path = file.path().to_owned();
    let body = Body::from_file(&path).await.expect("a file");
    drop(file);
    let request = client().put(server.url("/")).body(body);
    let error = request.send().await.expect_err("no file");
    assert_eq!(
        (error.kind(), error.phase()),
        (Kind::Body, Some(Phase::Send))
    );
    let text = error.to_string();
    let expected = format!("the file {path:?} could not be opened: ");
    assert!(text.contains(&expected), "{text}");
    assert!(text.ends_with("(os error 2)"), "{text}");
}

#[tokio::test]
async fn what_is_not_a_regular_file_is_refused_before_anything_is_sent() {
    let folder = std::env::temp_dir();
    let error = Body::from_file(&folder).await.expect_err("a folder");
    assert_eq!(error.kind(), Kind::Body);
    assert_eq!(
        error.to_string(),
        format!("the file {folder:?} cannot be sent: it is not a regular file")
    );
    let error = Body::from_file("/no/such/file").await.expect_err("nothing");
    assert_eq!(error.kind(), Kind::Body);
}

#[test]
fn a_file_needs_a_runtime_and_says_so() {
    let waker = std::task::Waker::noop();
    let mut measuring = Box::pin(Body::from_file("/no/such/file"));
    let polled = measuring
        .as_mut()
        .poll(&mut std::task::Context::from_waker(waker));
    let std::task::Poll::Ready(Err(error)) = polled else {
        panic!("{polled:?}");
    };
    assert_eq!(error.kind(), Kind::NoRuntime);
}

#[tokio::test]
async fn a_replayable_stream_is_made_once_for_each_hop() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(alpn)
            .handler(|request| async move {
                let path = request.uri().path().to_owned();
                let status = if path == "/" {
                    StatusCode::PERMANENT_REDIRECT
                } else {
                    StatusCode::OK
                };
                let response = Response::builder().header(header::LOCATION, "/there");
                response.status(status).body("").expect("a response")
            })
            .start()
            .await;
        let made = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&made);
        let body = Body::replayable(move || {
            counter.fetch_add(1, Ordering::Relaxed);
            stream::iter([Ok::<_, Infallible>("ab"), Ok("cd")])
        });
        let request = client().post(server.url("/")).header("content-length", "4");
        request.body(body).send().await.expect("a response");
        let requests = server.requests();
        assert_eq!(requests.len(), 2);
        for request in &requests {
            assert_eq!(request.body, "abcd");
            assert_eq!(request.headers[header::CONTENT_LENGTH], "4");
        }
        assert_eq!(made.load(Ordering::Relaxed), 2);
    }
}

#[tokio::test]
async fn a_stream_whose_length_is_named_is_sent_with_it_and_held_to_it() {
    let pieces = || stream::iter(["hi", "ho"].map(Ok::<_, Infallible>));
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(alpn).start().await;
        let request = client().post(server.url("/"));
        let request = request.body(Body::sized_stream(pieces(), 4));
        request.send().await.expect("a response");
        let request = &server.requests()[0];
        assert_eq!(request.headers[header::CONTENT_LENGTH], "4");
        assert_eq!(request.headers.get(header::TRANSFER_ENCODING), None);
        assert_eq!(request.body, "hiho");
        for (length, what) in [(3, "longer"), (5, "shorter")] {
            let request = client().post(server.url("/"));
            let request = request.body(Body::sized_stream(pieces(), length));
            let error = request.send().await.expect_err(what);
            assert_eq!(
                (error.kind(), error.phase()),
                (Kind::Body, Some(Phase::Send)),
                "{alpn:?}: {error}"
            );
            let text = format!("is {what} than the {length} bytes that were declared");
            assert!(error.to_string().ends_with(&text), "{error}");
        }
        assert_eq!(server.request_count(), 1, "no handler got another length");
    }
}
