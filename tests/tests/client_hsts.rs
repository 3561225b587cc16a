//! Hosts that bonafide's client requests over https alone.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its own functions too"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bonafide::auth::{Credential, Digest};
use bonafide::hsts::HstsHosts;
use bonafide::redirect::Redirects;
use bonafide::retry::Retry;
use bonafide::{
    Body, Client, ClientBuilder, ConnectionInfo, Kind, Next, Receipt, StatusCode, Timings,
};
use bonafide_testkit::{PlainServer, Recipe, TestCa, TestServer};
use bonafide_tests::trusting;
use http::{HeaderValue, Request, Response};
use tower::ServiceExt as _;
use tower::layer::layer_fn;
use tower::util::MapRequestLayer;

/// A server that says `max-age=FIELD` to `/FIELD`, and leads `/to/URL` to that URL, after it has
/// said the same.
async fn server(ca: &TestCa) -> TestServer {
    TestServer::builder(ca.issue(Recipe::for_hosts(["localhost", "127.0.0.1"])))
        .handler(|request| async move {
            let path = request.uri().path()[1..].to_owned();
            let mut response = Response::new("ok");
            let age = match path.strip_prefix("to/") {
                Some(url) => {
                    *response.status_mut() = StatusCode::FOUND;
                    let to = HeaderValue::from_str(url).unwrap();
                    response.headers_mut().insert("location", to);
                    "9999"
                }
                None => &path,
            };
            let value = HeaderValue::from_str(&format!("max-age={age}")).unwrap();
            let name = "strict-transport-security";
            response.headers_mut().insert(name, value);
            response
        })
        .start()
        .await
}

fn builder(ca: &TestCa) -> ClientBuilder {
    Client::builder()
        .policy(trusting(ca).build().unwrap())
        .hsts(HstsHosts::new())
}

#[tokio::test]
async fn a_host_that_said_so_is_requested_over_https_until_it_takes_it_back() {
    let ca = TestCa::new();
    let server = server(&ca).await;
    let client = builder(&ca).build().unwrap();
    let http = server.url("/9999").replace("https://", "http://");

    let error = client.get(&http).send().await.unwrap_err();
    assert_eq!(error.kind(), Kind::PlainHttpRefused);
    client.get(server.url("/9999")).send().await.unwrap();
    let response = client.get(&http).send().await.unwrap();
    assert_eq!(response.url().as_str(), server.url("/9999"));
    assert!(
        response
            .receipt()
            .is_some_and(|receipt| receipt.is_verified())
    );

    client.get(server.url("/0")).send().await.unwrap();
    let error = client.get(&http).send().await.unwrap_err();
    assert_eq!(error.kind(), Kind::PlainHttpRefused);
    assert_eq!(server.request_count(), 3);
}

#[tokio::test]
async fn a_response_that_a_later_attempt_replaces_makes_its_host_known() {
    let ca = TestCa::new();
    for (status, name, value) in [
        (StatusCode::SERVICE_UNAVAILABLE, "retry-after", "0"),
        (
            StatusCode::UNAUTHORIZED,
            "www-authenticate",
            r#"Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256"#,
        ),
    ] {
        let made = AtomicUsize::new(0);
        let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
            .handler(move |_| {
                let is_first = made.fetch_add(1, Ordering::SeqCst) == 0;
                async move {
                    let mut response = Response::new("");
                    if is_first {
                        *response.status_mut() = status;
                        let headers = response.headers_mut();
                        headers.insert(name, HeaderValue::from_static(value));
                        let known = HeaderValue::from_static("max-age=9999");
                        headers.insert("strict-transport-security", known);
                    }
                    response
                }
            })
            .start()
            .await;
        let digest = Digest::new("user", "password").unwrap();
        let client = builder(&ca)
            .retry(Retry::standard())
            .credential(Credential::for_origin(&server.url(""), digest).unwrap())
            .build()
            .unwrap();

        let response = client.get(server.url("/")).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{status}");
        assert_eq!(server.request_count(), 2, "{status}");
        let http = server.url("/").replace("https://", "http://");
        let response = client.get(&http).send().await.unwrap();
        assert_eq!(response.url().scheme(), "https", "{status}");
    }
}

#[tokio::test]
async fn nothing_is_sent_over_http_to_a_known_host_though_http_is_allowed() {
    let ca = TestCa::new();
    let (server, plain) = (server(&ca).await, PlainServer::start().await);
    let client = builder(&ca).allow_plain_http().build().unwrap();
    let http = plain.url("/").replace("127.0.0.1", "localhost");
    client.get(&http).send().await.unwrap();
    assert_eq!(plain.request_count(), 1);

    client.get(server.url("/9999")).send().await.unwrap();
    let error = client.get(&http).send().await.unwrap_err();
    assert!(
        error.is_connect(),
        "the plain server does not speak TLS: {error}"
    );
    assert_eq!(plain.request_count(), 1);

    let to_known = server.url(&format!("/to/{http}"));
    let error = client.get(to_known).send().await.unwrap_err();
    assert!(error.is_connect(), "{error}");
    assert_eq!(error.url().unwrap().scheme(), "https");
    assert_eq!(plain.request_count(), 1);
}

#[tokio::test]
async fn a_hop_layer_that_rewrites_the_url_cannot_lead_to_http_for_a_known_host() {
    let ca = TestCa::new();
    let (server, plain) = (server(&ca).await, PlainServer::start().await);
    let http = plain.url("/").replace("127.0.0.1", "localhost");
    let to: http::Uri = http.parse().unwrap();
    let client = builder(&ca)
        .allow_plain_http()
        .hop_layer(MapRequestLayer::new(move |mut request: Request<Body>| {
            if request.uri().path() == "/elsewhere" {
                *request.uri_mut() = to.clone();
            }
            request
        }))
        .build()
        .unwrap();
    let elsewhere = server.url("/elsewhere");
    client.get(&elsewhere).send().await.unwrap();
    assert_eq!(plain.request_count(), 1);

    client.get(server.url("/9999")).send().await.unwrap();
    let error = client.get(&elsewhere).send().await.unwrap_err();
    assert!(error.is_connect(), "{error}");
    assert_eq!(plain.request_count(), 1);
}

#[tokio::test]
async fn a_redirect_to_http_is_followed_over_https_where_the_host_is_known_and_refused_elsewhere() {
    let ca = TestCa::new();
    let server = server(&ca).await;
    let layered = builder(&ca).hop_layer(MapRequestLayer::new(|request: Request<Body>| {
        assert_eq!(request.uri().scheme_str(), Some("https"));
        request
    }));
    for client in [builder(&ca).build().unwrap(), layered.build().unwrap()] {
        let http = server.url("/9999").replace("https://", "http://");
        // What the redirect itself says counts for its target.
        let response = client.get(server.url(&format!("/to/{http}"))).send().await;
        let response = response.unwrap();
        assert_eq!(response.url().as_str(), server.url("/9999"));
        assert_eq!(response.redirects().len(), 1);
        assert_eq!(response.redirects()[0].url.scheme(), "https");

        let literal = format!("http://127.0.0.1:{}/", server.port());
        let to_literal = server.url(&format!("/to/{literal}"));
        let error = client.get(to_literal).send().await.unwrap_err();
        assert_eq!(error.kind(), Kind::InsecureRedirect);
    }
    assert_eq!(server.request_count(), 6);
}

#[tokio::test]
async fn a_rule_of_redirects_of_one_request_asks_the_known_hosts_too() {
    let ca = TestCa::new();
    let server = server(&ca).await;
    let client = builder(&ca).redirects(Redirects::none()).build().unwrap();
    let http = server.url("/9999").replace("https://", "http://");
    let request = client.get(server.url(&format!("/to/{http}")));
    let response = request.redirects(Redirects::up_to(1)).send().await;
    assert_eq!(response.unwrap().url().as_str(), server.url("/9999"));
    assert_eq!(server.request_count(), 2);
}

#[tokio::test]
async fn nothing_is_learned_over_plain_http_or_from_an_address() {
    let ca = TestCa::new();
    let server = server(&ca).await;
    let plain = PlainServer::builder()
        .handler(|_| async {
            let response = Response::builder().header("strict-transport-security", "max-age=9999");
            response.body("ok").unwrap()
        })
        .start()
        .await;
    let hosts = HstsHosts::new();
    let client = builder(&ca).hsts(hosts.clone()).allow_plain_http();
    let client = client.build().unwrap();
    let plain = format!("http://localhost:{}/", plain.port());
    client.get(plain).send().await.unwrap();
    let literal = server.url_for("127.0.0.1", "/9999");
    client.get(literal).send().await.unwrap();
    assert_eq!(hosts.len(), 0);
    client.get(server.url("/9999")).send().await.unwrap();
    assert_eq!(hosts.len(), 1);
}

#[tokio::test]
async fn nothing_is_learned_from_a_response_that_a_hop_layer_made_or_had_from_another_client() {
    let ca = TestCa::new();
    let server = server(&ca).await;
    let other = Client::builder().policy(trusting(&ca).build().unwrap());
    let other = other.build().unwrap();
    for made in [true, false] {
        let other = other.clone();
        let answering = layer_fn(move |_: Next| {
            let other = other.clone();
            tower::service_fn(move |request: Request<Body>| {
                let other = other.clone();
                async move {
                    if made {
                        let response = Response::builder();
                        let name = "strict-transport-security";
                        let response = response.header(name, "max-age=9999");
                        return Ok(response.body(Body::empty()).unwrap());
                    }
                    other.oneshot(request).await
                }
            })
        });
        let hosts = HstsHosts::new();
        let client = Client::builder().hsts(hosts.clone()).hop_layer(answering);
        let client = client.build().unwrap();
        let response = client.get(server.url("/9999")).send().await.unwrap();
        assert!(response.headers().contains_key("strict-transport-security"));
        assert!(response.receipt().is_none() && response.connection().is_none());
        let extensions = response.extensions();
        assert!(extensions.get::<Arc<Receipt>>().is_none(), "{made}");
        assert!(extensions.get::<Arc<ConnectionInfo>>().is_none(), "{made}");
        assert!(extensions.get::<Timings>().is_none(), "{made}");
        assert_eq!(hosts.len(), 0, "{made}");
    }
    assert_eq!(server.request_count(), 1);
}
