//! A verified request with its receipt, then six bad servers, each refused with its reason in one
//! line.
//!
//! ```text
//! cargo run --example quickstart
//! cargo run --example quickstart https://example.com/
//! ```
//!
//! Without an argument nothing leaves this machine: the servers are started here, under a CA of
//! their own. With a URL, the request goes there and the system's store decides.

use std::error::Error;

use bonafide::Client;
use bonafide::verify::{Anchors, Policy};
use bonafide_testkit::TestServer;
use bonafide_testkit::certificate::Catalogue;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    match std::env::args().nth(1) {
        Some(url) => show_real_server(&url).await,
        None => show_embedded_servers().await,
    }
}

async fn show_real_server(url: &str) -> Result<(), Box<dyn Error>> {
    let response = bonafide::get(url).await?;
    println!("{} {:?}", response.status(), response.version());
    match response.receipt() {
        Some(receipt) => println!("{receipt}"),
        None => println!("no receipt: the connection was not https"),
    }
    Ok(())
}

async fn show_embedded_servers() -> Result<(), Box<dyn Error>> {
    let catalogue = Catalogue::new();
    let policy = Policy::builder()
        .anchors(Anchors::only(catalogue.ca().certificate().clone()))
        .build()?;
    let client = Client::builder().policy(policy).build()?;

    println!("A good server, and why it was trusted:\n");
    let server = TestServer::http2(catalogue.case("valid-intermediate").identity.clone()).await;
    let response = client.get(server.url("/")).send().await?;
    println!("{} {:?}", response.status(), response.version());
    if let Some(receipt) = response.receipt() {
        println!("{receipt}");
    }
    server.shutdown().await;

    println!("\nSix bad servers, and why each was refused:\n");
    for name in [
        "expired",
        "wrong-name",
        "self-signed",
        "unknown-root",
        "missing-intermediate",
        "weak-rsa",
    ] {
        let server = TestServer::http1(catalogue.case(name).identity.clone()).await;
        match client.get(server.url("/")).send().await {
            Ok(response) => {
                return Err(format!("{name} was trusted: {}", response.status()).into());
            }
            Err(error) => println!("{name:21} {error}"),
        }
        if server.request_count() != 0 {
            return Err(format!("{name} was sent a request").into());
        }
        server.shutdown().await;
    }
    Ok(())
}
