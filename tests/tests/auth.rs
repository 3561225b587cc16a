//! Credentials over a real server and hyper-util's client.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its own functions too"
)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bonafide_testkit::{Alpn, Recipe, TestCa, TestServer};
use bonafide_tests::{Curl, DigestGuard, Renewal, trusting};
use bonafide_tower::BoxError;
use bonafide_tower::auth::{
    Auth, AuthError, AuthLayer, Basic, Credential, Digest, Keyring, RefreshingToken, Token,
};
use bonafide_tower::connector::VerifiedConnector;
use bonafide_tower::default_headers::{DefaultHeaderValues, DefaultHeadersLayer};
use bonafide_tower::redirect::RedirectLayer;
use bytes::Bytes;
use futures_util::future::join_all;
use http::header::{AUTHORIZATION, HeaderName, LOCATION};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy;
use hyper_util::rt::TokioExecutor;
use tower::{Layer as _, ServiceBuilder, ServiceExt as _};

const BOTH: [Alpn; 2] = [Alpn::Http1, Alpn::Http2];

type Client = legacy::Client<VerifiedConnector, Full<Bytes>>;

/// A server on the loopback, and hyper-util's client, which trusts its authority.
async fn served(
    alpn: Alpn,
    answer: impl Fn(&Request<Bytes>) -> Response<Bytes> + Send + Sync + 'static,
) -> (TestServer, Client) {
    let ca = TestCa::new();
    let server = TestServer::builder(ca.issue(Recipe::for_hosts(["localhost", "127.0.0.1"])))
        .alpn(alpn)
        .handler(move |request: Request<Bytes>| std::future::ready(answer(&request)))
        .start()
        .await;
    let connector = VerifiedConnector::new(trusting(&ca).build().unwrap());
    let client = legacy::Client::builder(TokioExecutor::new()).build(connector);
    (server, client)
}

/// A server behind `guard`, and a client with a credential for it.
async fn guarded(
    alpn: Alpn,
    guard: DigestGuard,
    user: &str,
    password: &str,
) -> (TestServer, Arc<DigestGuard>, Auth<Client>) {
    let guard = Arc::new(guard);
    let asked = Arc::clone(&guard);
    let (server, client) = served(alpn, move |request| asked.answer(request)).await;
    let digest = Digest::new(user, password).unwrap();
    let credential = Credential::for_origin(&server.url(""), digest).unwrap();
    (server, guard, Auth::new(client, credential))
}

async fn post(client: Auth<Client>, url: String, body: &str) -> Result<(u16, Bytes), BoxError> {
    let request = Request::post(url)
        .body(Full::from(body.to_owned()))
        .unwrap();
    let response: Response<Incoming> = client.oneshot(request).await?;
    let status = response.status().as_u16();
    Ok((status, response.into_body().collect().await?.to_bytes()))
}

#[tokio::test]
async fn a_server_that_checks_digests_is_satisfied_with_every_algorithm_that_it_offers() {
    for alpn in BOTH {
        for (algorithm, extra) in [
            ("MD5", ""),
            ("MD5-sess", ""),
            ("SHA-256", ", charset=UTF-8"),
            ("SHA-256-sess", ""),
            ("SHA-256", ", charset=UTF-8, userhash=true"),
        ] {
            let guard = DigestGuard::new("us\"er", "pass: \u{e9}", algorithm).with_extra(extra);
            let (server, guard, client) = guarded(alpn, guard, "us\"er", "pass: \u{e9}").await;
            for number in 0..3 {
                let text = format!("text {number}");
                let url = server.url(&format!("/a/{number}?b=%20c"));
                let answer = post(client.clone(), url, &text).await.unwrap();
                assert_eq!(answer, (200, text.into()), "{alpn:?} {algorithm} {extra}");
            }
            assert_eq!(
                guard.faults(),
                Vec::<String>::new(),
                "{alpn:?} {algorithm} {extra}"
            );
            assert_eq!(guard.challenges(), 1);
            // The body of the challenge was read, so that its connection served all.
            assert_eq!(server.tcp_connections(), 1, "{alpn:?} {algorithm} {extra}");
        }
    }
}

/// The guard of these tests is right where a client of another project is let through.
#[tokio::test]
async fn curl_passes_the_guard_with_the_right_password_alone() {
    let Some(curl) = Curl::find() else { return };
    for algorithm in ["MD5", "MD5-sess", "SHA-256"] {
        let guard = Arc::new(DigestGuard::new("user", "pass: word", algorithm));
        let asked = Arc::clone(&guard);
        let ca = TestCa::new();
        let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
            .handler(move |request: Request<Bytes>| std::future::ready(asked.answer(&request)))
            .start()
            .await;
        let url = server.url("/a?b=c");
        let status = curl.digest_status(&url, &ca.pem(), "user:pass: word").await;
        assert_eq!(
            (&*status, guard.faults()),
            ("200", Vec::new()),
            "{algorithm}"
        );
        let status = curl.digest_status(&url, &ca.pem(), "user:wrong").await;
        assert_eq!((&*status, guard.faults().len()), ("401", 1), "{algorithm}");
    }
}

#[tokio::test]
async fn a_nonce_serves_many_requests_at_once_each_with_a_count_of_its_own() {
    for alpn in BOTH {
        let guard = DigestGuard::new("user", "password", "SHA-256");
        let (server, guard, client) = guarded(alpn, guard, "user", "password").await;
        post(client.clone(), server.url("/"), "first")
            .await
            .unwrap();
        let all = (0..50).map(|_| post(client.clone(), server.url("/"), "more"));
        for answer in join_all(all).await {
            assert_eq!(answer.unwrap().0, 200);
        }
        assert_eq!(guard.faults(), Vec::<String>::new());
        assert_eq!((guard.challenges(), guard.seen()), (1, (51, 51)));
    }
}

#[tokio::test]
async fn a_nonce_that_is_too_old_is_replaced_and_the_next_one_is_used_without_a_challenge() {
    for alpn in BOTH {
        for (renewal, challenges) in [(Renewal::Stale, 4), (Renewal::NextNonce, 1)] {
            let guard = DigestGuard::new("user", "password", "SHA-256").with_renewal(3, renewal);
            let (server, guard, client) = guarded(alpn, guard, "user", "password").await;
            for _ in 0..12 {
                let answer = post(client.clone(), server.url("/"), "text").await.unwrap();
                assert_eq!(answer, (200, "text".into()));
            }
            assert_eq!(guard.faults(), Vec::<String>::new());
            assert_eq!(guard.challenges(), challenges, "{alpn:?} {renewal:?}");
        }
    }
}

#[tokio::test]
async fn a_wrong_password_is_tried_once_and_the_401_is_the_response() {
    for alpn in BOTH {
        let guard = DigestGuard::new("user", "password", "SHA-256");
        let (server, guard, client) = guarded(alpn, guard, "user", "wrong").await;
        let (status, body) = post(client, server.url("/"), "text").await.unwrap();
        assert_eq!((status, body.len()), (401, 20_000));
        assert_eq!((guard.challenges(), guard.faults().len()), (2, 1));
    }
}

#[tokio::test]
async fn a_server_that_does_not_know_the_password_is_found_out_by_its_proof() {
    let guard = DigestGuard::new("user", "password", "SHA-256");
    let (server, client) = served(Alpn::Http2, move |request| {
        let mut response = guard.answer(request);
        if response.status() == StatusCode::OK {
            let info = HeaderValue::from_static("qop=auth, rspauth=\"00\"");
            response.headers_mut().insert("authentication-info", info);
        }
        response
    })
    .await;
    let digest = Digest::new("user", "password").unwrap();
    let credential = Credential::for_origin(&server.url(""), digest).unwrap();
    let error = post(Auth::new(client, credential), server.url("/"), "")
        .await
        .unwrap_err();
    let error = error.downcast::<AuthError>().unwrap();
    assert!(matches!(*error, AuthError::WrongProof { .. }), "{error:?}");
}

/// What a server was asked: the path, and the values of two headers.
type Log = Arc<Mutex<Vec<(String, Option<HeaderValue>, Option<HeaderValue>)>>>;

const KEY: HeaderName = HeaderName::from_static("x-api-key");

#[tokio::test]
async fn a_redirect_to_another_origin_carries_neither_a_credential_nor_a_bound_header() {
    for alpn in BOTH {
        let log = Log::default();
        let logged = Arc::clone(&log);
        let (server, client) = served(alpn, move |request| {
            let path = request.uri().path().to_owned();
            let port = request.uri().port_u16().map(|port| port.to_string());
            let host = request
                .headers()
                .get("host")
                .map(|host| host.to_str().unwrap().to_owned());
            let port = port.or_else(|| Some(host?.rsplit(':').next()?.to_owned()));
            let value = |name: &HeaderName| request.headers().get(name).cloned();
            logged
                .lock()
                .unwrap()
                .push((path.clone(), value(&AUTHORIZATION), value(&KEY)));
            let mut response = Response::new(Bytes::new());
            let location = match &*path {
                "/start" => "/same".to_owned(),
                "/same" => format!("https://127.0.0.1:{}/other", port.unwrap()),
                _ => return response,
            };
            *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
            response
                .headers_mut()
                .insert(LOCATION, location.parse().unwrap());
            response
        })
        .await;
        let origin = server.url("");
        let basic = Basic::new("user", "password").unwrap();
        let values = DefaultHeaderValues::new()
            .secret_at(&origin, KEY, "k")
            .unwrap();
        let client = ServiceBuilder::new()
            .layer(RedirectLayer::new())
            .layer(AuthLayer::new(
                Credential::for_origin(&origin, basic).unwrap(),
            ))
            .layer(DefaultHeadersLayer::new(values))
            .service(client);
        let request = Request::post(server.url("/start"))
            .body(Full::from("body"))
            .unwrap();
        let response = client.oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let sent = || {
            let value = HeaderValue::from_static("Basic dXNlcjpwYXNzd29yZA==");
            (Some(value), Some(HeaderValue::from_static("k")))
        };
        let of = |path: &str, (basic, key)| (path.to_owned(), basic, key);
        let expected = [
            of("/start", sent()),
            of("/same", sent()),
            of("/other", (None, None)),
        ];
        assert_eq!(*log.lock().unwrap(), expected, "{alpn:?}");
    }
}

#[tokio::test]
async fn a_thousand_requests_whose_token_was_revoked_have_it_fetched_once() {
    let (server, client) = served(Alpn::Http2, |request| {
        let mut response = Response::new(Bytes::new());
        if request.headers().get(AUTHORIZATION) != Some(&HeaderValue::from_static("Bearer t2")) {
            *response.status_mut() = StatusCode::UNAUTHORIZED;
        }
        response
    })
    .await;
    let fetches = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&fetches);
    let token = RefreshingToken::new(move || {
        let number = counted.fetch_add(1, Ordering::SeqCst) + 1;
        async move { Ok(Token::new(format!("t{number}"))?) }
    });
    let credential = Credential::for_origin(&server.url(""), token).unwrap();
    let keyring = Keyring::from_iter([credential]);
    let client = AuthLayer::new(keyring).layer(client);
    let all = (0..1_000).map(|_| post(client.clone(), server.url("/"), "text"));
    for answer in join_all(all).await {
        assert_eq!(answer.unwrap().0, 200);
    }
    assert_eq!(fetches.load(Ordering::SeqCst), 2);
}
