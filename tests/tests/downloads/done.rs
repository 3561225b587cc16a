//! What a download says of the file that it makes.

use std::sync::{Arc, Mutex};

use bonafide::download::{Downloaded, Integrity};
use bonafide::header::{CONTENT_RANGE, LAST_MODIFIED};
use bonafide::retry::{Decision, GiveUp, Retry, Step as Decided};
use bonafide_testkit::Alpn;
use sha2::{Digest as _, Sha256};

use crate::site::{Site, Step, broken, part, whole};

const MONDAY: &str = "Mon, 23 Nov 2026 07:00:00 GMT";
const TUESDAY: &str = "Tue, 24 Nov 2026 07:00:00 GMT";

async fn download(steps: impl IntoIterator<Item = Step>) -> Downloaded {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::new(Alpn::Http2, steps).await;
    let request = site.client().get(site.url());
    let download = request.download_to(folder.path().join("file"));
    download.send().await.unwrap()
}

#[tokio::test]
async fn the_headers_are_those_of_the_response_that_the_file_began_with() {
    let monday = |step: Step| step.with("last-modified", MONDAY);
    let tuesday = |step: Step| step.with("last-modified", TUESDAY);

    let resumed = download([monday(broken(b"ab", 3)), part(b"c", 2, 3)]).await;
    assert_eq!(resumed.headers()[LAST_MODIFIED], MONDAY);
    assert!(!resumed.headers().contains_key(CONTENT_RANGE));

    let changed = tuesday(whole(b"new").with("etag", "\"b\""));
    let begun_again = download([monday(broken(b"ab", 3)), changed]).await;
    assert_eq!(begun_again.headers()[LAST_MODIFIED], TUESDAY);
}

#[tokio::test]
async fn the_headers_are_those_of_the_last_response_where_an_earlier_run_began() {
    let folder = tempfile::tempdir().unwrap();
    let digest: [u8; 32] = Sha256::digest(b"abc").into();
    let steps = [broken(b"ab", 3), part(b"c", 2, 3)];
    let site = Site::new(Alpn::Http1, steps).await;
    let run = || {
        let request = site.client().get(site.url()).retry(Retry::none());
        let download = request.download_to(folder.path().join("file"));
        download
            .integrity(Integrity::sha256(digest))
            .resume_across_runs()
            .send()
    };
    run().await.unwrap_err();
    let done = run().await.unwrap();
    assert_eq!(done.headers()[CONTENT_RANGE], "bytes 2-2/3");
}

#[tokio::test]
async fn debug_shows_no_secret_of_the_url_and_no_value_of_a_header() {
    let folder = tempfile::tempdir().unwrap();
    let cookie = whole(b"abc").with("set-cookie", "sid=s3cret");
    let site = Site::new(Alpn::Http1, [cookie]).await;
    let url = site.server.url("/file?part=1&X-Amz-Signature=s3cret");
    let request = site.client().get(url);
    let download = request.download_to(folder.path().join("file"));
    let done = download.send().await.unwrap();
    assert!(done.url().query().unwrap().ends_with("s3cret"));
    let text = format!("{done:?}");
    assert!(!text.contains("s3cret"), "{text}");
    assert!(text.contains("/file?part=1&"), "{text}");
    assert!(text.contains("\"set-cookie\""), "{text}");
}

#[tokio::test]
async fn progress_goes_on_with_the_rest_and_begins_again_with_another_version() {
    let folder = tempfile::tempdir().unwrap();
    let changed = whole(b"new").with("etag", "\"b\"");
    for (steps, expected) in [
        (
            [broken(b"ab", 3), part(b"c", 2, 3)],
            [(2, Some(3)), (3, Some(3))],
        ),
        ([broken(b"abcd", 8), changed], [(4, Some(8)), (3, Some(3))]),
    ] {
        let site = Site::new(Alpn::Http1, steps).await;
        let reports = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&reports);
        let request = site.client().get(site.url());
        let download = request
            .download_to(folder.path().join("file"))
            .on_progress(move |bytes, total| noted.lock().unwrap().push((bytes, total)));
        download.send().await.unwrap();
        assert_eq!(*reports.lock().unwrap(), expected);
    }
}

#[tokio::test]
async fn the_observer_of_retries_sees_whether_the_rest_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let steps = [broken(b"ab", 3), part(b"c", 2, 3), broken(b"ab", 3)];
    let site = Site::new(Alpn::Http2, steps).await;
    let decisions = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&decisions);
    let observer = move |decision: &Decision<'_>| {
        let decided = match decision.step {
            Decided::Again(_) => Ok(decision.attempt),
            Decided::GiveUp(why) => Err(why),
            Decided::Finish => panic!("a finished attempt is no decision"),
        };
        noted.lock().unwrap().push(decided);
    };
    let client = site.builder().retry_observer(observer).build().unwrap();
    let get = || client.get(site.url());
    let path = folder.path().join("file");
    get().download_to(&path).send().await.unwrap();
    assert_eq!(*decisions.lock().unwrap(), [Ok(1)]);
    let once = get().retry(Retry::none()).download_to(&path);
    once.send().await.unwrap_err();
    assert_eq!(*decisions.lock().unwrap(), [Ok(1), Err(GiveUp::Attempts)]);
}
