//! Requests as values, and rules and limits of one request.

use std::sync::Arc;
use std::time::Duration;

use bonafide::redirect::Redirects;
use bonafide::{Body, Bytes, Delivery, Kind, Phase, Request};
use bonafide_testkit::{Alpn, Recipe, TestCa, TestServer};
use futures_util::stream;
use http::{HeaderValue, Method, Response, StatusCode, Version, header};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::support::{builder, client, loopback, server};

#[tokio::test]
async fn a_request_is_read_changed_and_executed() {
    let server = server(Alpn::Both).start().await;
    let client = client();
    let url = server.url("/a?b=c").replace("://", "://user:s3cret@");
    let mut request = client
        .put(&url)
        .header("x-kept", "1")
        .query(&[("d", "e")])
        .body("before")
        .timeout(Duration::from_secs(9))
        .http1_only()
        .build()
        .expect("a request");
    assert_eq!(request.method(), Method::PUT);
    assert_eq!(request.url().as_str(), server.url("/a?b=c&d=e"));
    assert_eq!(request.headers()["x-kept"], "1");
    assert_eq!(request.body().as_bytes(), Some(&b"before"[..]));
    let total = request.timeouts().total;
    assert_eq!(total, Some(Some(Duration::from_secs(9))));
    assert!(request.versions().is_some());
    assert!(request.redirects().is_none());

    let shown = format!("{request:?}");
    for secret in ["s3cret", "dXNlcjpzM2NyZXQ", "Basic", "before"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(shown.contains("x-kept"), "{shown}");

    *request.method_mut() = Method::POST;
    request.url_mut().set_path("/changed");
    let value = HeaderValue::from_static("2");
    request.headers_mut().insert("x-added", value);
    *request.body_mut() = Body::from("after");
    let copy = request.try_clone().expect("text can be repeated");
    let response = client.execute(request).await.expect("a response");
    assert_eq!(response.version(), Version::HTTP_11);
    client.execute(copy).await.expect("the same again");

    let received = server.requests();
    assert_eq!(received.len(), 2);
    for request in received {
        assert_eq!(request.method, Method::POST);
        assert_eq!(request.uri.path(), "/changed");
        assert_eq!(request.uri.query(), Some("b=c&d=e"));
        assert_eq!(request.headers["x-kept"], "1");
        assert_eq!(request.headers["x-added"], "2");
        assert_eq!(request.headers["authorization"], "Basic dXNlcjpzM2NyZXQ=");
        assert_eq!(request.body, "after");
    }
}

#[tokio::test]
async fn the_client_that_executes_a_request_judges_the_server() {
    let other = TestCa::new();
    let recipe = Recipe::for_hosts(["localhost"]);
    let foreign = TestServer::builder(other.issue(recipe)).start().await;
    let trusting = bonafide::Client::builder()
        .policy(
            bonafide::Policy::builder()
                .anchors(bonafide::verify::Anchors::only(other.certificate().clone()))
                .build()
                .expect("one anchor"),
        )
        .build()
        .expect("a client");
    // A connection of the client that trusts the server is open, and not for another client.
    let first = trusting.get(foreign.url("/")).send().await;
    first.expect("trusted").bytes().await.expect("a body");
    let request = trusting.get(foreign.url("/")).build();
    let request = request.expect("a request");
    let again = request.try_clone().expect("no body");

    let error = client().execute(request).await.expect_err("not trusted");
    assert_eq!(error.kind(), Kind::Refused);
    assert_eq!(error.delivery(), Delivery::NotSent);
    assert_eq!(foreign.request_count(), 1);
    trusting.execute(again).await.expect("trusted");
}

#[tokio::test]
async fn the_limits_of_a_request_are_those_of_the_client_that_executes_it() {
    let server = server(Alpn::Both)
        .ending(bonafide_testkit::Ending::StallBeforeHeaders)
        .start()
        .await;
    let patient = client();
    let request = patient.get(server.url("/")).build();
    let request = request.expect("a request");
    let hasty = builder().headers_timeout(Duration::from_millis(50));
    let hasty = hasty.build().expect("a client");
    let error = hasty.execute(request).await.expect_err("no response");
    assert_eq!(error.kind(), Kind::Timeout);
    assert_eq!(error.phase(), Some(Phase::Headers));
}

#[tokio::test]
async fn a_request_of_the_http_crate_is_one_too_and_the_way_back_is_open() {
    let server = server(Alpn::Both).start().await;
    let built = http::Request::post(server.url("/x?y"))
        .header("x-kept", "1")
        .extension(7_u8)
        .body(Body::from("text"))
        .expect("a request");
    let mut request = Request::try_from(built).expect("absolute");
    assert_eq!(request.url().as_str(), server.url("/x?y"));
    assert_eq!(request.extensions().get(), Some(&7_u8));
    request.timeouts_mut().total = Some(Some(Duration::from_secs(5)));
    let back = http::Request::try_from(request).expect("a URI");
    assert_eq!(back.uri().to_string(), server.url("/x?y"));
    let request = Request::try_from(back).expect("absolute");
    let total = request.timeouts().total;
    assert_eq!(total, Some(Some(Duration::from_secs(5))));
    let response = client().execute(request).await.expect("a response");
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(server.requests()[0].body, "text");

    let relative = http::Request::get("/x").body(Body::empty());
    let error = Request::try_from(relative.expect("a request")).expect_err("no host");
    assert_eq!(error.kind(), Kind::Url);
    assert_eq!(error.delivery(), Delivery::NotSent);
}

#[tokio::test]
async fn a_request_of_the_http_crate_may_have_any_body_that_converts() {
    fn with<B: Into<Body>>(body: B) -> Request {
        let request = http::Request::put("https://shop.example/").body(body);
        Request::try_from(request.expect("a request")).expect("absolute")
    }
    for request in [
        with("text"),
        with("text".to_owned()),
        with(b"text".to_vec()),
        with(Bytes::from_static(b"text")),
        with(Body::from("text")),
    ] {
        assert_eq!(request.method(), Method::PUT);
        assert_eq!(request.body().as_bytes(), Some(&b"text"[..]));
    }
}

#[tokio::test]
async fn a_request_of_the_http_crate_is_executed_as_it_is() {
    let server = server(Alpn::Both).start().await;
    let order = http::Request::post(server.url("/orders")).body("a cake");
    let response = client().execute(order.expect("a request")).await;
    assert_eq!(response.expect("a response").url().path(), "/orders");
    assert_eq!(server.requests()[0].body, "a cake");

    let relative = http::Request::get("/orders").body(Vec::new());
    let error = client().execute(relative.expect("a request")).await;
    let error = error.expect_err("no host");
    assert_eq!(
        (error.kind(), error.delivery()),
        (Kind::Url, Delivery::NotSent)
    );
}

#[tokio::test]
async fn what_a_builder_builds_is_executed_with_its_own_limits_and_versions() {
    let server = server(Alpn::Both)
        .handler(|_| async {
            tokio::time::sleep(Duration::from_secs(60)).await;
            Response::new("late")
        })
        .start()
        .await;
    let client = client();
    let built = client
        .get(server.url("/"))
        .headers_timeout(Duration::from_millis(200))
        .http1_only()
        .build();
    let error = client.execute(built.expect("a request")).await;
    let error = error.expect_err("no response in time");
    assert_eq!(
        (error.kind(), error.phase()),
        (Kind::Timeout, Some(Phase::Headers))
    );
    assert_eq!(server.requests()[0].version, Version::HTTP_11);
}

#[tokio::test]
async fn a_request_that_was_changed_for_the_worse_is_refused_before_it_is_sent() {
    let server = server(Alpn::Both).start().await;
    let client = client();
    let request = || client.post(server.url("/")).body("text").build();

    let mut broken = request().expect("a request");
    let value = HeaderValue::from_static("9");
    broken.headers_mut().insert(header::CONTENT_LENGTH, value);
    let error = client.execute(broken).await.expect_err("another length");
    assert_eq!(error.kind(), Kind::Request);

    let mut broken = request().expect("a request");
    *broken.url_mut() = "ftp://localhost/".parse().expect("a URL");
    let error = client.execute(broken).await.expect_err("another scheme");
    assert_eq!(error.kind(), Kind::Url);

    let mistaken = client.get("no URL").build();
    assert_eq!(mistaken.expect_err("no URL").kind(), Kind::Url);
    let chunks = stream::iter([Ok::<_, std::io::Error>("once")]);
    let streamed = client.post(server.url("/")).body(Body::from_stream(chunks));
    let streamed = streamed.build().expect("a request");
    assert!(streamed.try_clone().is_none());
    assert_eq!(server.request_count(), 0);
}

#[tokio::test]
async fn a_request_has_its_own_rule_of_redirects() {
    let server = TestServer::builder(loopback())
        .handler(|request| async move {
            let response = Response::builder();
            let response = match request.uri().path() {
                "/end" => response,
                _ => response.status(302).header("location", "/end"),
            };
            response.body("").expect("a response")
        })
        .start()
        .await;
    let never = builder().redirects(Redirects::none());
    let never = never.build().expect("a client");
    // client, the rule of the request, status
    for (client, rule, status) in [
        (&client(), None, StatusCode::OK),
        (&client(), Some(Redirects::none()), StatusCode::FOUND),
        (&never, None, StatusCode::FOUND),
        (&never, Some(Redirects::up_to(1)), StatusCode::OK),
    ] {
        let mut request = client.get(server.url("/"));
        if let Some(rule) = rule.clone() {
            request = request.redirects(rule);
        }
        let response = request.send().await.expect("a response");
        assert_eq!(response.status(), status, "{rule:?}");
    }
    let request = never
        .get(server.url("/"))
        .redirects(Redirects::up_to(1))
        .build()
        .expect("a request");
    let rule = request.redirects().expect("its own");
    assert_eq!(rule.limit(), 1);
    let response = never.execute(request).await.expect("a response");
    assert_eq!(response.redirects().len(), 1);
}

#[tokio::test]
async fn a_request_waits_for_a_connection_within_its_own_limit_and_the_connection_is_opened_still()
{
    let server = server(Alpn::Both).start().await;
    let slow = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let url = format!(
        "https://localhost:{}/",
        slow.local_addr().expect("bound").port()
    );
    let gate = Arc::new(Semaphore::new(0));
    let accepted = Arc::new(Semaphore::new(0));
    tokio::spawn({
        let (gate, accepted, addr) = (Arc::clone(&gate), Arc::clone(&accepted), server.addr());
        async move {
            while let Ok((mut from, _)) = slow.accept().await {
                accepted.add_permits(1);
                let _open = gate.acquire().await.expect("never closed");
                let mut to = TcpStream::connect(addr).await.expect("the server");
                tokio::io::copy_bidirectional(&mut from, &mut to).await.ok();
            }
        }
    });
    let client = client();
    let limit = Duration::from_millis(200);
    let patient = tokio::spawn(client.get(&url).send());
    let hasty = client.get(&url).connect_timeout(limit).send();
    let error = hasty.await.expect_err("no connection");
    assert_eq!(error.kind(), Kind::Timeout);
    assert_eq!(error.phase(), Some(Phase::Connect));
    assert_eq!(error.delivery(), Delivery::NotSent);
    assert!(error.is_retryable());
    assert_eq!(
        error.to_string(),
        format!("{url}: no connection within 200ms, the limit of this request")
    );
    gate.add_permits(10);
    let response = patient.await.expect("no panic").expect("a response");
    response.bytes().await.expect("a body");
    // One that is there at once is used, whatever the limit.
    let response = client.get(&url).connect_timeout(Duration::ZERO).send();
    response.await.expect("a response");
    assert_eq!(accepted.available_permits(), 1);
}
