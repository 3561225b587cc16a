//! A reply that never comes.

use std::time::Duration;

use bonafide::testing::{FakeServer, Fault, Reply};
use bonafide::{Client, Delivery, StatusCode};
use http::Response;
use tokio::time::Instant;

use crate::URL;

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_meets_the_limits_of_the_client() {
    let server = FakeServer::in_turn([
        Reply::from(Fault::NeverAnswers),
        StatusCode::SERVICE_UNAVAILABLE.into(),
        Response::new("at last").into(),
    ]);
    let limit = Duration::from_secs(10);
    let client = Client::builder().timeout(limit).answered_by(&server);
    let client = client.build().expect("a client");
    let start = Instant::now();
    let error = client.get(URL).send().await.expect_err("a timeout");
    assert!(error.is_timeout());
    assert_eq!(error.delivery(), Delivery::MaybeProcessed);
    assert_eq!(start.elapsed().as_secs(), limit.as_secs());
    let response = client.get(URL).send().await.expect("headers");
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.bytes().await.expect("a body"), "");
    let response = client.get(URL).send().await.expect("headers");
    assert_eq!(response.text().await.expect("a body"), "at last");
    assert_eq!(server.requests().len(), 3);
}
