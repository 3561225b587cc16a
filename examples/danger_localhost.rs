//! A grant: the loud, dated exception, here for a development server with a certificate of its own
//! making.
//!
//! ```text
//! cargo run --example danger_localhost --features danger-insecure-grants
//! ```
//!
//! It takes a cargo feature, the word `danger` in the code, a reason and an expiry; every
//! connection under it logs a warning, and the receipt says *not verified*. Prefer
//! `bonafide-testkit`'s `TestCa` in tests and a private CA in development: neither needs this.

use std::error::Error;
use std::time::Duration;

use bonafide::Client;
use bonafide::danger::Grant;
use bonafide::verify::pki_types::UnixTime;
use bonafide::verify::{Anchors, Code, Policy};
use bonafide_testkit::{Identity, Recipe, TestCa, TestServer};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
    let server = TestServer::http2(Identity::self_signed(Recipe::for_host("localhost"))).await;

    let in_an_hour =
        UnixTime::since_unix_epoch(Duration::from_secs(UnixTime::now().as_secs() + 3600));
    let grant = Grant::for_host("localhost")
        .forgive(Code::SelfSigned)
        .because("the development server makes its own certificate")
        .until(in_an_hour);
    let anchors = Anchors::only(TestCa::new().certificate().clone());
    let policy = Policy::builder()
        .anchors(anchors.clone())
        .danger_grant(grant)
        .build()?;

    let response = Client::builder()
        .policy(policy)
        .build()?
        .get(server.url("/"))
        .send()
        .await?;
    if let Some(receipt) = response.receipt() {
        println!("{}: {}", response.status(), receipt.verdict());
    }

    // Without the grant, and so for everybody else, nothing has changed.
    let policy = Policy::builder().anchors(anchors).build()?;
    match Client::builder()
        .policy(policy)
        .build()?
        .get(server.url("/"))
        .send()
        .await
    {
        Err(error) if error.code() == Some(Code::SelfSigned) => println!("{error}"),
        other => return Err(format!("expected a refusal, not {other:?}").into()),
    }
    server.shutdown().await;
    Ok(())
}
