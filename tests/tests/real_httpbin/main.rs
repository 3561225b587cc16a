//! Requests to httpbin, which says what it was asked: what a caller does in a day.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its own functions too"
)]

mod bodies;
mod cookies;
mod credentials;
mod delays;
mod redirects;
mod requests;

use bonafide::{Client, RequestBuilder, Response, StatusCode};
use bonafide_testkit::{Recipe, TestCa};
use bonafide_tests::{Http, Httpbin, client_over};
use serde_json::Value;

/// A running httpbin and the authority of its certificate.
async fn started() -> Option<(Httpbin, TestCa)> {
    let ca = TestCa::new();
    let httpbin = Httpbin::presenting(&ca.issue(Recipe::for_host("localhost"))).await?;
    Some((httpbin, ca))
}

/// A client of each version of HTTP, without further settings.
fn clients(ca: &TestCa) -> [(Http, Client); 2] {
    Http::BOTH.map(|http| (http, client_over(http, ca).build().unwrap()))
}

/// The response, which has the status 200.
async fn sent(request: RequestBuilder) -> Response {
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{}", response.url());
    response
}

/// What httpbin says of the request.
async fn echoed(request: RequestBuilder) -> Value {
    sent(request).await.json().await.unwrap()
}
