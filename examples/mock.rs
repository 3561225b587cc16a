//! Tests of a small API client, twice: over a server with a script, with TLS as in production, and
//! over a closure without a network, in a time of their own.
//!
//! ```text
//! cargo run --example mock
//! ```
//!
//! Nothing leaves this machine. `docs/testing.md` is the guide.

use std::error::Error;
use std::time::Duration;

use bonafide::http::Response;
use bonafide::retry::Retry;
use bonafide::testing::{FakeServer, Fault, Reply};
use bonafide::verify::{Anchors, Policy};
use bonafide::{Client, Delivery};
use bonafide_testkit::{Ending, Recipe, Scripted, TestCa, TestServer};
use tokio::time::Instant;

/// What is tested: it takes its client, and knows nothing of tests.
struct Shop {
    client: Client,
    url: String,
}

impl Shop {
    /// How many cakes there are. Asking twice does no harm.
    async fn cakes(&self) -> Result<u32, Box<dyn Error>> {
        let response = self
            .client
            .get(format!("{}/cakes", self.url))
            .send()
            .await?;
        Ok(response.error_for_status()?.text().await?.trim().parse()?)
    }

    /// Orders one: whether the shop has the order, or `None` if that is not known.
    async fn order(&self) -> Option<bool> {
        let order = self.client.post(format!("{}/orders", self.url));
        match order.body("one cake").send().await {
            Ok(response) => Some(response.status().is_success()),
            Err(error) if error.delivery() == Delivery::MaybeProcessed => None,
            Err(_) => Some(false),
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    over_a_server_with_a_script().await?;
    tokio::time::pause();
    over_a_closure().await
}

/// A real server on the loopback: the client verifies it.
async fn over_a_server_with_a_script() -> Result<(), Box<dyn Error>> {
    let ca = TestCa::new();
    let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
        .script([
            Scripted::ok("3").delay(Duration::from_millis(20)),
            Scripted::new(201),
            Scripted::fault(Ending::Reset),
        ])
        .start()
        .await;
    let policy = Policy::builder()
        .anchors(Anchors::only(ca.certificate().clone()))
        .build()?;
    let shop = Shop {
        client: Client::builder().policy(policy).build()?,
        url: server.url(""),
    };

    assert_eq!(shop.cakes().await?, 3);
    assert_eq!(shop.order().await, Some(true));
    assert_eq!(shop.order().await, None, "the connection was reset");

    for (method, path) in [("GET", "/cakes"), ("POST", "/orders"), ("POST", "/orders")] {
        let request = server.take_request().await;
        assert_eq!(
            (request.method.as_str(), request.uri.path()),
            (method, path)
        );
        println!(
            "over TLS: {method} {path}, {} bytes, request {} of connection {}",
            request.body_len, request.sequence, request.connection
        );
    }
    // Fails if a response of the script was not asked for.
    server.shutdown().await;
    Ok(())
}

/// No network: twenty seconds of waiting take no time.
async fn over_a_closure() -> Result<(), Box<dyn Error>> {
    let busy = Response::builder()
        .status(503)
        .header("retry-after", "20")
        .body("")?;
    let server = FakeServer::in_turn([
        Reply::from(Fault::CannotConnect),
        busy.into(),
        Response::new("3").into(),
        Fault::Closed.into(),
    ]);
    let shop = Shop {
        client: Client::builder()
            .retry(Retry::standard())
            .answered_by(&server)
            .build()?,
        url: "https://shop.example".to_owned(),
    };

    let start = Instant::now();
    assert_eq!(shop.cakes().await?, 3);
    let waited = start.elapsed();
    assert!(waited >= Duration::from_secs(20));
    assert_eq!(shop.order().await, None, "an order is not sent again");

    for request in server.requests() {
        println!("no network: {} {}", request.method(), request.uri());
    }
    println!("the retries waited {} s", waited.as_secs());
    Ok(())
}
