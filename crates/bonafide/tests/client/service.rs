//! The client as a tower service.

use std::sync::Arc;
use std::time::Duration;

use bonafide::limits::RequestTimeouts;
use bonafide::{Body, Client, Error, Kind, Receipt};
use bonafide_testkit::{Alpn, Ending};
use http::{Request, Response};
use http_body_util::BodyExt;
use tower::{Service, ServiceExt};

use crate::support::{client, server};

async fn through<S>(service: S, request: Request<Body>) -> Result<Response<Body>, Error>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Error>,
{
    service.oneshot(request).await
}

#[tokio::test]
async fn a_client_and_a_reference_to_one_are_services_whose_responses_carry_receipts() {
    let server = server(Alpn::Both).start().await;
    let client: Client = client();
    let request = || {
        Request::post(server.url("/echo?x"))
            .header("x-own", "1")
            .body(Body::from("body"))
            .expect("a request")
    };
    for response in [
        through(&client, request()).await.expect("a response"),
        through(client.clone(), request())
            .await
            .expect("a response"),
    ] {
        let receipt = response
            .extensions()
            .get::<Arc<Receipt>>()
            .expect("a receipt");
        assert!(receipt.is_verified());
        let body = response.into_body().collect().await.expect("a body");
        assert_eq!(body.to_bytes(), "ok");
    }
    for request in server.requests() {
        assert_eq!(request.uri.path_and_query().expect("a path"), "/echo?x");
        assert_eq!(
            (&request.headers["x-own"], &request.body),
            (&"1".parse().expect("a value"), &"body".into())
        );
    }
    assert_eq!(server.tls_handshakes(), 1);
}

#[tokio::test]
async fn a_built_request_is_the_one_that_would_have_been_sent() {
    let server = server(Alpn::Http1).start().await;
    let client = client();
    let request = client
        .post(server.url("/x"))
        .query(&[("a", "b")])
        .bearer_auth("token")
        .body("text")
        .build()
        .expect("a request");
    let request = Request::<Body>::try_from(request).expect("a URI");
    assert_eq!(request.uri().to_string(), server.url("/x?a=b"));
    through(&client, request).await.expect("a response");
    let received = &server.requests()[0];
    assert_eq!(received.headers["authorization"], "Bearer token");
    assert_eq!(received.body, "text");
}

#[tokio::test]
async fn time_limits_ride_on_the_requests_extensions() {
    let server = server(Alpn::Http1)
        .ending(Ending::StallBeforeHeaders)
        .start()
        .await;
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = server.url("/").parse().expect("a URI");
    request.extensions_mut().insert(RequestTimeouts {
        headers: Some(Some(Duration::from_millis(50))),
        ..RequestTimeouts::default()
    });
    let error = through(client(), request)
        .await
        .expect_err("no response comes");
    assert_eq!(error.kind(), Kind::Timeout);
    assert_eq!(
        error.to_string(),
        format!("{}: no response within 50ms", server.url("/"))
    );
}

#[tokio::test]
async fn a_uri_without_scheme_and_host_is_an_error() {
    let error = through(client(), Request::new(Body::empty()))
        .await
        .expect_err("no host");
    assert_eq!(error.kind(), Kind::Url);
}
