//! What the client itself sends is secret: no text shows it.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its own functions too"
)]

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex};

use bonafide::auth::{Bearer, Credential, Digest};
use bonafide::cookies::Jar;
use bonafide::redirect::{Choice, Proposal, Redirects};
use bonafide::{Body, Client, StatusCode};
use bonafide_testkit::{Alpn, Recipe, TestCa, TestServer};
use bonafide_tests::trusting;
use bytes::Bytes;
use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderMap, HeaderValue, Request, Response};
use tower::ServiceExt as _;
use tower::util::MapRequestLayer;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Keeps all fields of all spans and events, those of hyper, h2 and rustls too.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Visit for Log {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        writeln!(self.0.lock().unwrap(), "{field}={value:?}").unwrap();
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut self.clone());
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Sets a cookie, challenges what has no `Authorization`, and answers `/fails` with neither.
fn answer(request: &Request<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    let headers = response.headers_mut();
    let cookie = HeaderValue::from_static("id=s3cret; Path=/");
    headers.insert("set-cookie", cookie);
    if !request.headers().contains_key("authorization") {
        let challenge = HeaderValue::from_static("Digest realm=\"r\", nonce=\"n\"");
        headers.insert("www-authenticate", challenge);
        *response.status_mut() = StatusCode::UNAUTHORIZED;
    }
    response
}

#[tokio::test]
async fn no_debug_no_error_and_no_trace_shows_a_cookie_a_credential_or_a_secret_header() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let ca = TestCa::new();
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
            .alpn(alpn)
            .handler(|request| std::future::ready(answer(&request)))
            .start()
            .await;
        let origin = server.url("");
        let bearer = Bearer::new("s3cret").unwrap();
        let digest = Digest::new("user", "s3cret").unwrap();
        let seen = log.clone();
        let layer = MapRequestLayer::new(move |request: Request<Body>| {
            writeln!(seen.0.lock().unwrap(), "layer={request:?}").unwrap();
            request
        });
        for (credential, succeeds) in [
            (Credential::for_origin(&origin, bearer).unwrap(), true),
            // Its challenge names no `qop`: an error of the rule.
            (Credential::for_origin(&origin, digest).unwrap(), false),
        ] {
            let builder = Client::builder()
                .policy(trusting(&ca).build().unwrap())
                .cookies(Jar::new())
                .credential(credential)
                .secret_header_at(&origin, "x-api-key", "s3cret")
                .hop_layer(layer.clone());
            let built = format!("{builder:?}");
            let client = builder.build().unwrap();
            let mut texts = vec![built, format!("{client:?}")];
            for _ in 0..2 {
                match client.get(server.url("/")).send().await {
                    Ok(response) => {
                        assert!(succeeds);
                        // A program that prints all headers of a response asks for what they hold.
                        texts.push(format!("{:?}", response.connection()));
                    }
                    Err(error) => {
                        assert!(!succeeds, "{error}");
                        texts.push(format!("{error} {error:?} {error:#?}"));
                    }
                }
            }
            for text in texts {
                assert!(!text.contains("s3cret"), "{text}");
            }
        }
        let keyed = server.requests();
        assert!(
            keyed
                .iter()
                .all(|request| request.headers.contains_key("x-api-key"))
        );
    }
    let log = log.0.lock().unwrap().clone();
    assert!(log.contains("connected") && log.contains("layer="), "{log}");
    let leak = log.lines().find(|line| line.contains("s3cret"));
    assert_eq!(leak, None);
}

#[tokio::test]
async fn no_layer_and_no_trace_prints_what_the_caller_set_as_authorization_or_cookie() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let ca = TestCa::new();
    let secrets = || {
        HeaderMap::from_iter([
            (AUTHORIZATION, HeaderValue::from_static("Bearer s3cret")),
            (COOKIE, HeaderValue::from_static("id=s3cret")),
        ])
    };
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
            .alpn(alpn)
            .handler(|request: Request<Bytes>| async move {
                let mut response = Response::new(Bytes::new());
                if request.uri().path() == "/away" {
                    *response.status_mut() = StatusCode::FOUND;
                    let to = HeaderValue::from_static("/");
                    response.headers_mut().insert("location", to);
                }
                response
            })
            .start()
            .await;
        let seen = log.clone();
        let layer = MapRequestLayer::new(move |request: Request<Body>| {
            writeln!(seen.0.lock().unwrap(), "layer={request:?}").unwrap();
            request
        });
        let redirects = Redirects::default().with_policy(move |next: &mut Proposal<'_>| {
            next.headers.extend(secrets());
            Choice::Follow
        });
        let builder = || Client::builder().policy(trusting(&ca).build().unwrap());
        let client = builder().redirects(redirects).hop_layer(layer);
        let client = client.build().unwrap();
        let by_default = builder().default_headers(secrets()).build().unwrap();
        let get = || client.get(server.url("/"));
        for request in [
            get()
                .header("authorization", "Bearer s3cret")
                .header("cookie", "id=s3cret"),
            get().headers(secrets()),
            by_default.get(server.url("/")),
            client.get(server.url("/away")),
        ] {
            request.send().await.unwrap();
        }
        let mut by_service = Request::get(server.url("/")).body(Body::empty()).unwrap();
        by_service.headers_mut().extend(secrets());
        client.clone().oneshot(by_service).await.unwrap();
        let mut by_value = get().build().unwrap();
        by_value.headers_mut().extend(secrets());
        client.execute(by_value).await.unwrap();
        let mut converted = Request::get(server.url("/")).body(Body::empty()).unwrap();
        converted.headers_mut().extend(secrets());
        let converted = bonafide::Request::try_from(converted).unwrap();
        writeln!(log.0.lock().unwrap(), "{:?}", converted.headers()).unwrap();
        let sent = server.requests();
        for sent in sent.iter().filter(|sent| sent.uri.path() == "/") {
            assert_eq!(sent.headers["authorization"], "Bearer s3cret");
            assert_eq!(sent.headers["cookie"], "id=s3cret");
        }
        assert_eq!(sent.len(), 7);
    }
    let log = log.0.lock().unwrap().clone();
    assert!(log.contains("connected") && log.contains("layer="), "{log}");
    let leak = log.lines().find(|line| line.contains("s3cret"));
    assert_eq!(leak, None);
}
