//! Progress of uploads and downloads, and text in the charset that the caller expects.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bonafide::{Body, Kind};
use bonafide_testkit::Alpn;
use futures_util::stream;
use http::{Response, StatusCode, header};

use crate::support::{client, server};

type Reports = Arc<Mutex<Vec<(u64, Option<u64>)>>>;

/// What is reported, and the closure that reports it.
fn reports() -> (Reports, impl Fn(u64, Option<u64>) + Send + Sync + 'static) {
    let reports = Reports::default();
    let written = Arc::clone(&reports);
    let report = move |passed, total| written.lock().expect("no panic").push((passed, total));
    (reports, report)
}

#[tokio::test]
async fn an_upload_reports_each_piece_and_its_length() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(alpn).start().await;
        let (reports, report) = reports();
        let body = Body::from(vec![7; 150_000]).on_progress(report);
        let request = client().post(server.url("/")).body(body);
        request.send().await.expect("a response");
        let total = Some(150_000);
        assert_eq!(
            *reports.lock().expect("no panic"),
            [(65_536, total), (131_072, total), (150_000, total)]
        );
        let request = &server.requests()[0];
        assert_eq!(request.headers[header::CONTENT_LENGTH], "150000");
        assert_eq!(request.body.len(), 150_000);
    }
}

#[tokio::test]
async fn an_upload_of_unknown_length_reports_what_was_taken() {
    let server = server(Alpn::Http1).start().await;
    let (reports, report) = reports();
    let pieces = stream::iter([Ok::<_, Infallible>("ab"), Ok(""), Ok("cde")]);
    let body = Body::from_stream(pieces).on_progress(report);
    assert!(body.try_clone().is_none(), "a stream is sent once");
    let request = client().post(server.url("/")).body(body);
    request.send().await.expect("a response");
    assert_eq!(*reports.lock().expect("no panic"), [(2, None), (5, None)]);
}

#[tokio::test]
async fn an_upload_counts_from_0_after_a_redirect() {
    let server = server(Alpn::Http2)
        .handler(|request| async move {
            let status = match request.uri().path() {
                "/" => StatusCode::TEMPORARY_REDIRECT,
                _ => StatusCode::OK,
            };
            let response = Response::builder().header(header::LOCATION, "/there");
            response.status(status).body("").expect("a response")
        })
        .start()
        .await;
    let (reports, report) = reports();
    let body = Body::from("abc").on_progress(report);
    let request = client().post(server.url("/")).body(body);
    request.send().await.expect("a response");
    assert_eq!(
        *reports.lock().expect("no panic"),
        [(3, Some(3)), (3, Some(3))]
    );
    assert_eq!(server.requests()[1].body, "abc");
}

#[tokio::test]
async fn a_download_reports_what_was_read() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(alpn)
            .handler(|_| async { Response::new(vec![7; 100_000]) })
            .start()
            .await;
        let (reports, report) = reports();
        let response = client()
            .get(server.url("/"))
            .send()
            .await
            .expect("a response");
        let response = response.on_progress(report);
        assert_eq!(response.content_length(), Some(100_000));
        assert_eq!(response.bytes().await.expect("a body").len(), 100_000);
        let reports = reports.lock().expect("no panic");
        assert_eq!(reports.last(), Some(&(100_000, Some(100_000))));
        assert!(reports.is_sorted(), "{reports:?}");
    }
}

#[tokio::test]
async fn text_is_decoded_by_its_mark_then_its_type_then_the_callers_default() {
    // content type, body, default, text
    for (content_type, body, default, text) in [
        ("text/plain", &b"h\xe9"[..], "windows-1252", Ok("h\u{e9}")),
        (
            "text/plain; charset=latin1",
            b"h\xe9",
            "utf-8",
            Ok("h\u{e9}"),
        ),
        (
            "text/plain; charset=utf-8",
            b"h\xc3\xa9",
            "latin1",
            Ok("h\u{e9}"),
        ),
        (
            "text/plain; charset=latin1",
            b"\xef\xbb\xbfh\xc3\xa9",
            "latin1",
            Ok("h\u{e9}"),
        ),
        (
            "text/plain; charset=no-such",
            b"\x83e",
            "shift_jis",
            Ok("\u{30c6}"),
        ),
        (
            "text/plain",
            b"x",
            "no-such",
            Err("\"no-such\" is not the label of a charset"),
        ),
    ] {
        let server = server(Alpn::Http1)
            .handler(move |_| async move {
                Response::builder()
                    .header(header::CONTENT_TYPE, content_type)
                    .body(body.to_vec())
                    .expect("a response")
            })
            .start()
            .await;
        let response = client()
            .get(server.url("/"))
            .send()
            .await
            .expect("a response");
        let decoded = response.text_with_default_charset(default).await;
        match (decoded, text) {
            (Ok(decoded), Ok(text)) => assert_eq!(decoded, text, "{content_type} {default}"),
            (Err(error), Err(text)) => {
                assert_eq!(error.kind(), Kind::Decode);
                assert_eq!(error.to_string(), format!("{}: {text}", server.url("/")));
            }
            (decoded, _) => panic!("{content_type} {default} gave {decoded:?}"),
        }
    }
}
