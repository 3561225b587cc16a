//! Every edge of asking for the rest of a file.

use std::fs;
use std::time::Duration;

use bonafide::retry::{Budget, Retry};
use bonafide::{Delivery, Error, Kind};
use bonafide_testkit::Alpn;

use crate::site::{End, Site, Step, broken, names, part, whole};

const VERSIONS: [Alpn; 2] = [Alpn::Http1, Alpn::Http2];
const FILE: &[u8] = b"twelve bytes";

/// The bytes of the file, or the kind of the error and its text; and what was asked for.
async fn outcome(site: &Site) -> (Result<Vec<u8>, (Kind, String)>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let done = site
        .client()
        .get(site.url())
        .download_to(&path)
        .send()
        .await;
    let result = match done {
        Ok(done) => {
            let content = fs::read(&path).unwrap();
            assert_eq!(done.bytes(), content.len() as u64);
            assert_eq!(done.resumptions() as usize + 1, site.asked().len());
            assert!(done.receipt().unwrap().is_verified());
            assert_eq!(names(folder.path()), ["file"]);
            Ok(content)
        }
        Err(error) => {
            assert!(names(folder.path()).is_empty(), "{error}");
            Err((error.kind(), deepest(&error)))
        }
    };
    (result, site.asked())
}

fn deepest(error: &Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    let text = cause.to_string();
    let after_url = text.split_once("/file: ").map(|(_, text)| text.to_owned());
    after_url.unwrap_or(text)
}

#[tokio::test]
async fn the_rest_is_asked_for_by_a_strong_tag_alone() {
    for alpn in VERSIONS {
        for (first, asked, second) in [
            (
                broken(b"twelve", 12),
                "bytes=6- \"a\"",
                part(b" bytes", 6, 12),
            ),
            // The file has changed.
            (broken(b"TWELVE", 12), "bytes=6- \"a\"", whole(FILE)),
            // Without a strong tag all is asked for again.
            (
                broken(b"TWELVE", 12).with("etag", "W/\"a\""),
                "- -",
                whole(FILE),
            ),
            (broken(b"TWELVE", 12).without("etag"), "- -", whole(FILE)),
            // Nothing had come.
            (broken(b"", 12), "- -", whole(FILE)),
            // Without a length.
            (
                broken(b"twelve", 12).without("content-length"),
                "bytes=6- \"a\"",
                part(b" bytes", 6, 12),
            ),
            // A stalled body is a broken one.
            (
                broken(b"twelve", 12).ending(End::Stalls),
                "bytes=6- \"a\"",
                part(b" bytes", 6, 12),
            ),
        ] {
            let site = Site::new(alpn, [first.clone(), second]).await;
            let (content, requests) = outcome(&site).await;
            assert_eq!(content.as_deref(), Ok(FILE), "{alpn:?} {first:?}");
            assert_eq!(requests, ["- -", asked], "{alpn:?} {first:?}");
        }
    }
}

#[tokio::test]
async fn a_part_may_break_off_again_and_a_416_ends_or_restarts() {
    let unsatisfied = |total: &str| Step {
        status: 416,
        ..whole(b"").with("content-range", total)
    };
    for (steps, last) in [
        (
            vec![
                broken(b"twe", 12),
                part(b"lve bytes", 3, 12).ending(End::BreaksOff),
                unsatisfied("bytes */12"),
            ],
            "bytes=12- \"a\"",
        ),
        (
            vec![
                broken(b"twelve bytes and more", 30),
                unsatisfied("bytes */12"),
                whole(FILE),
            ],
            "- -",
        ),
    ] {
        let site = Site::new(Alpn::Http1, steps).await;
        let (content, requests) = outcome(&site).await;
        assert_eq!(content.as_deref(), Ok(FILE));
        assert_eq!(requests.last().unwrap(), last);
    }
}

#[tokio::test]
async fn a_response_that_is_not_what_was_asked_for_ends_the_download() {
    let other = "the server sent bytes 5-10 of 12, and bytes 6- were asked for";
    for (second, kind, text) in [
        (part(b"e byte", 5, 12), Kind::Protocol, other),
        (
            part(b" bytes", 6, 12).with("etag", "\"b\""),
            Kind::Protocol,
            "the server sent a part of another version of the file",
        ),
        (
            part(b" bytes", 6, 12).with("content-encoding", "gzip"),
            Kind::Protocol,
            "the server encoded the file (\"gzip\"), although it was asked not to",
        ),
        (
            Step {
                status: 404,
                ..whole(b"")
            },
            Kind::Status,
            "404 Not Found",
        ),
        (
            Step {
                status: 204,
                ..whole(b"")
            },
            Kind::Status,
            "the server answered 204 No Content, without a file",
        ),
    ] {
        let site = Site::new(Alpn::Http1, [broken(b"twelve", 12), second]).await;
        let (content, requests) = outcome(&site).await;
        assert_eq!(content, Err((kind, text.to_owned())));
        assert_eq!(requests.len(), 2);
    }
    let site = Site::new(Alpn::Http1, [part(FILE, 0, 12)]).await;
    let unasked = "the server sent a part of the file that was not asked for";
    let refused = Err((Kind::Protocol, unasked.to_owned()));
    assert_eq!(outcome(&site).await.0, refused);
}

#[tokio::test]
async fn attempts_count_from_the_last_one_that_brought_something_and_within_the_budget() {
    // Each brings a byte: more than the three attempts of the rule.
    let mut steps = vec![broken(b"t", 12)];
    for first in 1..11 {
        let step = part(&FILE[first..], first, 12);
        let length = step.body.len().to_string();
        let mut step = step.with("content-length", &length).ending(End::BreaksOff);
        step.body.truncate(1);
        steps.push(step);
    }
    steps.push(part(&FILE[11..], 11, 12));
    let site = Site::new(Alpn::Http1, steps.clone()).await;
    assert_eq!(outcome(&site).await.0.as_deref(), Ok(FILE));
    assert_eq!(site.asked().len(), 12);

    // None brings a byte.
    let fruitless = part(&FILE[1..], 1, 12).with("content-length", "11");
    let fruitless = Step {
        body: Vec::new(),
        ..fruitless.ending(End::BreaksOff)
    };
    let first = broken(b"t", 12);
    let site = Site::new(
        Alpn::Http1,
        [first, fruitless.clone(), fruitless.clone(), fruitless],
    );
    let site = site.await;
    let (content, requests) = outcome(&site).await;
    assert_eq!(content.unwrap_err().0, Kind::Body);
    assert_eq!(requests.len(), 3);

    // The same bytes again and again are nothing new.
    let untagged = broken(b"twelve", 12).without("etag");
    let site = Site::new(Alpn::Http1, [(); 5].map(|()| untagged.clone())).await;
    assert_eq!(outcome(&site).await.0.unwrap_err().0, Kind::Body);
    assert_eq!(site.asked().len(), 3);

    // The budget has room for two.
    let site = Site::new(Alpn::Http1, steps).await;
    let client = site
        .builder()
        .retry_budget(Budget::new(2, 0))
        .build()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let download = client
        .get(site.url())
        .download_to(folder.path().join("file"));
    let error = download.send().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.delivery()),
        (Kind::Body, Delivery::Answered)
    );
    assert_eq!(site.asked().len(), 3);
}

#[tokio::test]
async fn without_a_rule_a_body_that_breaks_off_ends_the_download() {
    let site = Site::new(Alpn::Http2, [broken(b"twelve", 12), whole(FILE)]).await;
    let folder = tempfile::tempdir().unwrap();
    let request = site.client().get(site.url()).retry(Retry::none());
    let download = request.download_to(folder.path().join("file"));
    assert_eq!(download.send().await.unwrap_err().kind(), Kind::Body);
    assert_eq!(site.asked().len(), 1);
}

#[tokio::test]
async fn a_response_that_is_too_slow_is_broken_off_and_the_limit_of_the_whole_holds() {
    let slow = broken(b"twelve", 12).ending(End::Stalls);
    let site = Site::new(Alpn::Http1, [slow.clone(), part(b" bytes", 6, 12)]).await;
    let folder = tempfile::tempdir().unwrap();
    let client = site.builder().read_timeout(None).build().unwrap();
    let download = || {
        client
            .get(site.url())
            .download_to(folder.path().join("file"))
    };
    let pace = Duration::from_millis(200);
    let done = download().min_throughput(1_000, pace).send().await.unwrap();
    assert_eq!((done.bytes(), done.resumptions()), (12, 1));

    let site = Site::new(Alpn::Http1, [slow.clone(), slow]).await;
    let request = site
        .client()
        .get(site.url())
        .timeout(Duration::from_millis(300));
    let download = request.download_to(folder.path().join("other"));
    let error = download.send().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Timeout);
    assert_eq!(names(folder.path()), ["file"]);
}
