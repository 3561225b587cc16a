//! Events of a server that restarts: the stream goes on where it was.
//!
//! ```text
//! cargo run --example events
//! ```
//!
//! Nothing leaves this machine: the server is started here, under a CA of its own.

use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};

use bonafide::Client;
use bonafide::verify::{Anchors, Policy};
use bonafide_testkit::server::TestBody;
use bonafide_testkit::{Recipe, TestCa, TestServer};
use http::{HeaderValue, Request, Response, StatusCode};

/// What the server answers to one request after another.
const CONNECTIONS: [&str; 2] = [
    // It wants a client to come back after 200 ms. The third event has not ended when it stops.
    "retry: 200\n\nid: 1\nevent: price\ndata: 3.20\n\nid: 2\nevent: price\ndata: 3.25\n\nid: 3\nev",
    ": we are back\n\nid: 3\nevent: price\ndata: 3.10\n\ndata: closed\ndata: until tomorrow\n\n",
];

static ASKED: AtomicUsize = AtomicUsize::new(0);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_hosts(["localhost"]));
    let server = TestServer::builder(identity).handler(answer).start().await;
    let policy = Policy::builder()
        .anchors(Anchors::only(ca.certificate().clone()))
        .build()?;
    let client = Client::builder().policy(policy).build()?;

    let mut events = client.get(server.url("/prices")).events();
    while let Some(event) = events.next().await {
        let event = event?;
        match event.event_type() {
            "price" => println!("event {}: {:.2}", event.id(), event.json::<f64>()?),
            other => println!("{other}: {:?}", event.data()),
        }
    }

    println!("\nThe server says 204: there is nothing more. What it was asked:");
    for request in server.requests() {
        println!("last-event-id: {:?}", request.headers.get("last-event-id"));
    }
    // Each connection was verified; this is the receipt of the last one that brought events.
    if let Some(receipt) = events.receipt() {
        println!("\n{receipt}");
    }
    server.shutdown().await;
    Ok(())
}

async fn answer(_: Request<bonafide::Bytes>) -> Response<TestBody> {
    let Some(text) = CONNECTIONS.get(ASKED.fetch_add(1, Ordering::SeqCst)) else {
        let mut response = Response::new(TestBody::default());
        *response.status_mut() = StatusCode::NO_CONTENT;
        return response;
    };
    let mut response = Response::new(TestBody::from(*text));
    let as_events = HeaderValue::from_static("text/event-stream");
    response.headers_mut().insert("content-type", as_events);
    response
}
