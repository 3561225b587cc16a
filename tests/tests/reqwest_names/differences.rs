//! What `docs/from-reqwest.md` says of each client is what the servers see.

use bonafide::Kind;
use bonafide_testkit::server::RecordedRequest;
use bonafide_testkit::{Alpn, PlainServer, Recipe, TestCa, TestServer};
use bonafide_tests::trusting;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};

struct Both {
    reqwest: reqwest::Client,
    bonafide: bonafide::Client,
}

/// Clients with the defaults of each, but that they trust this authority alone.
fn both(ca: &TestCa) -> Both {
    let root = reqwest::Certificate::from_pem(ca.pem().as_bytes()).unwrap();
    let reqwest = reqwest::Client::builder().tls_certs_only([root]).no_proxy();
    let policy = trusting(ca).build().unwrap();
    Both {
        reqwest: reqwest.build().unwrap(),
        bonafide: bonafide::Client::builder().policy(policy).build().unwrap(),
    }
}

/// `/to/URL` leads to that URL.
fn lead(request: &Request<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    if let Some(url) = request.uri().path().strip_prefix("/to/") {
        let location = HeaderValue::from_str(url).unwrap();
        response.headers_mut().insert("location", location);
        *response.status_mut() = StatusCode::FOUND;
    }
    response
}

async fn server(ca: &TestCa) -> TestServer {
    TestServer::builder(ca.issue(Recipe::for_hosts(["localhost", "127.0.0.1"])))
        .handler(|request| std::future::ready(lead(&request)))
        .start()
        .await
}

fn fields<const N: usize>(request: &RecordedRequest, names: [&str; N]) -> [Option<String>; N] {
    names.map(|name| {
        let value = request.headers.get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    })
}

#[tokio::test]
async fn reqwest_sends_a_referer_and_an_api_key_to_another_origin_and_bonafide_neither() {
    let ca = TestCa::new();
    let (server, both) = (server(&ca).await, both(&ca));
    let url = server.url(&format!("/to/{}", server.url_for("127.0.0.1", "/")));
    let names = ["authorization", "x-api-key", "referer", "user-agent"];
    let some = |text: &str| Some(text.to_owned());

    let request = both.reqwest.get(&url).bearer_auth("s3cret");
    request.header("x-api-key", "k3y").send().await.unwrap();
    let request = both.bonafide.get(&url).bearer_auth("s3cret");
    request.header("x-api-key", "k3y").send().await.unwrap();

    let seen: Vec<_> = server.requests().iter().map(|r| fields(r, names)).collect();
    let agent = format!("bonafide/{}", env!("CARGO_PKG_VERSION"));
    let expected = [
        [some("Bearer s3cret"), some("k3y"), None, None],
        [None, some("k3y"), some(&url), None],
        [some("Bearer s3cret"), some("k3y"), None, some(&agent)],
        [None, None, None, some(&agent)],
    ];
    assert_eq!(seen, expected);
    server.shutdown().await;
}

#[tokio::test]
async fn reqwest_follows_a_redirect_to_http_and_bonafide_does_not() {
    let ca = TestCa::new();
    let (server, both) = (server(&ca).await, both(&ca));
    let plain = PlainServer::start().await;
    let url = server.url(&format!("/to/{}", plain.url("/")));

    let followed = both.reqwest.get(&url).send().await.unwrap();
    assert_eq!(followed.url().scheme(), "http");
    let error = both.bonafide.get(&url).send().await.unwrap_err();
    assert_eq!(error.kind(), Kind::InsecureRedirect);
    assert!(error.is_redirect());
    assert_eq!(plain.requests().len(), 1);
    server.shutdown().await;
    plain.shutdown().await;
}

#[tokio::test]
async fn reqwest_requests_an_http_url_and_bonafide_does_not() {
    let both = both(&TestCa::new());
    let plain = PlainServer::start().await;
    let response = both.reqwest.get(plain.url("/")).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let error = both.bonafide.get(plain.url("/")).send().await.unwrap_err();
    assert_eq!(error.kind(), Kind::PlainHttpRefused);
    assert_eq!(plain.requests().len(), 1);
    plain.shutdown().await;
}

#[tokio::test]
async fn an_untrusted_server_is_a_failed_connection_in_reqwest_and_a_refusal_in_bonafide() {
    let both = both(&TestCa::new());
    let server = server(&TestCa::new()).await;
    let theirs = both.reqwest.get(server.url("/")).send().await.unwrap_err();
    assert!(theirs.is_connect());
    let ours = both.bonafide.get(server.url("/")).send().await.unwrap_err();
    assert_eq!(ours.kind(), Kind::Refused);
    assert!(ours.is_connect());
    assert_eq!(server.requests().len(), 0);
    server.shutdown().await;
}

#[tokio::test]
async fn reqwest_sends_what_a_program_says_of_the_connection_and_bonafide_what_is_so() {
    let ca = TestCa::new();
    let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
        .alpn(Alpn::Http1)
        .handler(|_| std::future::ready(Response::new("")))
        .start()
        .await;
    let both = both(&ca);
    let theirs = both.reqwest.get(server.url("/")).header("te", "gzip");
    theirs.send().await.unwrap();
    let ours = both.bonafide.get(server.url("/")).header("te", "gzip");
    assert_eq!(ours.send().await.unwrap_err().kind(), Kind::Request);
    let seen: Vec<_> = server
        .requests()
        .iter()
        .map(|r| fields(r, ["te"]))
        .collect();
    assert_eq!(seen, [[Some("gzip".to_owned())]]);

    let keep_alive = HeaderValue::from_static("keep-alive");
    let copied = HeaderMap::from_iter([(http::header::CONNECTION, keep_alive)]);
    let theirs = reqwest::Client::builder().default_headers(copied.clone());
    assert!(theirs.build().is_ok());
    let ours = bonafide::Client::builder().default_headers(copied.clone());
    assert_eq!(ours.build().unwrap_err().kind(), Kind::Config);
    // For one request it says nothing new, and is left out.
    let ours = both.bonafide.get(server.url("/")).headers(copied);
    ours.send().await.unwrap();
    let last = server.requests().pop().unwrap();
    assert_eq!(fields(&last, ["connection"]), [None]);
    server.shutdown().await;
}
