//! A download that breaks off and goes on, and one that is not what it should be.
//!
//! ```text
//! cargo run --example download
//! ```
//!
//! Nothing leaves this machine: the server is started here, under a CA of its own.

use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bonafide::download::Integrity;
use bonafide::retry::Retry;
use bonafide::verify::{Anchors, Policy};
use bonafide::{Bytes, Client, Kind};
use bonafide_testkit::server::TestBody;
use bonafide_testkit::{Recipe, TestCa, TestServer};
use http::header::{CONTENT_LENGTH, CONTENT_RANGE, ETAG, RANGE};
use http::{Request, Response, StatusCode};

/// Of the file that the server has, 1 MiB.
const SHA256: &str = "aca1cd027e979588d14b877b7b0cb8585ad9fec599eb45801992ee5382b3760f";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let ca = TestCa::new();
    let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
        .handler(|request| std::future::ready(answer(&request)))
        .start()
        .await;
    let policy = Policy::builder()
        .anchors(Anchors::only(ca.certificate().clone()))
        .build()?;
    // The rule of retries says whether the rest is asked for, and how often.
    let client = Client::builder()
        .policy(policy)
        .retry(Retry::standard())
        .build()?;
    let folder = tempfile::tempdir()?;

    let path = folder.path().join("tool.bin");
    let done = client
        .get(server.url("/tool.bin"))
        .download_to(&path)
        .integrity(Integrity::sha256_hex(SHA256)?)
        .on_progress(|bytes, total| match total {
            Some(total) => eprint!("\r{}% ", 100 * bytes / total.max(1)),
            None => eprint!("\r{bytes} bytes "),
        })
        .send()
        .await?;
    eprintln!();
    println!(
        "{} bytes in {:?}, broken off {} time(s)",
        done.bytes(),
        done.path().file_name().unwrap_or_default(),
        done.resumptions()
    );
    for request in server.requests() {
        println!("  asked for {:?}", request.headers.get(RANGE));
    }
    if let Some(receipt) = done.receipt() {
        println!("\n{receipt}\n");
    }

    // The digest of something else: the file does not appear under its name.
    let path = folder.path().join("other.bin");
    let refused = client
        .get(server.url("/tool.bin"))
        .download_to(&path)
        .integrity(Integrity::sha256([0; 32]))
        .send()
        .await;
    match refused {
        Err(error) if error.kind() == Kind::Integrity => println!("{error}"),
        Err(error) => return Err(error.into()),
        Ok(_) => return Err("a file with another digest was accepted".into()),
    }
    println!("other.bin exists: {}", path.exists());
    server.shutdown().await;
    Ok(())
}

/// The first response breaks off in the middle; the next ones are whole.
fn answer(request: &Request<Bytes>) -> Response<TestBody> {
    static BROKEN: AtomicBool = AtomicBool::new(false);
    let file = b"0123456789abcdef".repeat(64 * 1024);
    let (half, length) = (file.len() / 2, file.len());

    if !BROKEN.swap(true, Ordering::SeqCst) {
        let (sender, body) = TestBody::channel();
        sender.send(file[..half].to_vec());
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(100)).await;
            sender.abort();
        });
        let mut response = with_tag(body);
        response.headers_mut().insert(CONTENT_LENGTH, length.into());
        return response;
    }
    let range = request.headers().get(RANGE);
    let first = range
        .and_then(|range| range.to_str().ok())
        .and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-'))
        .and_then(|first| first.parse::<usize>().ok())
        .filter(|first| *first < length);
    let Some(first) = first else {
        return with_tag(TestBody::from(file));
    };
    let mut response = with_tag(TestBody::from(file[first..].to_vec()));
    *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    let range = format!("bytes {first}-{}/{length}", length - 1);
    if let Ok(range) = range.parse() {
        response.headers_mut().insert(CONTENT_RANGE, range);
    }
    response
}

/// A strong entity tag: by it the client asks for the rest of the same version.
fn with_tag(body: TestBody) -> Response<TestBody> {
    let mut response = Response::new(body);
    let tag = http::HeaderValue::from_static("\"v1\"");
    response.headers_mut().insert(ETAG, tag);
    response
}
