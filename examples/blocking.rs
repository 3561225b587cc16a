//! A program without async code: a request, a receipt, and a download by `std::io::copy`.
//!
//! ```text
//! cargo run --example blocking
//! ```
//!
//! Nothing leaves this machine: the server is started here, under a CA of its own.

use std::error::Error;

use bonafide::blocking::Client;
use bonafide::verify::{Anchors, Policy};
use bonafide_testkit::{Recipe, TestCa, TestServer};

fn main() -> Result<(), Box<dyn Error>> {
    // The server alone needs a runtime here.
    let runtime = tokio::runtime::Runtime::new()?;
    let ca = TestCa::new();
    let certificate = ca.issue(Recipe::for_hosts(["localhost"]));
    let server = runtime.block_on(TestServer::http2(certificate));

    let policy = Policy::builder()
        .anchors(Anchors::only(ca.certificate().clone()))
        .build()?;
    let client = Client::builder().policy(policy).build_blocking()?;

    let response = client.get(server.url("/")).send()?.error_for_status()?;
    if let Some(receipt) = response.receipt() {
        println!("{receipt}\n");
    }
    println!("{} bytes of text", response.text()?.len());

    let mut response = client.post(server.url("/")).body("tea").send()?;
    let copied = std::io::copy(&mut response, &mut std::io::sink())?;
    println!("{copied} bytes copied");

    runtime.block_on(server.shutdown());
    Ok(())
}
