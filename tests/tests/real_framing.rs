//! Requests to nginx whose caller says where they end: none is taken for the body of another.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::net::Ipv4Addr;

use bonafide::{Body, Client, Kind};
use bonafide_testkit::{Recipe, TestCa};
use bonafide_tests::{Nginx, Site, trusting};
use futures_util::stream;
use http::Method;

/// What a caller says of the length of a body, and how the request ends.
const CASES: [(&str, &str, Outcome); 8] = [
    ("content-length", "4", Outcome::Sent),
    ("content-length", "60", Outcome::Refused),
    ("content-length", "1", Outcome::Refused),
    ("content-length", "0", Outcome::Refused),
    ("content-length", "4, 4", Outcome::Refused),
    ("transfer-encoding", "chunked", Outcome::Sent),
    ("transfer-encoding", "identity", Outcome::Refused),
    ("transfer-encoding", "xchunked", Outcome::Refused),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Sent,
    Refused,
}

fn whole() -> Body {
    Body::from("GET ")
}

fn streamed() -> Body {
    Body::from_stream(stream::iter(["GE", "T "].map(Ok::<_, Infallible>)))
}

/// One client, whose kept connections all requests share.
async fn start() -> Option<(Nginx, Client)> {
    let ca = TestCa::new();
    let site = Site::new("one.test", &ca.issue(Recipe::for_host("one.test")));
    let nginx = Nginx::serving([site]).start().await?;
    let client = Client::builder()
        .policy(trusting(&ca).build().unwrap())
        .resolve("one.test", (Ipv4Addr::LOCALHOST, 0).into())
        .build()
        .unwrap();
    Some((nginx, client))
}

#[tokio::test]
async fn a_request_with_its_callers_framing_leaves_the_next_one_alone() {
    let Some((mut nginx, client)) = start().await else {
        return;
    };
    let mut sent = 0;
    for url in [
        nginx.http1_url("one.test", "/"),
        nginx.http2_url("one.test", "/"),
    ] {
        for method in [Method::POST, Method::GET, Method::DELETE] {
            for (name, value, outcome) in CASES {
                for body in [whole, streamed] {
                    let first = client
                        .request(method.clone(), &url)
                        .header(name, value)
                        .body(body())
                        .send()
                        .await;
                    match first {
                        Ok(response) => {
                            assert_eq!(outcome, Outcome::Sent, "{name}: {value}");
                            assert_eq!(response.status(), 200, "{name}: {value}");
                            response.bytes().await.unwrap();
                            sent += 1;
                        }
                        Err(error) => {
                            assert_eq!(outcome, Outcome::Refused, "{name}: {value}: {error}");
                            assert!(
                                matches!(error.kind(), Kind::Request | Kind::Body),
                                "{error}"
                            );
                        }
                    }
                    let next = client.get(&url).send().await.unwrap();
                    assert_eq!(next.status(), 200, "{name}: {value}");
                    assert_eq!(next.text().await.unwrap(), "one.test");
                    sent += 1;
                }
            }
        }
    }
    let requests = nginx.requests(sent).await;
    let odd: Vec<_> = requests
        .iter()
        .filter(|request| request.status == 400 || request.path != "/")
        .collect();
    assert!(odd.is_empty(), "{odd:?}");
}

#[tokio::test]
async fn a_post_without_a_body_and_a_get_with_a_streamed_one_are_whole_requests() {
    let Some((mut nginx, client)) = start().await else {
        return;
    };
    for url in [
        nginx.http1_url("one.test", "/"),
        nginx.http2_url("one.test", "/"),
    ] {
        for (method, body) in [
            (Method::POST, Body::empty()),
            (Method::PUT, Body::empty()),
            (Method::GET, streamed()),
            (Method::HEAD, streamed()),
            (Method::GET, Body::empty()),
        ] {
            let response = client
                .request(method.clone(), &url)
                .body(body)
                .send()
                .await
                .unwrap();
            assert_eq!(response.status(), 200, "{method} {url}");
            response.bytes().await.unwrap();
        }
    }
    let requests = nginx.requests(10).await;
    assert!(
        requests.iter().all(|request| request.status == 200),
        "{requests:?}"
    );
    assert_eq!(requests.len(), 10);
}
