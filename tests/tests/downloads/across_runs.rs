//! A download that goes on in the next run of the program.

use std::fs;
use std::path::Path;

use bonafide::Kind;
use bonafide::download::{Download, Integrity};
use bonafide::retry::Retry;
use bonafide_testkit::Alpn;
use sha2::{Digest as _, Sha256};

use crate::site::{Site, broken, names, part, whole};

const FILE: &[u8] = b"twelve bytes";

fn download(site: &Site, path: &Path) -> Download {
    let request = site.client().get(site.url()).retry(Retry::none());
    let digest: [u8; 32] = Sha256::digest(FILE).into();
    let download = request.download_to(path);
    download
        .integrity(Integrity::sha256(digest))
        .resume_across_runs()
}

#[tokio::test]
async fn the_next_run_asks_for_the_rest_and_the_digest_is_that_of_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let site = Site::new(Alpn::Http1, [broken(b"twelve", 12), part(b" bytes", 6, 12)]).await;
    let error = download(&site, &path).send().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Body);
    assert_eq!(names(folder.path()).len(), 2, "the part and its tag stay");
    let done = download(&site, &path).send().await.unwrap();
    assert_eq!((done.bytes(), done.resumptions()), (12, 0));
    assert_eq!(fs::read(&path).unwrap(), FILE);
    assert_eq!(names(folder.path()), ["file"]);
    assert_eq!(site.asked(), ["- -", "bytes=6- \"a\""]);
}

#[tokio::test]
async fn what_an_earlier_run_left_is_trusted_only_as_far_as_the_digest_proves_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let steps = [broken(b"twelve", 12), part(b" bytes", 6, 12), whole(FILE)];
    let site = Site::new(Alpn::Http1, steps).await;
    download(&site, &path).send().await.unwrap_err();
    let names_of_parts = names(folder.path());
    let of_part = names_of_parts
        .iter()
        .find(|name| name.ends_with(".part"))
        .unwrap();
    fs::write(folder.path().join(of_part), "TWELVE").unwrap();
    let error = download(&site, &path).send().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Integrity);
    // Nothing of it is used again.
    assert!(names(folder.path()).is_empty());
    download(&site, &path).send().await.unwrap();
    assert_eq!(fs::read(&path).unwrap(), FILE);
    assert_eq!(site.asked(), ["- -", "bytes=6- \"a\"", "- -"]);
}

#[tokio::test]
async fn a_part_without_a_usable_tag_and_one_in_use_are_not_resumed() {
    for tag in [None, Some("W/\"a\""), Some("\"a\"\r\nx: y")] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let site = Site::new(Alpn::Http1, [broken(b"TWELVE", 12), whole(FILE)]).await;
        download(&site, &path).send().await.unwrap_err();
        let left = names(folder.path());
        let of_tag = left.iter().find(|name| name.ends_with(".etag")).unwrap();
        let of_tag = folder.path().join(of_tag);
        match tag {
            None => fs::remove_file(of_tag).unwrap(),
            Some(tag) => fs::write(of_tag, tag).unwrap(),
        }
        download(&site, &path).send().await.unwrap();
        assert_eq!(site.asked(), ["- -", "- -"], "{tag:?}");
        assert_eq!(fs::read(&path).unwrap(), FILE);
        assert_eq!(names(folder.path()), ["file"], "{tag:?}");
    }
}

#[tokio::test]
async fn two_downloads_of_one_file_at_once_do_not_share_a_part() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let stalled = broken(b"twelve", 12).ending(crate::site::End::Stalls);
    let site = Site::new(Alpn::Http1, [stalled, whole(FILE)]).await;
    let client = site.builder().read_timeout(None).build().unwrap();
    let digest: [u8; 32] = Sha256::digest(FILE).into();
    let (begin, started) = tokio::sync::oneshot::channel();
    let begin = std::sync::Mutex::new(Some(begin));
    let first = client
        .get(site.url())
        .download_to(&path)
        .integrity(Integrity::sha256(digest))
        .resume_across_runs()
        .on_progress(move |_, _| {
            if let Some(begin) = begin.lock().unwrap().take() {
                begin.send(()).unwrap();
            }
        });
    let first = tokio::spawn(first.send());
    started.await.unwrap();
    let done = download(&site, &path).send().await.unwrap();
    assert_eq!(done.bytes(), 12);
    assert_eq!(fs::read(&path).unwrap(), FILE);
    // The first one's part is still its own.
    assert_eq!(names(folder.path()).len(), 3);
    first.abort();
}

/// As two runs that begin at once: one has the part of the name, and the other one of its own.
#[tokio::test]
async fn a_part_is_only_ever_given_the_final_name_by_the_run_that_wrote_it() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let left = Site::new(Alpn::Http1, [broken(b"twelve", 12)]).await;
        download(&left, &path).send().await.unwrap_err();
        let steps = [(); 4].map(|()| whole(FILE));
        let site = Site::new(Alpn::Http1, steps).await;
        let runs = (0..4).map(|_| tokio::spawn(download(&site, &path).send()));
        for run in runs.collect::<Vec<_>>() {
            run.await.unwrap().unwrap();
            assert_eq!(fs::read(&path).unwrap(), FILE);
        }
        assert_eq!(names(folder.path()), ["file"]);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_in_place_of_the_tag_is_refused_and_what_it_leads_to_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let site = Site::new(Alpn::Http1, [broken(b"twelve", 12), broken(b"twelve", 12)]).await;
    download(&site, &path).send().await.unwrap_err();
    let left = names(folder.path());
    let tag = left.iter().find(|name| name.ends_with(".etag")).unwrap();
    let tag = folder.path().join(tag);
    let precious = folder.path().join("precious");
    fs::write(&precious, "\"a\"").unwrap();
    fs::remove_file(&tag).unwrap();
    std::os::unix::fs::symlink(&precious, &tag).unwrap();
    let error = download(&site, &path).send().await.unwrap_err();
    assert_eq!(error.kind(), Kind::File);
    assert_eq!(fs::read(&precious).unwrap(), b"\"a\"");
}
