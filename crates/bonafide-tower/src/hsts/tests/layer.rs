use std::convert::Infallible;
use std::future::ready;
use std::io;
use std::sync::{Arc, Mutex};

use bonafide_testkit::{Recipe, TestCa};
use bonafide_verify::pki_types::ServerName;
use bonafide_verify::{Anchors, Peer, Policy};
use http::{HeaderValue, Request, Response};
use tower::{Layer as _, ServiceExt as _, service_fn};

use crate::BoxError;
use crate::hsts::{HstsHosts, HstsLayer};

fn get(uri: &str) -> Request<()> {
    Request::get(uri).body(()).unwrap()
}

#[tokio::test]
async fn a_host_is_asked_over_https_once_a_verified_server_said_so() {
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host("example.com"));
    let policy = Policy::builder().anchors(Anchors::only(ca.certificate().clone()));
    let name = ServerName::try_from("example.com").unwrap();
    let peer = Peer::new(identity.chain(), &name);
    let receipt = policy.build().unwrap().verify(&peer).unwrap();

    let asked = Arc::new(Mutex::new(Vec::new()));
    let hosts = HstsHosts::new();
    for (verified, uri, expected) in [
        (false, "https://example.com/", "https://example.com/"),
        (true, "http://example.com/", "http://example.com/"),
        (true, "https://example.com/", "https://example.com/"),
        (true, "http://example.com:80/a?b", "https://example.com/a?b"),
        (
            false,
            "http://example.com:8080",
            "https://example.com:8080/",
        ),
        (false, "http://example.org/", "http://example.org/"),
        (false, "/", "/"),
    ] {
        let (receipt, log) = (receipt.clone(), Arc::clone(&asked));
        let server = service_fn(move |request: Request<()>| {
            log.lock().unwrap().push(request.uri().to_string());
            let mut response = Response::new(());
            let field = HeaderValue::from_static("max-age=100");
            response
                .headers_mut()
                .insert("strict-transport-security", field);
            if verified {
                response.extensions_mut().insert(receipt.clone());
            }
            ready(Ok::<_, Infallible>(response))
        });
        let service = HstsLayer::new(hosts.clone()).layer(server);
        service.oneshot(get(uri)).await.unwrap();
        assert_eq!(asked.lock().unwrap().pop().unwrap(), expected, "{uri}");
    }
    assert_eq!(hosts.len(), 1);
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
    let layer = HstsLayer::new(HstsHosts::new());
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
