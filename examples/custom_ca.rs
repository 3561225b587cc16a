//! A private CA: from memory, from a file, alone or beside the system's store, with a report of
//! what was loaded.

use std::error::Error;

use bonafide::verify::{Anchors, Code, CustomCa, Policy};
use bonafide::{Client, Refusal};
use bonafide_testkit::{Recipe, TestCa, TestServer};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let ca = TestCa::named("Example Corp root");
    let server = TestServer::http2(ca.issue(Recipe::for_host("localhost"))).await;

    // A file that an administrator maintains, beside one that is not there yet.
    let path = std::env::temp_dir().join(format!("bonafide-custom-ca-{}.pem", std::process::id()));
    std::fs::write(&path, ca.pem())?;
    let anchors =
        Anchors::only(CustomCa::file(&path)).plus(CustomCa::file("/etc/example/not-there.pem"));
    println!("loaded: {}", anchors.load()?.report());

    let policy = Policy::builder().anchors(anchors).build()?;
    std::fs::remove_file(&path)?;
    let client = Client::builder().policy(policy).build()?;
    let response = client.get(server.url("/")).send().await?;
    println!("private CA from a file: {}", response.status());

    // From memory, beside the system's store: public servers are trusted too.
    let both = Policy::builder()
        .anchors(Anchors::system().plus(CustomCa::pem("corp", ca.pem())))
        .build()?;
    let client = Client::builder().policy(both).build()?;
    let response = client.get(server.url("/")).send().await?;
    if let Some(receipt) = response.receipt() {
        println!(
            "beside the system's store: the anchors were {}",
            receipt.anchors()
        );
    }

    // Another CA's anchors do not help.
    let stranger = Policy::builder()
        .anchors(Anchors::only(TestCa::new().certificate().clone()))
        .build()?;
    let client = Client::builder().policy(stranger).build()?;
    match client.get(server.url("/")).send().await {
        Err(error) if error.refusal().map(Refusal::code) == Some(Code::UnknownIssuer) => {
            println!("another CA: {error}")
        }
        other => return Err(format!("expected a refusal, not {other:?}").into()),
    }
    server.shutdown().await;
    Ok(())
}
