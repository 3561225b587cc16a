//! Cookies and HSTS over hyper-util's client and real servers.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its own functions too"
)]

use std::error::Error;
use std::iter;
use std::time::SystemTime;

use bonafide_testkit::{Alpn, PlainServer, Recipe, TestCa, TestServer};
use bonafide_tower::BoxError;
use bonafide_tower::connector::VerifiedConnector;
use bonafide_tower::cookies::{CookiesLayer, Jar};
use bonafide_tower::hsts::{HstsHosts, HstsLayer};
use bonafide_tower::redirect::RedirectLayer;
use bonafide_tower::require_https::NotHttps;
use bonafide_tower::store::{FileStore, Partition};
use bonafide_verify::{Anchors, Policy};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tower::{Service, ServiceBuilder, ServiceExt as _};

type Body = Empty<Bytes>;

/// Answers with the `Cookie` fields that it was sent, and sets what stands after `set-` in the
/// path, with `;` for `+`.
async fn echo<B>(request: Request<B>) -> Response<Bytes> {
    let fields = request.headers().get_all("cookie").iter();
    let fields: Vec<_> = fields.map(HeaderValue::as_bytes).collect();
    let mut response = Response::new(Bytes::from(fields.join(&b" | "[..])));
    let headers = response.headers_mut();
    let path = request.uri().path();
    if let Some((_, field)) = path.split_once("set-") {
        let field = field.replace('+', "; ");
        headers.insert("set-cookie", field.parse().unwrap());
    }
    if path.contains("hsts") {
        let field = HeaderValue::from_static("max-age=100");
        headers.insert("strict-transport-security", field);
    }
    if path.contains("login") {
        headers.insert("location", HeaderValue::from_static("/a/home"));
        *response.status_mut() = StatusCode::FOUND;
    }
    response
}

fn connector(ca: &TestCa) -> VerifiedConnector {
    let policy = Policy::builder().anchors(Anchors::only(ca.certificate().clone()));
    VerifiedConnector::new(policy.build().unwrap())
}

async fn ask<S>(client: &S, url: &str) -> Result<String, BoxError>
where
    S: Service<Request<Body>, Response = Response<Incoming>, Error = BoxError> + Clone,
{
    let request = Request::get(url).body(Body::new())?;
    let response = client.clone().oneshot(request).await?;
    let body = response.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8(body.to_vec())?)
}

#[tokio::test]
async fn a_cookie_of_a_redirect_goes_with_the_next_hop_over_both_versions_of_http() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let ca = TestCa::new();
        let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
            .alpn(alpn)
            .handler(echo)
            .start()
            .await;
        let jar = Jar::new();
        let client = ServiceBuilder::new()
            .layer(RedirectLayer::new())
            .layer(HstsLayer::new(HstsHosts::new()))
            .layer(CookiesLayer::new(jar.clone()))
            .service(Client::builder(TokioExecutor::new()).build(connector(&ca)));
        let login = server.url("/a/login/set-__Host-id=7+Secure+Path=/");
        assert_eq!(ask(&client, &login).await.unwrap(), "__Host-id=7");
        ask(&client, &server.url("/a/set-b=2")).await.unwrap();
        let both = ask(&client, &server.url("/a/home")).await.unwrap();
        assert_eq!(both, "b=2; __Host-id=7");
        let ends = server.url("/set-__Host-id=+Secure+Path=/+Max-Age=0");
        ask(&client, &ends).await.unwrap();
        assert_eq!(ask(&client, &server.url("/")).await.unwrap(), "");
        assert_eq!(jar.len(), 1);
    }
}

#[tokio::test]
async fn a_secure_cookie_does_not_go_over_http_and_is_not_replaced_there() {
    let ca = TestCa::new();
    let secure = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
        .handler(echo)
        .start()
        .await;
    let plain = PlainServer::builder().handler(echo).start().await;
    let plain_url = |path: &str| format!("http://localhost:{}{path}", plain.port());
    let jar = Jar::new();
    let client = CookiesLayer::new(jar.clone());
    let client = ServiceBuilder::new()
        .layer(client)
        .service(Client::builder(TokioExecutor::new()).build(connector(&ca).allow_plain_http()));
    ask(&client, &secure.url("/set-id=7+Secure")).await.unwrap();
    ask(&client, &plain_url("/set-id=8")).await.unwrap();
    ask(&client, &plain_url("/set-plain=1")).await.unwrap();
    ask(&client, &plain_url("/set-evil=1+Secure"))
        .await
        .unwrap();
    assert_eq!(ask(&client, &plain_url("/")).await.unwrap(), "plain=1");
    let sent = ask(&client, &secure.url("/")).await.unwrap();
    assert_eq!(sent, "id=7; plain=1");
}

#[tokio::test]
async fn a_known_host_is_asked_over_https_with_its_secure_cookies() {
    let ca = TestCa::new();
    let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
        .handler(echo)
        .start()
        .await;
    let client = ServiceBuilder::new()
        .layer(HstsLayer::new(HstsHosts::new()))
        .layer(CookiesLayer::new(Jar::new()))
        .service(Client::builder(TokioExecutor::new()).build(connector(&ca)));
    let plain = server.url("/").replace("https://", "http://");
    let refused = ask(&client, &plain).await.unwrap_err();
    let first: &(dyn Error + 'static) = &*refused;
    let mut causes = iter::successors(Some(first), |&error| error.source());
    assert!(causes.any(|cause| cause.is::<NotHttps>()), "{refused:?}");
    assert_eq!(server.request_count(), 0);
    ask(&client, &server.url("/hsts/set-id=7+Secure+Path=/"))
        .await
        .unwrap();
    assert_eq!(ask(&client, &plain).await.unwrap(), "id=7");
}

#[tokio::test]
async fn a_program_that_starts_again_has_its_cookies_and_hosts() {
    let ca = TestCa::new();
    let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
        .handler(echo)
        .start()
        .await;
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::in_folder(folder.path());
    let user = Partition::new("user 17");
    for expected in ["", "id=7"] {
        let (jar, hosts) = (Jar::new(), HstsHosts::new());
        jar.load(&store, &user, SystemTime::now()).await.unwrap();
        hosts.load(&store, &user, SystemTime::now()).await.unwrap();
        assert_eq!(hosts.len(), usize::from(!expected.is_empty()));
        let cookies = CookiesLayer::new(jar.clone()).with_partition(user.clone());
        let client = ServiceBuilder::new()
            .layer(HstsLayer::new(hosts.clone()))
            .layer(cookies)
            .service(Client::builder(TokioExecutor::new()).build(connector(&ca)));
        let url = server.url("/hsts/set-id=7+Path=/+Max-Age=60");
        assert_eq!(ask(&client, &url).await.unwrap(), expected);
        jar.save(&store, &user, SystemTime::now()).await.unwrap();
        hosts.save(&store, &user, SystemTime::now()).await.unwrap();
    }
}
