//! Cookies of bonafide's client.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its own functions too"
)]

use std::time::SystemTime;

use bonafide::assurance::Assurance::Verified;
use bonafide::cookies::Jar;
use bonafide::hsts::HstsHosts;
use bonafide::store::Partition;
use bonafide::verify::{Anchors, PolicyHandle, Zone};
use bonafide::{Body, Client, ClientBuilder, StatusCode, Url};
use bonafide_testkit::{Alpn, PlainServer, Recipe, TestCa, TestServer};
use bonafide_tests::trusting;
use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use tower::util::MapRequestLayer;

/// Answers with the `Cookie` fields that it was sent, and sets what stands after `set-` in the
/// path, with `;` for `+`. `/to/URL` leads to that URL and sets `hop=1`.
fn echo(request: &Request<Bytes>) -> Response<Bytes> {
    let fields = request.headers().get_all("cookie").iter();
    let fields: Vec<_> = fields.map(HeaderValue::as_bytes).collect();
    let mut response = Response::new(Bytes::from(fields.join(&b" | "[..])));
    let path = request.uri().path().to_owned();
    let headers = response.headers_mut();
    if let Some((_, field)) = path.split_once("set-") {
        headers.insert("set-cookie", field.replace('+', "; ").parse().unwrap());
    }
    if path == "/hsts" {
        let field = HeaderValue::from_static("max-age=100");
        headers.insert("strict-transport-security", field);
    }
    if let Some(url) = path.strip_prefix("/to/") {
        headers.insert("set-cookie", HeaderValue::from_static("hop=1; Path=/"));
        headers.insert("location", url.parse().unwrap());
        *response.status_mut() = StatusCode::FOUND;
    }
    response
}

async fn server(ca: &TestCa, alpn: Alpn) -> TestServer {
    TestServer::builder(ca.issue(Recipe::for_hosts(["localhost", "127.0.0.1"])))
        .alpn(alpn)
        .handler(|request| std::future::ready(echo(&request)))
        .start()
        .await
}

fn builder(ca: &TestCa) -> ClientBuilder {
    Client::builder().policy(trusting(ca).build().unwrap())
}

async fn ask(client: &Client, url: &str) -> String {
    let response = client.get(url).send().await.unwrap();
    response.text().await.unwrap()
}

/// A client with `jar`, and one with a hop layer too, which sees no cookie.
fn clients(ca: &TestCa, jar: &Jar) -> [Client; 2] {
    let blind = MapRequestLayer::new(|request: Request<Body>| {
        assert!(!request.headers().contains_key("cookie"));
        let shown = format!("{:?} {:?}", request.headers(), request.extensions());
        assert!(!shown.contains("s3cret"), "{shown}");
        request
    });
    let client = || builder(ca).cookies(jar.clone());
    [client(), client().hop_layer(blind)].map(|client| client.build().unwrap())
}

#[tokio::test]
async fn each_hop_is_sent_the_cookies_of_its_url_and_may_set_more() {
    let ca = TestCa::new();
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(&ca, alpn).await;
        for index in 0..2 {
            let jar = Jar::new();
            let client = &clients(&ca, &jar)[index];
            let set = "/a/set-__Host-id=s3cret+Secure+Path=/";
            assert_eq!(ask(client, &server.url(set)).await, "");
            let sent = ask(client, &server.url("/b")).await;
            assert_eq!(sent, "__Host-id=s3cret", "{alpn:?}");

            // The other origin gets what the redirect to it has set for neither.
            let other = server.url_for("127.0.0.1", "/");
            let to_other = server.url(&format!("/to/{other}"));
            assert_eq!(ask(client, &to_other).await, "", "{alpn:?}");
            let to_here = server.url(&format!("/to/{}", server.url("/c")));
            let sent = ask(client, &to_here).await;
            assert_eq!(sent, "__Host-id=s3cret; hop=1", "{alpn:?}");
            let shown = format!("{client:?} {jar:?} {:?}", client.get(server.url("/")));
            assert!(!shown.contains("s3cret"), "{shown}");
        }
    }
}

#[tokio::test]
async fn the_callers_own_cookie_is_sent_alone_and_what_the_server_sets_is_kept() {
    let ca = TestCa::new();
    let server = server(&ca, Alpn::Http2).await;
    let jar = Jar::new();
    for client in clients(&ca, &jar).into_iter().take(1) {
        ask(&client, &server.url("/set-id=7+Path=/")).await;
        let own = client.get(server.url("/set-more=8+Path=/"));
        let own = own.header("cookie", "own=1").send().await.unwrap();
        assert_eq!(own.text().await.unwrap(), "own=1");
        assert_eq!(ask(&client, &server.url("/")).await, "id=7; more=8");
        // After a redirect to another origin, the caller's is left out there.
        let back = server.url_for("127.0.0.1", &format!("/to/{}", server.url("/")));
        let own = client.get(back).header("cookie", "own=1");
        let own = own.send().await.unwrap().text().await.unwrap();
        assert_eq!(own, "id=7; more=8");
    }
    let default = [(http::header::COOKIE, HeaderValue::from_static("own=1"))];
    let client = builder(&ca).default_headers(default.into_iter().collect());
    let client = client.cookies(jar).build().unwrap();
    assert_eq!(ask(&client, &server.url("/")).await, "own=1");
}

#[tokio::test]
async fn a_secure_cookie_does_not_go_over_http_and_is_not_replaced_there() {
    let ca = TestCa::new();
    let secure = server(&ca, Alpn::Http1).await;
    let plain = PlainServer::builder()
        .handler(|request| std::future::ready(echo(&request)))
        .start()
        .await;
    let plain_url = |path: &str| format!("http://localhost:{}{path}", plain.port());
    let client = builder(&ca).allow_plain_http().cookies(Jar::new());
    let client = client.build().unwrap();
    ask(&client, &secure.url("/set-id=7+Secure")).await;
    for set in ["/set-id=8", "/set-plain=1", "/set-evil=1+Secure"] {
        ask(&client, &plain_url(set)).await;
    }
    assert_eq!(ask(&client, &plain_url("/")).await, "plain=1");
    assert_eq!(ask(&client, &secure.url("/")).await, "id=7; plain=1");
}

#[tokio::test]
async fn a_request_that_hsts_upgrades_is_sent_its_secure_cookies() {
    let ca = TestCa::new();
    let server = server(&ca, Alpn::Http2).await;
    let client = builder(&ca).cookies(Jar::new()).hsts(HstsHosts::new());
    let client = client.build().unwrap();
    ask(&client, &server.url("/set-id=7+Secure+Path=/")).await;
    ask(&client, &server.url("/hsts")).await;
    let http = server.url("/").replace("https://", "http://");
    assert_eq!(ask(&client, &http).await, "id=7");
    let to_http = server.url(&format!("/to/{http}"));
    assert_eq!(ask(&client, &to_http).await, "id=7; hop=1");
}

#[tokio::test]
async fn a_zone_has_its_own_cookies_also_when_the_host_moves_to_it() {
    let ca = TestCa::new();
    let server = server(&ca, Alpn::Http2).await;
    let jar = Jar::new();
    let handle = PolicyHandle::new(trusting(&ca).build().unwrap());
    let client = Client::builder()
        .policy(handle.clone())
        .cookies(jar.clone());
    let client = client.build().unwrap();
    ask(&client, &server.url("/set-id=7")).await;
    assert_eq!(ask(&client, &server.url("/")).await, "id=7");

    let anchors = Anchors::only(ca.certificate().clone());
    let zone = Zone::for_host("localhost").anchors(anchors);
    let moved = trusting(&ca).zone(zone).build().unwrap();
    handle.replace(moved).unwrap();
    assert_eq!(ask(&client, &server.url("/set-id=8")).await, "");
    assert_eq!(ask(&client, &server.url("/")).await, "id=8");

    let url = Url::parse(&server.url("/")).unwrap();
    for (zone, value) in [("default", "7"), ("localhost", "8")] {
        let owner = Partition::new(zone);
        let cookies = jar.cookies(&url, &owner, Verified, SystemTime::now());
        assert_eq!(cookies[0].value(), Some(value), "{zone}");
    }
}

#[tokio::test]
async fn a_hop_layer_that_leads_elsewhere_takes_no_cookie_with_it() {
    let ca = TestCa::new();
    let server = server(&ca, Alpn::Http2).await;
    let other = server.url_for("127.0.0.1", "/set-evil=1");
    let jar = Jar::new();
    let astray = MapRequestLayer::new(move |mut request: Request<Body>| {
        if request.uri().path() == "/astray" {
            *request.uri_mut() = other.parse().unwrap();
        }
        request
    });
    let client = builder(&ca).cookies(jar.clone()).hop_layer(astray);
    let client = client.build().unwrap();
    ask(&client, &server.url("/set-id=7+Path=/")).await;
    assert_eq!(ask(&client, &server.url("/astray")).await, "");
    assert_eq!(jar.len(), 1);
    assert_eq!(ask(&client, &server.url("/")).await, "id=7");
}
