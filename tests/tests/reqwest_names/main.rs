//! A program for reqwest does the same over bonafide, by the names of `bonafide_tests::shim`.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and so does the program that it runs"
)]

use bonafide_testkit::{Alpn, Recipe, TestCa, TestServer};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};

mod differences;

mod over_reqwest {
    include!("program.rs");
}

mod over_bonafide {
    use bonafide_tests::shim as reqwest;

    include!("program.rs");
}

/// `/echo` answers with what it was sent, `/body` with the body; `/moved` leads to `/echo` and
/// `/circle` to itself. There is nothing else.
fn answer(request: &Request<Bytes>) -> Response<Bytes> {
    let field = |name: &str| {
        let value = request.headers().get(name);
        value.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let (status, text) = match request.uri().path() {
        "/echo" => {
            let fields = ["accept", "user-agent", "x-shop", "referer", "authorization"].map(field);
            let (method, query) = (request.method(), request.uri().query());
            let text = format!("{method} {query:?} {fields:?} {:?}", request.body());
            (StatusCode::OK, text.into())
        }
        "/body" => (StatusCode::OK, request.body().clone()),
        "/moved" | "/circle" => (StatusCode::FOUND, Bytes::new()),
        _ => (StatusCode::NOT_FOUND, Bytes::from_static(b"there is none")),
    };
    let mut response = Response::new(text);
    *response.status_mut() = status;
    let location = match request.uri().path() {
        "/moved" => "/echo",
        "/circle" => "/circle",
        _ => return response,
    };
    let location = HeaderValue::from_static(location);
    response.headers_mut().insert("location", location);
    response
}

async fn shop(ca: &TestCa) -> TestServer {
    TestServer::builder(ca.issue(Recipe::for_host("localhost")))
        .alpn(Alpn::Http2)
        .handler(|request| std::future::ready(answer(&request)))
        .start()
        .await
}

#[tokio::test]
async fn a_program_for_reqwest_sees_the_same_over_bonafide() {
    let ca = TestCa::new();
    let (pem, shop) = (ca.pem(), shop(&ca).await);
    let url = shop.url("");
    let url = url.trim_end_matches('/');
    let theirs = over_reqwest::run(pem.as_bytes(), url).await.unwrap();
    let ours = over_bonafide::run(pem.as_bytes(), url).await.unwrap();
    assert_eq!(ours, theirs);
    assert_eq!(theirs[3], "tea and cake");
    assert_eq!(theirs[5], "200 OK /echo");
    shop.shutdown().await;
}

#[tokio::test]
async fn a_rule_of_redirects_for_reqwest_decides_the_same_over_bonafide() {
    let ca = TestCa::new();
    let certificate = ca.issue(Recipe::for_host("localhost"));
    let shop = TestServer::builder(certificate)
        .handler(|request| std::future::ready(answer(&request)))
        .start()
        .await;
    let url = shop.url("");
    let url = url.trim_end_matches('/');
    let pem = ca.pem();
    let theirs = over_reqwest::run_with_a_rule(pem.as_bytes(), url).await;
    let ours = over_bonafide::run_with_a_rule(pem.as_bytes(), url).await;
    assert_eq!(theirs.unwrap(), "HTTP/1.1 302 Found /moved");
    assert_eq!(ours.unwrap(), "HTTP/1.1 302 Found /moved");
    shop.shutdown().await;
}

#[tokio::test]
async fn a_blocking_program_for_reqwest_reads_the_same_over_bonafide() {
    let ca = TestCa::new();
    let (pem, shop) = (ca.pem(), shop(&ca).await);
    let url = shop.url("").trim_end_matches('/').to_owned();
    let both = tokio::task::spawn_blocking(move || {
        [
            over_reqwest::run_blocking(pem.as_bytes(), &url).unwrap(),
            over_bonafide::run_blocking(pem.as_bytes(), &url).unwrap(),
        ]
    });
    assert_eq!(both.await.unwrap(), ["200 OK one cake, and tea"; 2]);
    shop.shutdown().await;
}
