//! Requests as values on their way into the `http` crate, into a builder, and back.

use std::time::Duration;

use bonafide::limits::RequestTimeouts;
use bonafide::redirect::Redirects;
use bonafide::versions::Versions;
use bonafide::{Body, Client, Kind, Phase, Request, RequestBuilder};
use bonafide_testkit::{Alpn, Ending};
use http::{Method, StatusCode, Version};

use crate::support::{builder, client, loopback, server};

/// A request with all that a request can have of its own.
fn full(client: &Client) -> Request {
    let request = client
        .put("https://user:s3cret@shop.example/orders?a=b")
        .query(&[("c", "d")])
        .header("x-one", "1")
        .header("x-one", "2")
        .timeout(Duration::from_secs(9))
        .connect_timeout(Duration::from_secs(1))
        .headers_timeout(Duration::from_secs(2))
        .read_timeout(None)
        .http1_only()
        .redirects(Redirects::up_to(3))
        .on_informational(|_, _| {})
        .body("one cake");
    #[cfg(feature = "retry")]
    let request = request.retry(bonafide::retry::Retry::none());
    let mut request = request.build().expect("a request");
    request.extensions_mut().insert(7_u8);
    request
}

fn assert_full(request: &Request) {
    assert_eq!(request.method(), Method::PUT);
    let url = "https://shop.example/orders?a=b&c=d";
    assert_eq!(request.url().as_str(), url);
    let headers = request.headers();
    assert_eq!(headers.len(), 3);
    let values: Vec<_> = headers.get_all("x-one").iter().collect();
    assert_eq!(values, ["1", "2"]);
    assert_eq!(headers["authorization"], "Basic dXNlcjpzM2NyZXQ=");
    assert!(headers["authorization"].is_sensitive());
    assert_eq!(request.body().as_bytes(), Some(&b"one cake"[..]));
    let timeouts = request.timeouts();
    assert_eq!(timeouts.total, Some(Some(Duration::from_secs(9))));
    assert_eq!(timeouts.connect, Some(Some(Duration::from_secs(1))));
    assert_eq!(timeouts.headers, Some(Some(Duration::from_secs(2))));
    assert_eq!(timeouts.read, Some(None));
    assert_eq!(request.versions(), Some(Versions::Http1));
    assert_eq!(request.redirects().map(Redirects::limit), Some(3));
    #[cfg(feature = "retry")]
    {
        use bonafide::retry::Retry;

        assert_eq!(request.extensions().get(), Some(&Retry::none()));
    }
    assert_eq!(request.extensions().get(), Some(&7_u8));
    // With the listener for interim responses.
    let all = 3 + usize::from(cfg!(feature = "retry"));
    assert_eq!(request.extensions().len(), all);
}

#[test]
fn nothing_of_a_request_is_lost_in_the_http_crate_or_in_a_builder() {
    // The client's own choice of versions is the request's too.
    let same = builder().http1_only().build().expect("a client");
    for client in [client(), same] {
        let request = full(&client);
        assert_full(&request);

        let request = http::Request::<Body>::try_from(request).expect("a URI");
        let request = Request::try_from(request).expect("absolute");
        assert_full(&request);

        let request = RequestBuilder::from_parts(client.clone(), request);
        assert_full(&request.build().expect("a request"));

        let request = RequestBuilder::from_parts(client, full(&Client::new()));
        let copy = request.try_clone().expect("text can be repeated");
        let (client, request) = copy.build_split();
        let request = RequestBuilder::from_parts(client, request.expect("a request"));
        assert_full(&request.build().expect("a request"));
    }
}

#[cfg(feature = "blocking")]
#[test]
fn nothing_of_a_request_is_lost_between_builders_of_the_blocking_client() {
    let client = bonafide::blocking::Client::from(client());
    let request = RequestBuilder::from_parts(client, full(&Client::new()));
    let (client, request) = request.build_split();
    let request = request.expect("a request");
    assert_full(&request);
    let request = bonafide::blocking::RequestBuilder::from_parts(client, request);
    assert_full(&request.build().expect("a request"));
}

#[tokio::test]
async fn a_rebuilt_request_has_its_own_versions_and_those_of_its_new_client_where_it_has_none() {
    let server = server(Alpn::Both).start().await;
    let old = builder().http1_only().build().expect("a client");
    let new = client();
    let get = || old.get(server.url("/"));
    for (request, version) in [
        (get(), Version::HTTP_2),
        (get().http1_only(), Version::HTTP_11),
        (get().http2_only(), Version::HTTP_2),
    ] {
        let request = request.build().expect("a request");
        let copy = request.try_clone().expect("no body");
        let request = RequestBuilder::from_parts(new.clone(), request);
        let response = request.send().await.expect("a response");
        assert_eq!(response.version(), version);
        let response = new.execute(copy).await.expect("a response");
        assert_eq!(response.version(), version);
    }
}

#[tokio::test]
async fn a_rebuilt_request_has_its_own_limits_and_those_of_its_new_client_where_it_has_none() {
    let server = server(Alpn::Http1)
        .ending(Ending::StallBeforeHeaders)
        .start()
        .await;
    let hasty = builder().headers_timeout(Duration::from_millis(60));
    let hasty = hasty.build().expect("a client");
    let (patient, own) = (client(), Duration::from_millis(50));
    for (built_by, sent_by, own, limit) in [
        (&hasty, &patient, Some(own), "50ms"),
        (&patient, &hasty, Some(own), "50ms"),
        (&patient, &hasty, None, "60ms"),
    ] {
        let mut request = built_by.get(server.url("/"));
        if let Some(own) = own {
            request = request.headers_timeout(own);
        }
        let request = request.build().expect("a request");
        let request = RequestBuilder::from_parts(sent_by.clone(), request);
        let error = request.send().await.expect_err("no response");
        assert_eq!(
            (error.kind(), error.phase()),
            (Kind::Timeout, Some(Phase::Headers))
        );
        assert!(error.to_string().contains(limit), "{error}");
    }
}

#[tokio::test]
async fn limits_and_versions_among_the_extensions_count_where_a_request_has_no_others() {
    let server = server(Alpn::Http1)
        .ending(Ending::StallBeforeHeaders)
        .start()
        .await;
    let limit = |millis| RequestTimeouts {
        headers: Some(Some(Duration::from_millis(millis))),
        ..RequestTimeouts::default()
    };
    let copied = |request: &Request| {
        let copy = request.try_clone().expect("no body");
        let copy = http::Request::<Body>::try_from(copy).expect("a URL");
        Request::try_from(copy).expect("a URL")
    };
    for (own, expected) in [(None, "70ms"), (Some(limit(50)), "50ms")] {
        let mut request = client().get(server.url("/")).build().expect("a request");
        request.extensions_mut().insert(limit(70));
        *request.timeouts_mut() = own.unwrap_or_default();
        for request in [copied(&request), request] {
            let error = client().execute(request).await.expect_err("no response");
            assert_eq!(error.kind(), Kind::Timeout);
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
    // The server has no HTTP/2.
    for (own, expected) in [(None, Kind::Tls), (Some(Versions::Http1), Kind::Timeout)] {
        let mut request = client().get(server.url("/")).build().expect("a request");
        *request.timeouts_mut() = limit(50);
        request.extensions_mut().insert(Versions::Http2);
        *request.versions_mut() = own;
        for request in [copied(&request), request] {
            let error = client().execute(request).await.expect_err("no response");
            assert_eq!(error.kind(), expected, "{error}");
        }
    }
}

#[tokio::test]
async fn a_mistake_in_a_request_value_is_reported_when_the_rebuilt_one_is_sent() {
    let server = bonafide_testkit::TestServer::builder(loopback())
        .start()
        .await;
    let mut request = client().get(server.url("/")).build().expect("a request");
    request
        .url_mut()
        .set_port(Some(0))
        .expect("a URL with a host");
    let request = RequestBuilder::from_parts(client(), request);
    let error = request.send().await.expect_err("port 0");
    assert_eq!(error.kind(), Kind::Url);

    let mut request = client().get(server.url("/")).build().expect("a request");
    request.url_mut().set_query(Some("page=2"));
    let request = RequestBuilder::from_parts(client(), request).query(&[("n", "1")]);
    let response = request.send().await.expect("a response");
    assert_eq!(response.status(), StatusCode::OK);
    let received = &server.requests()[0];
    assert_eq!(received.uri.query(), Some("page=2&n=1"));
}
