//! Why a server was not trusted, and what would help: four servers, each refused for another
//! reason.
//!
//! ```text
//! cargo run --example explain
//! cargo run --example explain https://example.com/
//! ```
//!
//! Without an argument nothing leaves this machine: the servers are started here. With a URL, the
//! request goes there and the system's store decides.

use std::error::Error;
use std::io::stdout;

use bonafide::Client;
use bonafide::verify::explain::RemedyKind;
use bonafide::verify::{Anchors, Policy};
use bonafide_testkit::{Recipe, TestCa, TestServer};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    match std::env::args().nth(1) {
        Some(url) => explain_real_server(&url).await,
        None => explain_embedded_servers().await,
    }
}

async fn explain_real_server(url: &str) -> Result<(), Box<dyn Error>> {
    match bonafide::get(url).await {
        Ok(response) => println!("{}: trusted", response.url()),
        Err(error) => match error.explain() {
            Some(explanation) => println!("{}", explanation.for_terminal(&stdout())),
            None => println!("{error}"),
        },
    }
    Ok(())
}

async fn explain_embedded_servers() -> Result<(), Box<dyn Error>> {
    let ca = TestCa::named("corp root");
    let issuing = ca.intermediate("corp issuing CA");
    let policy = Policy::builder()
        .anchors(Anchors::only(ca.certificate().clone()))
        .build()?;
    let client = Client::builder().policy(policy).build()?;

    let expired = issuing.issue(Recipe::for_host("localhost").expired());
    let other_name = issuing.issue(Recipe::for_host("127.0.0.1"));
    let incomplete = issuing
        .issue(Recipe::for_host("localhost"))
        .without_intermediates();
    let foreign = TestCa::named("another owner").issue(Recipe::for_host("localhost"));
    for (identity, expected) in [
        (expired, RemedyKind::OtherTime),
        (other_name, RemedyKind::OtherName),
        (incomplete, RemedyKind::Advice),
        (foreign, RemedyKind::Advice),
    ] {
        let server = TestServer::http1(identity).await;
        let error = match client.get(server.url("/")).send().await {
            Ok(response) => return Err(format!("{} was trusted", response.url()).into()),
            Err(error) => error,
        };
        let explanation = error.explain().ok_or("a refusal has an explanation")?;
        println!("{}\n", explanation.for_terminal(&stdout()));
        if explanation.remedy.kind != expected {
            return Err(format!("not the expected remedy: {:?}", explanation.remedy).into());
        }
        server.shutdown().await;
    }
    Ok(())
}
