use std::convert::Infallible;
use std::future::{Ready, ready};
use std::io;
use std::sync::{Arc, Mutex};

use bonafide_testkit::{Recipe, TestCa};
use bonafide_verify::pki_types::ServerName;
use bonafide_verify::{Anchors, Peer, Policy, Receipt};
use http::{HeaderMap, HeaderValue, Request, Response};
use tower::{Layer as _, Service, ServiceExt as _, service_fn};

use crate::BoxError;
use crate::assurance::Assurance::{Unverified, Verified};
use crate::cookies::{CookiesLayer, Jar};
use crate::store::Partition;

/// The receipt of a verified server.
fn receipt() -> Arc<Receipt> {
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host("example.com"));
    let policy = Policy::builder().anchors(Anchors::only(ca.certificate().clone()));
    let name = ServerName::try_from("example.com").unwrap();
    let peer = Peer::new(identity.chain(), &name);
    policy.build().unwrap().verify(&peer).unwrap()
}

/// What a server was asked, by its headers.
type Asked = Arc<Mutex<Vec<HeaderMap>>>;

/// Sets `a=1` in every response, which has `receipt`.
fn server(
    asked: &Asked,
    receipt: Option<Arc<Receipt>>,
) -> impl Service<
    Request<()>,
    Response = Response<()>,
    Error = Infallible,
    Future = Ready<Result<Response<()>, Infallible>>,
> + Clone
+ use<> {
    let asked = Arc::clone(asked);
    service_fn(move |request: Request<()>| {
        asked.lock().unwrap().push(request.headers().clone());
        let mut response = Response::new(());
        let headers = response.headers_mut();
        headers.append("set-cookie", HeaderValue::from_static("a=1"));
        headers.append("set-cookie", HeaderValue::from_static("b=2; Path=/"));
        if let Some(receipt) = &receipt {
            response.extensions_mut().insert(Arc::clone(receipt));
        }
        ready(Ok(response))
    })
}

fn get(uri: &str) -> Request<()> {
    Request::get(uri).body(()).unwrap()
}

/// The `Cookie` fields of the requests, `-` for one without.
fn cookies(asked: &Asked) -> Vec<String> {
    let asked = std::mem::take(&mut *asked.lock().unwrap());
    let text = |headers: &HeaderMap| {
        let fields = headers.get_all("cookie").iter();
        let fields: Vec<_> = fields.map(|field| field.to_str().unwrap()).collect();
        if fields.is_empty() {
            "-".to_owned()
        } else {
            fields.join(" | ")
        }
    };
    asked.iter().map(text).collect()
}

#[tokio::test]
async fn what_a_verified_server_sets_goes_with_the_next_request() {
    let (asked, jar) = (Asked::default(), Jar::new());
    let service = CookiesLayer::new(jar.clone()).layer(server(&asked, Some(receipt())));
    for uri in [
        "https://example.com/x/y",
        "https://example.com/x/",
        "https://example.com/",
        "https://example.org/",
    ] {
        service.clone().oneshot(get(uri)).await.unwrap();
    }
    assert_eq!(cookies(&asked), ["-", "a=1; b=2", "b=2", "-"]);
    assert_eq!(jar.len(), 5);
}

#[tokio::test]
async fn a_response_without_a_receipt_of_a_verified_server_sets_nothing_over_https() {
    let (asked, jar) = (Asked::default(), Jar::new());
    let service = CookiesLayer::new(jar.clone()).layer(server(&asked, None));
    service
        .clone()
        .oneshot(get("https://example.com/"))
        .await
        .unwrap();
    assert!(jar.is_empty());
    service.oneshot(get("http://example.com/")).await.unwrap();
    assert_eq!(jar.len(), 2);
}

#[tokio::test]
async fn no_cookie_goes_where_no_verified_server_is_expected() {
    let (asked, jar) = (Asked::default(), Jar::new());
    let service = CookiesLayer::new(jar)
        .with_expectation(|url| match url.host_str() {
            Some("device.example.com") => Unverified,
            _ => Verified,
        })
        .layer(server(&asked, Some(receipt())));
    for uri in [
        "https://example.com/",
        "https://example.com/",
        "https://device.example.com/",
        "https://device.example.com/",
    ] {
        service.clone().oneshot(get(uri)).await.unwrap();
    }
    assert_eq!(cookies(&asked), ["-", "a=1; b=2", "-", "-"]);
}

#[tokio::test]
async fn a_cookie_header_of_the_callers_is_sent_as_it_is() {
    let (asked, jar) = (Asked::default(), Jar::new());
    let service = CookiesLayer::new(jar.clone()).layer(server(&asked, Some(receipt())));
    service
        .clone()
        .oneshot(get("https://example.com/"))
        .await
        .unwrap();
    let mut request = get("https://example.com/");
    request
        .headers_mut()
        .insert("cookie", HeaderValue::from_static("own=1"));
    service.oneshot(request).await.unwrap();
    assert_eq!(cookies(&asked), ["-", "own=1"]);
}

#[tokio::test]
async fn layers_over_one_jar_share_a_partition_and_no_other() {
    let (asked, jar) = (Asked::default(), Jar::new());
    for partition in ["one", "one", "other"] {
        let service = CookiesLayer::new(jar.clone())
            .with_partition(Partition::new(partition))
            .layer(server(&asked, Some(receipt())));
        service.oneshot(get("https://example.com/")).await.unwrap();
    }
    assert_eq!(cookies(&asked), ["-", "a=1; b=2", "-"]);
}

#[tokio::test]
async fn a_uri_without_a_host_passes_as_it_is() {
    let (asked, jar) = (Asked::default(), Jar::new());
    let service = CookiesLayer::new(jar.clone()).layer(server(&asked, Some(receipt())));
    service
        .clone()
        .oneshot(get("https://example.com/"))
        .await
        .unwrap();
    service.oneshot(get("/")).await.unwrap();
    assert_eq!(
        (cookies(&asked), jar.len()),
        (vec!["-".to_owned(), "-".to_owned()], 2)
    );
}

#[derive(Debug)]
struct Failed(io::Error);

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self(error)
    }
}

#[tokio::test]
async fn an_error_of_the_inner_service_passes_boxed_or_as_the_callers_own() {
    let dead =
        service_fn(|_: Request<()>| ready(Err::<Response<()>, _>(io::Error::other("dead line"))));
    let layer = CookiesLayer::new(Jar::new());
    let error: BoxError = layer
        .layer(dead)
        .oneshot(get("https://h/"))
        .await
        .unwrap_err();
    assert_eq!(
        error.downcast_ref::<io::Error>().unwrap().to_string(),
        "dead line"
    );
    let layer = layer.with_error::<Failed>();
    let error = layer
        .layer(dead)
        .oneshot(get("https://h/"))
        .await
        .unwrap_err();
    assert_eq!(error.0.to_string(), "dead line");
}

#[tokio::test]
async fn the_future_is_sent_between_threads() {
    let asked = Asked::default();
    let service = CookiesLayer::new(Jar::new()).layer(server(&asked, None));
    let call = tokio::spawn(service.oneshot(get("https://h/")));
    assert_eq!(call.await.unwrap().unwrap().status(), 200);
}
