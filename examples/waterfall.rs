//! Events of two calls as a waterfall, and the parts of their time.
//!
//! ```text
//! cargo run --example waterfall
//! ```
//!
//! Nothing leaves this machine: the server is started here, under a CA of its own.

use std::error::Error;
use std::time::Instant;

use bonafide::Client;
use bonafide::events::Event;
use bonafide::verify::{Anchors, Policy};
use bonafide_testkit::{Recipe, TestCa, TestServer};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let ca = TestCa::new();
    let server = TestServer::http2(ca.issue(Recipe::for_hosts(["localhost"]))).await;
    let policy = Policy::builder()
        .anchors(Anchors::only(ca.certificate().clone()))
        .build()?;
    let start = Instant::now();
    let client = Client::builder()
        .policy(policy)
        .event_listener(move |event: &Event<'_>| {
            let subject = match (event.call(), event.connection()) {
                (Some(call), _) => format!("call {call}"),
                (None, Some(connection)) => format!("  connection {connection}"),
                (None, None) => String::new(),
            };
            println!("{:>9.2?}  {subject:14}  {}", start.elapsed(), event.name());
        })
        .build()?;
    for path in ["/first", "/second"] {
        let response = client.get(server.url(path)).send().await?;
        let timings = response.timings();
        response.bytes().await?;
        println!("{timings:#?}\n");
    }
    server.shutdown().await;
    Ok(())
}
