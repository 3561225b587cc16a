//! Pins: the host is trusted only with a known key on its verified path.

use std::error::Error;
use std::time::Duration;

use bonafide::Client;
use bonafide::verify::pins::OnExpiredPins;
use bonafide::verify::pki_types::UnixTime;
use bonafide::verify::{Anchors, Code, Pins, Policy};
use bonafide_testkit::{Identity, Recipe, TestCa, TestServer};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let ca = TestCa::named("public CA");
    let identity = ca.issue(Recipe::for_host("localhost"));
    let spare = Identity::self_signed(Recipe::for_host("localhost"));

    // The key in use, and a spare key in the safe: losing the first does not strand the client.
    let in_half_a_year = UnixTime::since_unix_epoch(Duration::from_secs(
        UnixTime::now().as_secs() + 182 * 86_400,
    ));
    let pins = Pins::for_host("localhost")
        .leaf(identity.spki_pin())
        .leaf(spare.spki_pin())
        .expires(in_half_a_year, OnExpiredPins::Unpinned)
        .build()?;
    let policy = Policy::builder()
        .anchors(Anchors::only(ca.certificate().clone()))
        .pins(pins)
        .build()?;
    let client = Client::builder().policy(policy).build()?;

    let server = TestServer::http2(identity).await;
    let response = client.get(server.url("/")).send().await?;
    for check in response
        .receipt()
        .map(|receipt| receipt.checks())
        .unwrap_or_default()
    {
        println!("{check}");
    }
    server.shutdown().await;

    // The same CA issues another certificate for the same name: valid, and still not the one we
    // know.
    let misissued = TestServer::http2(ca.issue(Recipe::for_host("localhost"))).await;
    match client.get(misissued.url("/")).send().await {
        Err(error) if error.code() == Some(Code::PinMismatch) => println!("{error}"),
        other => return Err(format!("expected a refusal, not {other:?}").into()),
    }
    misissued.shutdown().await;
    Ok(())
}
