//! A form with a text, a file whose progress is watched, and a hostile file name; a time limit for
//! the whole call; and what the server received.
//!
//! ```text
//! cargo run --example multipart
//! ```
//!
//! Nothing leaves this machine: the server is started here, under a CA of its own.

use std::error::Error;
use std::time::Duration;

use bonafide::multipart::{Form, Part};
use bonafide::verify::{Anchors, Policy};
use bonafide::{Body, Client};
use bonafide_testkit::{Recipe, TestCa, TestServer};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let ca = TestCa::new();
    let server = TestServer::http2(ca.issue(Recipe::for_hosts(["localhost"]))).await;
    let policy = Policy::builder()
        .anchors(Anchors::only(ca.certificate().clone()))
        .build()?;
    let client = Client::builder().policy(policy).build()?;

    let folder = tempfile::tempdir()?;
    let path = folder.path().join("table.csv");
    std::fs::write(&path, "tea,3\ncake,2\n")?;

    // Streamed from disk. Its length is known, so the form has a `Content-Length`. Where progress
    // does not matter, `Part::file` is the same in one step.
    let table = Body::from_file(&path).await?;
    let table = table.on_progress(|sent, total| eprintln!("table.csv: {sent} of {total:?} bytes"));
    let table = Part::new(table).file_name("table.csv");
    let form = Form::new()
        .text("title", "Orders of today")
        .part("table", table.content_type("text/csv")?)
        // A file name from anywhere: it cannot end its quotes or its line.
        .part(
            "note",
            Part::new("no sugar").file_name("a \"quoted\"\r\nname.txt"),
        );
    let upload = client.post(server.url("/")).multipart(form);
    let upload = upload.timeout(Duration::from_secs(60)); // for all of the call
    let response = upload.send().await?.error_for_status()?;
    println!("{}\n", response.status());

    for request in server.requests() {
        for name in ["content-type", "content-length"] {
            println!("{name}: {:?}", request.headers.get(name));
        }
        println!("\n{}", String::from_utf8_lossy(&request.body));
    }
    server.shutdown().await;
    Ok(())
}
