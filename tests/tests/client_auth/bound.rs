//! Where a credential goes, and what its connection has to prove.

use std::future::ready;

use bonafide::auth::{AuthError, Basic, Credential, RefreshingToken};
use bonafide::verify::{Anchors, Pins, PolicyHandle, Zone};
use bonafide::{Body, Client, Delivery, StatusCode};
use bonafide_testkit::{Alpn, PlainServer, Recipe, TestCa, TestServer};
use bonafide_tests::trusting;
use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request};
use tower::util::MapRequestLayer;

use crate::stage::{BOTH, all, ask, at, bearer, builder, cause, echo, served};

#[tokio::test]
async fn a_credential_goes_to_its_origin_and_that_of_the_next_origin_follows_a_redirect() {
    let ca = TestCa::new();
    for alpn in BOTH {
        let server = served(&ca, alpn, echo).await;
        let elsewhere = server.url_for("127.0.0.1", "");
        let bound = || builder(&ca).credential(at(&server, "s3cret"));
        for client in all(bound) {
            assert_eq!(ask(&client, &server.url("/")).await, "Bearer s3cret");
            let to_elsewhere = server.url(&format!("/to/{elsewhere}/"));
            for url in [&to_elsewhere, &elsewhere] {
                assert_eq!(ask(&client, url).await, "", "{alpn:?}");
            }
            let back = format!("{elsewhere}/to/{}", server.url("/"));
            assert_eq!(ask(&client, &back).await, "Bearer s3cret");
            let shown = format!("{client:?} {:?}", client.get(server.url("/")));
            assert!(!shown.contains("s3cret"), "{shown}");
        }
        let second = Credential::for_origin(&elsewhere, bearer("other")).unwrap();
        for client in all(|| bound().credential(second.clone())) {
            let to_elsewhere = server.url(&format!("/to/{elsewhere}/"));
            assert_eq!(ask(&client, &to_elsewhere).await, "Bearer other");
        }
    }
}

#[tokio::test]
async fn what_the_caller_sets_by_hand_is_sent_and_a_default_is_replaced() {
    let ca = TestCa::new();
    let server = served(&ca, Alpn::Http2, |request| {
        let mut response = echo(request);
        *response.status_mut() = StatusCode::UNAUTHORIZED;
        response
    })
    .await;
    let default = [(AUTHORIZATION, HeaderValue::from_static("default"))];
    for client in all(|| {
        let client = builder(&ca).credential(at(&server, "s3cret"));
        client.default_headers(default.iter().cloned().collect())
    }) {
        assert_eq!(ask(&client, &server.url("/")).await, "Bearer s3cret");
        let other = server.url_for("127.0.0.1", "/");
        assert_eq!(ask(&client, &other).await, "default");
    }
    let client = builder(&ca)
        .credential(at(&server, "s3cret"))
        .build()
        .unwrap();
    let own = client
        .get(server.url("/"))
        .bearer_auth("own")
        .send()
        .await
        .unwrap();
    assert_eq!(own.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(own.text().await.unwrap(), "Bearer own");
    let unused = RefreshingToken::new(|| async { panic!("no token is needed") });
    let unused = Credential::for_origin(&server.url(""), unused).unwrap();
    let client = builder(&ca).credential(unused).build().unwrap();
    let own = client
        .get(server.url("/"))
        .bearer_auth("own")
        .send()
        .await
        .unwrap();
    assert_eq!(own.text().await.unwrap(), "Bearer own");
    let layer = MapRequestLayer::new(|mut request: Request<Body>| {
        let own = HeaderValue::from_static("layer");
        request.headers_mut().insert(AUTHORIZATION, own);
        request
    });
    let client = builder(&ca)
        .credential(at(&server, "s3cret"))
        .hop_layer(layer);
    let client = client.build().unwrap();
    assert_eq!(ask(&client, &server.url("/")).await, "layer");
}

#[tokio::test]
async fn a_hop_layer_that_leads_elsewhere_takes_no_credential_with_it() {
    let ca = TestCa::new();
    let server = served(&ca, Alpn::Http2, echo).await;
    let other = server.url_for("127.0.0.1", "/");
    let astray = MapRequestLayer::new(move |mut request: Request<Body>| {
        match request.uri().path() {
            "/astray" => *request.uri_mut() = other.parse().unwrap(),
            "/new" => {
                let uri = request.uri().clone();
                request = Request::get(uri).body(Body::empty()).unwrap();
            }
            _ => {}
        }
        request
    });
    let client = builder(&ca)
        .credential(at(&server, "s3cret"))
        .hop_layer(astray);
    let client = client.build().unwrap();
    for (path, sent) in [("/", "Bearer s3cret"), ("/astray", ""), ("/new", "")] {
        assert_eq!(ask(&client, &server.url(path)).await, sent, "{path}");
    }
}

#[tokio::test]
async fn nothing_is_sent_over_plain_http() {
    let plain = PlainServer::builder()
        .handler(|request: Request<Bytes>| ready(echo(&request)))
        .start()
        .await;
    let https = format!("https://localhost:{}", plain.port());
    let client = Client::builder()
        .allow_plain_http()
        .credential(Credential::for_origin(&https, bearer("s3cret")).unwrap())
        .credential(Credential::for_zone("localhost", bearer("s3cret")).unwrap())
        .build()
        .unwrap();
    let url = format!("http://localhost:{}/", plain.port());
    assert_eq!(ask(&client, &url).await, "");
}

#[tokio::test]
async fn a_credential_of_a_zone_needs_that_zone_of_the_policy_on_each_connection() {
    let ca = TestCa::new();
    let server = served(&ca, Alpn::Http2, echo).await;
    let anchors = || Anchors::only(ca.certificate().clone());
    let zoned = || trusting(&ca).zone(Zone::for_host("localhost").anchors(anchors()));
    let handle = PolicyHandle::new(zoned().build().unwrap());
    let of_zone = Credential::for_zone("localhost", bearer("s3cret")).unwrap();
    for client in all(|| {
        handle.replace(zoned().build().unwrap()).unwrap();
        Client::builder()
            .policy(handle.clone())
            .credential(of_zone.clone())
    }) {
        handle.replace(zoned().build().unwrap()).unwrap();
        assert_eq!(ask(&client, &server.url("/")).await, "Bearer s3cret");
        let before = server.request_count();
        handle.replace(trusting(&ca).build().unwrap()).unwrap();
        let error = client.get(server.url("/")).send().await.unwrap_err();
        match cause(&error) {
            AuthError::OtherZone { bound, zone, .. } => {
                assert_eq!(
                    (bound.to_string(), &**zone),
                    ("localhost".into(), "default")
                );
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(error.delivery(), Delivery::NotSent);
        assert!(!error.is_retryable() && error.receipt().is_some());
        assert_eq!(server.request_count(), before);
    }
}

#[tokio::test]
async fn a_pinned_credential_is_sent_over_a_pinned_connection_alone() {
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host("localhost"));
    let pins = Pins::for_host("localhost")
        .leaf(identity.spki_pin())
        .never_expires()
        .without_backup()
        .build()
        .unwrap();
    let server = TestServer::builder(identity)
        .handler(|request: Request<Bytes>| ready(echo(&request)))
        .start()
        .await;
    let credential = at(&server, "s3cret").pinned();
    for client in all(|| builder(&ca).credential(credential.clone())) {
        let error = client
            .post(server.url("/"))
            .body("b")
            .send()
            .await
            .unwrap_err();
        assert!(
            matches!(cause(&error), AuthError::Unpinned { .. }),
            "{error}"
        );
        assert_eq!(error.delivery(), Delivery::NotSent);
        assert!(
            !format!("{error} {error:?}").contains("s3cret"),
            "{error:?}"
        );
    }
    assert_eq!(server.request_count(), 0);
    let policy = trusting(&ca).pins(pins).build().unwrap();
    let client = Client::builder().policy(policy).credential(credential);
    let client = client.build().unwrap();
    assert_eq!(ask(&client, &server.url("/")).await, "Bearer s3cret");
}

#[tokio::test]
async fn a_connection_on_which_a_credential_must_not_be_sent_serves_further_requests() {
    let ca = TestCa::new();
    for alpn in BOTH {
        let server = served(&ca, alpn, echo).await;
        let credential = at(&server, "s3cret").pinned();
        let client = builder(&ca).credential(credential).build().unwrap();
        for _ in 0..3 {
            let error = client.get(server.url("/")).send().await.unwrap_err();
            assert!(matches!(cause(&error), AuthError::Unpinned { .. }));
        }
        let own = client.get(server.url("/")).bearer_auth("own");
        let sent = own.send().await.unwrap().text().await.unwrap();
        assert_eq!(sent, "Bearer own");
        assert_eq!(server.tcp_connections(), 1, "{alpn:?}");
    }
}

#[tokio::test]
async fn basic_is_sent_at_once_and_its_401_is_the_response() {
    let ca = TestCa::new();
    let server = served(&ca, Alpn::Http1, |request| {
        let mut response = echo(request);
        *response.status_mut() = StatusCode::UNAUTHORIZED;
        response
    })
    .await;
    let basic = Basic::new("user", "password").unwrap();
    let credential = Credential::for_origin(&server.url(""), basic).unwrap();
    for client in all(|| builder(&ca).credential(credential.clone())) {
        let before = server.request_count();
        let sent = ask(&client, &server.url("/")).await;
        assert_eq!(sent, "Basic dXNlcjpwYXNzd29yZA==");
        assert_eq!(server.request_count(), before + 1);
    }
}
