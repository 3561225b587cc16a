//! The same policy inside reqwest: any client that takes a `rustls::ClientConfig` gets anchors,
//! zones, pins and refusals.

use std::error::Error;

use bonafide::Refusal;
use bonafide::verify::{Anchors, Pins, Policy};
use bonafide_testkit::{Recipe, TestCa, TestServer};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host("localhost"));
    let pins = Pins::for_host("localhost")
        .leaf(identity.spki_pin())
        .without_backup()
        .never_expires()
        .build()?;
    let policy = Policy::builder()
        .anchors(Anchors::only(ca.certificate().clone()))
        .pins(pins)
        .build()?;

    // rustls offers the application protocols that its configuration lists; reqwest leaves a given
    // one as it is.
    let mut config = policy.client_config()?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(config)
        .build()?;

    let server = TestServer::http2(identity).await;
    println!(
        "reqwest, pinned by bonafide: {}",
        client.get(server.url("/")).send().await?.status()
    );
    server.shutdown().await;

    let misissued = TestServer::http2(ca.issue(Recipe::for_host("localhost"))).await;
    match client.get(misissued.url("/")).send().await {
        Ok(response) => return Err(format!("trusted: {}", response.status()).into()),
        Err(error) => match Refusal::find_in(&error) {
            Some(refusal) => println!("{refusal}"),
            None => return Err(error.into()),
        },
    }
    misissued.shutdown().await;
    Ok(())
}
