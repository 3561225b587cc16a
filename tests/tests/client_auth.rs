//! Credentials of bonafide's client.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its own functions too"
)]

use std::convert::Infallible;
use std::error::Error as _;
use std::future::{Ready, pending, ready};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bonafide::auth::{AuthError, Basic, Bearer, Credential, Digest, RefreshingToken, Token};
use bonafide::retry::{Backoff, Retry};
use bonafide::verify::{Anchors, Pins, PolicyHandle, Zone};
use bonafide::{Body, Client, ClientBuilder, Delivery, Error, Kind, StatusCode};
use bonafide_testkit::{Alpn, PlainServer, Recipe, TestCa, TestServer};
use bonafide_tests::{DigestGuard, Renewal, trusting};
use bytes::Bytes;
use futures_util::future::join_all;
use futures_util::stream;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request, Response};
use tower::util::MapRequestLayer;

const BOTH: [Alpn; 2] = [Alpn::Http1, Alpn::Http2];

async fn served(
    ca: &TestCa,
    alpn: Alpn,
    answer: impl Fn(&Request<Bytes>) -> Response<Bytes> + Send + Sync + 'static,
) -> TestServer {
    TestServer::builder(ca.issue(Recipe::for_hosts(["localhost", "127.0.0.1"])))
        .alpn(alpn)
        .handler(move |request: Request<Bytes>| ready(answer(&request)))
        .start()
        .await
}

/// Answers with the `Authorization` that it was sent; `/to/URL` leads to that URL.
fn echo(request: &Request<Bytes>) -> Response<Bytes> {
    if let Some(url) = request.uri().path().strip_prefix("/to/") {
        let response = Response::builder().status(StatusCode::TEMPORARY_REDIRECT);
        return response.header("location", url).body(Bytes::new()).unwrap();
    }
    let fields = request.headers().get_all(AUTHORIZATION).iter();
    let fields: Vec<_> = fields.map(HeaderValue::as_bytes).collect();
    Response::new(fields.join(&b" | "[..]).into())
}

fn builder(ca: &TestCa) -> ClientBuilder {
    Client::builder().policy(trusting(ca).build().unwrap())
}

/// A layer around hops, which sees no credential.
fn blind() -> MapRequestLayer<fn(Request<Body>) -> Request<Body>> {
    MapRequestLayer::new(|request: Request<Body>| {
        let shown = format!("{:?} {:?}", request.headers(), request.extensions());
        assert!(!request.headers().contains_key(AUTHORIZATION), "{shown}");
        assert!(!shown.contains("s3cret"), "{shown}");
        request
    })
}

/// The client as it is, with a hop layer, and with retries too.
fn all(builder: impl Fn() -> ClientBuilder) -> [Client; 3] {
    let quick = Backoff::new(Duration::from_millis(1), Duration::from_millis(5));
    [
        builder(),
        builder().hop_layer(blind()),
        builder()
            .hop_layer(blind())
            .retry(Retry::standard().with_backoff(quick)),
    ]
    .map(|builder| builder.build().unwrap())
}

fn bearer(token: &str) -> Bearer {
    Bearer::new(token).unwrap()
}

fn at(server: &TestServer, token: &str) -> Credential {
    Credential::for_origin(&server.url(""), bearer(token)).unwrap()
}

async fn ask(client: &Client, url: &str) -> String {
    let response = client.get(url).send().await.unwrap();
    response.text().await.unwrap()
}

/// The rule's own error within the client's.
fn cause(error: &Error) -> &AuthError {
    assert_eq!(error.kind(), Kind::Auth, "{error}");
    error.source().unwrap().downcast_ref().unwrap()
}

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

/// A server behind `guard`, which it is returned with.
async fn guarded(ca: &TestCa, alpn: Alpn, guard: DigestGuard) -> (TestServer, Arc<DigestGuard>) {
    let guard = Arc::new(guard);
    let asked = Arc::clone(&guard);
    (
        served(ca, alpn, move |request| asked.answer(request)).await,
        guard,
    )
}

fn digest(server: &TestServer, password: &str) -> Credential {
    let digest = Digest::new("user", password).unwrap();
    Credential::for_origin(&server.url(""), digest).unwrap()
}

#[tokio::test]
async fn a_challenge_is_answered_and_its_connection_serves_on() {
    let ca = TestCa::new();
    for alpn in BOTH {
        for client in 0..3 {
            let guard = DigestGuard::new("user", "password", "SHA-256");
            let guard = guard.with_renewal(3, Renewal::Stale);
            let (server, guard) = guarded(&ca, alpn, guard).await;
            let credential = digest(&server, "password");
            let client = &all(|| builder(&ca).credential(credential.clone()))[client];
            for number in 0..6 {
                let text = format!("text {number}");
                let url = server.url(&format!("/a/{number}?b=%20c"));
                let response = client.post(url).body(text.clone()).send().await.unwrap();
                assert_eq!(response.text().await.unwrap(), text);
            }
            assert_eq!(guard.faults(), Vec::<String>::new());
            assert_eq!((guard.challenges(), guard.seen()), (2, (6, 6)), "{alpn:?}");
            assert_eq!(server.tcp_connections(), 1, "{alpn:?}");
        }
    }
}

#[tokio::test]
async fn a_401_that_is_not_answered_is_the_callers_with_its_body() {
    let ca = TestCa::new();
    for alpn in BOTH {
        let guard = DigestGuard::new("user", "password", "SHA-256");
        let (server, guard) = guarded(&ca, alpn, guard).await;
        let client = builder(&ca)
            .credential(digest(&server, "wrong"))
            .build()
            .unwrap();
        let response = client
            .post(server.url("/"))
            .body("text")
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(response.bytes().await.unwrap().len(), 20_000);
        assert_eq!((guard.challenges(), guard.faults().len()), (2, 1));

        // A body that is sent once is not sent again, but the next request knows the nonce.
        let client = builder(&ca).credential(digest(&server, "password"));
        let client = client.build().unwrap();
        let once = Body::from_stream(stream::iter([Ok::<_, Infallible>("text")]));
        let response = client
            .post(server.url("/"))
            .body(once)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(response.bytes().await.unwrap().len(), 20_000);
        let response = client
            .post(server.url("/"))
            .body("text")
            .send()
            .await
            .unwrap();
        assert_eq!(response.text().await.unwrap(), "text");
        assert_eq!(guard.challenges(), 3);
    }
}

#[tokio::test]
async fn each_attempt_has_a_count_and_a_cnonce_of_its_own() {
    let ca = TestCa::new();
    let guard = DigestGuard::new("user", "password", "SHA-256");
    let busy = AtomicBool::new(true);
    let guard = Arc::new(guard);
    let asked = Arc::clone(&guard);
    let server = served(&ca, Alpn::Http2, move |request| {
        let mut response = asked.answer(request);
        if response.status() == StatusCode::OK && busy.swap(false, Ordering::SeqCst) {
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        }
        response
    })
    .await;
    let credential = digest(&server, "password");
    let [.., client] = all(|| builder(&ca).credential(credential.clone()));
    assert_eq!(ask(&client, &server.url("/")).await, "");
    assert_eq!(guard.faults(), Vec::<String>::new());
    assert_eq!((guard.challenges(), guard.seen()), (1, (2, 2)));
}

#[tokio::test]
async fn a_server_that_does_not_prove_itself_is_an_error() {
    let ca = TestCa::new();
    let guard = DigestGuard::new("user", "s3cret", "SHA-256");
    let server = served(&ca, Alpn::Http2, move |request| {
        let mut response = guard.answer(request);
        if response.status() == StatusCode::OK {
            let info = HeaderValue::from_static("qop=auth, rspauth=\"00\"");
            response.headers_mut().insert("authentication-info", info);
        }
        response
    })
    .await;
    let client = builder(&ca)
        .credential(digest(&server, "s3cret"))
        .build()
        .unwrap();
    let error = client.get(server.url("/")).send().await.unwrap_err();
    assert!(
        matches!(cause(&error), AuthError::WrongProof { .. }),
        "{error}"
    );
    assert_eq!(error.delivery(), Delivery::Answered);
    assert_eq!(error.url().unwrap().as_str(), server.url("/"));
    let origin = server.url("");
    assert_eq!(
        error.to_string(),
        format!(
            "{origin}/: the request cannot be authenticated: {origin} did not prove that it knows \
             the password: its rspauth is wrong"
        )
    );
    assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
}

#[tokio::test]
async fn a_thousand_requests_at_once_fetch_one_token_and_one_more_after_it_was_revoked() {
    let ca = TestCa::new();
    let good = Arc::new(Mutex::new("Bearer t1"));
    let accepted = Arc::clone(&good);
    let server = served(&ca, Alpn::Http2, move |request| {
        let mut response = echo(request);
        if response.body() != *accepted.lock().unwrap() {
            *response.status_mut() = StatusCode::UNAUTHORIZED;
        }
        response
    })
    .await;
    for client in 0..2 {
        let fetches = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&fetches);
        let token = RefreshingToken::new(move || {
            let number = counted.fetch_add(1, Ordering::SeqCst) + 1;
            async move { Ok(Token::new(format!("t{number}"))?) }
        });
        let credential = Credential::for_origin(&server.url(""), token).unwrap();
        let client = &all(|| builder(&ca).credential(credential.clone()))[client];
        for (fetched, sent) in [(1, "Bearer t1"), (2, "Bearer t2")] {
            *good.lock().unwrap() = sent;
            let url = server.url("/");
            for answer in join_all((0..1_000).map(|_| ask(client, &url))).await {
                assert_eq!(answer, sent);
            }
            assert_eq!(fetches.load(Ordering::SeqCst), fetched);
        }
    }
}

/// A token that never comes.
fn never() -> RefreshingToken {
    let source = || pending::<Result<Token, bonafide_tower::BoxError>>();
    RefreshingToken::new(source).with_limit(None)
}

#[tokio::test(start_paused = true)]
async fn a_credential_that_does_not_come_is_waited_for_up_to_a_limit() {
    let of = |token: RefreshingToken| {
        let credential = Credential::for_origin("https://localhost:1", token).unwrap();
        Client::builder().credential(credential).build().unwrap()
    };
    let get = |client: &Client| client.get("https://localhost:1/");
    let error = get(&of(never())).send().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Timeout);
    assert_eq!(
        error.to_string(),
        "https://localhost:1/: the credential took longer than 60s"
    );
    assert_eq!(error.delivery(), Delivery::NotSent);
    let second = Duration::from_secs(1);
    let error = get(&of(never())).timeout(second).send().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "https://localhost:1/: the request took longer than 1s"
    );
    assert_eq!(error.delivery(), Delivery::NotSent);

    let failing = RefreshingToken::new(|| -> Ready<Result<Token, bonafide_tower::BoxError>> {
        ready(Err("the authorization server is down".into()))
    });
    let error = get(&of(failing)).send().await.unwrap_err();
    assert!(matches!(cause(&error), AuthError::Token { .. }), "{error}");
    assert_eq!(error.delivery(), Delivery::NotSent);
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
