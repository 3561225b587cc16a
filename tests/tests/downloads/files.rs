//! The file on the disk: digests, sizes, mistakes, and what is visible when.

use std::fs;
use std::sync::{Arc, Mutex};

use bonafide::download::Integrity;
use bonafide::{Delivery, Kind, Phase, RequestBuilder, blocking};
use bonafide_testkit::Alpn;
use sha2::{Digest as _, Sha256};

use crate::site::{Site, broken, names, part, whole};

#[tokio::test]
async fn a_file_without_its_digest_never_gets_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, "before").unwrap();
    let site = Site::new(
        Alpn::Http2,
        [whole(b"abd"), broken(b"ab", 3), part(b"c", 2, 3)],
    )
    .await;
    let digest: [u8; 32] = Sha256::digest(b"abc").into();
    let download = || {
        let download = site.client().get(site.url()).download_to(&path);
        download.integrity(Integrity::sha256(digest))
    };
    let error = download().send().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.phase(), error.delivery()),
        (Kind::Integrity, Some(Phase::Body), Delivery::Answered)
    );
    // As `sha256sum` prints them.
    let text = "the content has the sha256 digest \
                a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9, and not \
                ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert!(error.to_string().ends_with(text), "{error}");
    assert_eq!(fs::read(&path).unwrap(), b"before");
    assert_eq!(names(folder.path()), ["file"]);
    // Resumed, it is the digest of the whole.
    download().send().await.unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"abc");
    assert_eq!(names(folder.path()), ["file"]);
}

#[tokio::test]
async fn a_download_that_is_dropped_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::new(
        Alpn::Http1,
        [broken(b"half", 8).ending(crate::site::End::Stalls)],
    )
    .await;
    let begun = Arc::new(Mutex::new(None));
    let (begin, started) = tokio::sync::oneshot::channel();
    *begun.lock().unwrap() = Some(begin);
    let download = site
        .client()
        .get(site.url())
        .download_to(folder.path().join("file"));
    let download = download.on_progress(move |bytes, total| {
        assert_eq!((bytes, total), (4, Some(8)));
        if let Some(begin) = begun.lock().unwrap().take() {
            begin.send(()).unwrap();
        }
    });
    let task = tokio::spawn(download.send());
    started.await.unwrap();
    assert_eq!(names(folder.path()).len(), 1);
    assert!(names(folder.path())[0].ends_with(".part"));
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    assert!(names(folder.path()).is_empty());
}

#[tokio::test]
async fn mistakes_are_found_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::new(Alpn::Http1, [whole(b"abc")]).await;
    let client = site.client();
    let path = folder.path().join("file");
    let get = || client.get(site.url());
    for (download, kind, text) in [
        (
            client.post(site.url()).download_to(&path),
            Kind::Request,
            "only a GET without a body can be downloaded to a file",
        ),
        (
            get().body("x").download_to(&path),
            Kind::Request,
            "only a GET without a body can be downloaded to a file",
        ),
        (
            get().header("range", "bytes=1-").download_to(&path),
            Kind::Request,
            "the header range cannot be set for a download",
        ),
        (
            get().header("accept-encoding", "gzip").download_to(&path),
            Kind::Request,
            "the header accept-encoding cannot be set for a download",
        ),
        (
            get().download_to(&path).resume_across_runs(),
            Kind::Request,
            "a download can be resumed across runs only if its digest is known",
        ),
        (
            get().download_to(folder.path()),
            Kind::File,
            "it is a directory",
        ),
        (
            get().download_to(folder.path().join("missing/file")),
            Kind::File,
            "No such file or directory",
        ),
        (get().download_to("/"), Kind::File, "it is a directory"),
    ] {
        let error = download.send().await.unwrap_err();
        assert_eq!((error.kind(), error.delivery()), (kind, Delivery::NotSent));
        assert!(error.to_string().contains(text), "{error}");
    }
    assert_eq!(site.server.request_count(), 0);
    let error = client.get("nonsense").download_to(&path).send().await;
    assert_eq!(error.unwrap_err().kind(), Kind::Url);
    assert!(names(folder.path()).is_empty());
}

#[tokio::test]
async fn a_file_that_is_too_large_or_has_no_room_is_refused_by_its_length() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let exabyte = (1_u64 << 60).to_string();
    let declared = broken(b"a", 100);
    let undeclared = broken(b"abcdef", 0).without("content-length");
    let huge = broken(b"a", 0).with("content-length", &exabyte);
    let site = Site::new(Alpn::Http1, [declared, undeclared, huge]).await;
    let download = || site.client().get(site.url()).download_to(&path);
    for _ in 0..2 {
        let error = download().max_bytes(5).send().await.unwrap_err();
        assert_eq!(error.kind(), Kind::TooLarge);
        assert_eq!(
            error
                .to_string()
                .matches("the file is larger than 5 bytes")
                .count(),
            1
        );
    }
    let error = download().send().await.unwrap_err();
    assert_eq!(error.kind(), Kind::File);
    let text = format!("{exabyte} bytes are to be written to");
    assert!(error.to_string().contains(&text), "{error}");
    assert!(names(folder.path()).is_empty());
}

#[test]
fn a_blocking_client_downloads_too() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let site = runtime.block_on(Site::new(Alpn::Http1, [broken(b"ab", 3), part(b"c", 2, 3)]));
    let client = blocking::Client::from(site.client());
    let done = client.get(site.url()).download_to(&path).send().unwrap();
    assert_eq!((done.bytes(), done.resumptions()), (3, 1));
    assert_eq!(fs::read(&path).unwrap(), b"abc");
}

#[tokio::test]
async fn a_request_that_was_built_before_is_downloaded_and_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let site = Site::new(Alpn::Http2, [broken(b"ab", 3), part(b"c", 2, 3)]).await;
    let (client, request) = site.client().get(site.url()).build_split();
    let request = RequestBuilder::from_parts(client, request.unwrap());
    request.download_to(&path).send().await.unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"abc");
    assert_eq!(site.server.request_count(), 2);
}
