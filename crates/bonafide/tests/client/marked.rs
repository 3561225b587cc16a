//! Secrets in headers are marked as sensitive, so that no layer shows them.

use std::sync::{Arc, Mutex};

use bonafide::Body;
use bonafide::redirect::{Choice, Redirects};
use bonafide_testkit::{Alpn, TestServer};
use http::{HeaderValue, Request, Response, StatusCode};
use tower::ServiceExt as _;
use tower::util::MapRequestLayer;

use crate::support::{builder, loopback, server};

const SECRET: &str = "s3cret";

#[tokio::test]
async fn a_secret_that_a_policy_of_redirects_writes_is_marked_as_sensitive() {
    let server = TestServer::builder(loopback())
        .handler(|request| async move {
            let mut response = Response::new("ok");
            if request.uri().path() == "/from" {
                *response.status_mut() = StatusCode::FOUND;
                let location = HeaderValue::from_static("/to");
                response.headers_mut().insert("location", location);
            }
            response
        })
        .start()
        .await;
    let redirects = Redirects::default().with_policy(|proposal| {
        let key = HeaderValue::from_static(SECRET);
        proposal.headers.insert("x-api-key", key);
        Choice::Follow
    });
    let seen = Arc::new(Mutex::new(Vec::new()));
    let headers = Arc::clone(&seen);
    let client = builder()
        .redirects(redirects)
        .hop_layer(MapRequestLayer::new(move |request: Request<Body>| {
            let shown = format!("{:?}", request.headers().get("x-api-key"));
            headers.lock().expect("unpoisoned").push(shown);
            request
        }))
        .build()
        .expect("a client");
    client
        .get(server.url("/from"))
        .send()
        .await
        .expect("a response");
    assert_eq!(
        *seen.lock().expect("unpoisoned"),
        ["None", "Some(Sensitive)"]
    );
    assert_eq!(server.requests()[1].headers["x-api-key"], SECRET);
}

#[tokio::test]
async fn a_layer_sees_no_secret_of_a_request_however_the_request_was_made() {
    let server = server(Alpn::Both).start().await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noting = || {
        let seen = Arc::clone(&seen);
        MapRequestLayer::new(move |request: Request<Body>| {
            let shown = format!("{request:?}");
            seen.lock().expect("unpoisoned").push(shown);
            request
        })
    };
    let client = builder().layer(noting()).hop_layer(noting());
    let client = client.build().expect("a client");
    let url = server.url("/");
    let names = ["authorization", "cookie", "x-api-key"];
    let secret = || names.map(|name| (name, HeaderValue::from_static(SECRET)));
    let of_http = || {
        let mut request = Request::get(&url).body(Body::empty()).expect("a request");
        for (name, value) in secret() {
            request.headers_mut().insert(name, value);
        }
        request
    };
    let mut changed = client.get(&url).build().expect("a request");
    for (name, value) in secret() {
        changed.headers_mut().insert(name, value);
    }
    let copy = changed.try_clone().expect("no body");
    let back = Request::<Body>::try_from(copy).expect("a URL");
    assert!(!format!("{back:?}").contains(SECRET), "{back:?}");
    let value = bonafide::Request::try_from(of_http()).expect("absolute");
    let shown = format!("{:?}", value.headers());
    assert!(!shown.contains(SECRET), "{shown}");
    let mut built = client.get(&url);
    for (name, value) in secret() {
        built = built.header(name, value);
    }
    client.execute(of_http()).await.expect("a response");
    client.execute(changed).await.expect("a response");
    client.clone().oneshot(of_http()).await.expect("a response");
    built.send().await.expect("a response");
    let seen = seen.lock().expect("unpoisoned");
    assert_eq!(seen.len(), 8);
    for shown in &*seen {
        assert_eq!(shown.matches("Sensitive").count(), 3, "{shown}");
        assert!(!shown.contains(SECRET), "{shown}");
    }
    for request in server.requests() {
        assert!(names.iter().all(|name| request.headers[*name] == SECRET));
    }
}
