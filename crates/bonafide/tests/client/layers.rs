//! tower layers of the caller, around calls and around hops.

use std::convert::Infallible;
use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bonafide::{
    Body, Client, ConnectionInfo, Delivery, Error, Kind, Next, Phase, Receipt, Response, Timings,
};
use bonafide_testkit::{Alpn, Ending, TestServer};
use bytes::Bytes;
use futures_util::StreamExt as _;
use http::header::{AUTHORIZATION, HeaderValue, LOCATION};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use tower::util::{MapErrLayer, MapRequestLayer, MapResponseLayer};
use tower::{Layer, Service, ServiceExt};

use crate::support::{builder, server};

/// What a layer has seen, in order.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    fn note(&self, line: impl fmt::Display) {
        self.0.lock().expect("no panic").push(line.to_string());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().expect("no panic"))
    }
}

/// Notes each request and each response under a name.
#[derive(Clone)]
struct Note<S> {
    inner: S,
    name: &'static str,
    seen: Seen,
}

fn note<S>(name: &'static str, seen: &Seen) -> impl Layer<S, Service = Note<S>> + Send + use<S> {
    let seen = seen.clone();
    tower::layer::layer_fn(move |inner| Note {
        inner,
        name,
        seen: seen.clone(),
    })
}

type Outcome<E> = Pin<Box<dyn Future<Output = Result<http::Response<Body>, E>> + Send>>;

impl<S> Service<Request<Body>> for Note<S>
where
    S: Service<Request<Body>, Response = http::Response<Body>>,
    S::Future: Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = S::Error;
    type Future = Outcome<S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (name, seen) = (self.name, self.seen.clone());
        seen.note(format!(
            "{name} {} {}",
            request.method(),
            request.uri().path()
        ));
        let response = self.inner.call(request);
        Box::pin(async move {
            let response = response.await?;
            seen.note(format!("{name} {}", response.status().as_u16()));
            Ok(response)
        })
    }
}

/// `/from` leads to `/to`.
async fn redirecting() -> TestServer {
    server(Alpn::Both)
        .handler(|request| async move {
            let mut response = http::Response::new("ok");
            if request.uri().path() == "/from" {
                *response.status_mut() = StatusCode::FOUND;
                let to = HeaderValue::from_static("/to");
                response.headers_mut().insert(LOCATION, to);
            }
            response
        })
        .start()
        .await
}

#[tokio::test]
async fn layers_are_passed_from_the_outside_in_and_hop_layers_once_a_hop() {
    let server = redirecting().await;
    let seen = Seen::default();
    let client = builder()
        .layer(note("a", &seen))
        .layer(note("b", &seen))
        .hop_layer(note("c", &seen))
        .hop_layer(note("d", &seen))
        .build()
        .expect("a client");
    let expected = [
        "a POST /from",
        "b POST /from",
        "c POST /from",
        "d POST /from",
        "d 302",
        "c 302",
        "c GET /to",
        "d GET /to",
        "d 200",
        "c 200",
        "b 200",
        "a 200",
    ];
    let response = client.post(server.url("/from")).body("x").send().await;
    let response = response.expect("a response");
    assert_eq!(seen.take(), expected);
    assert_eq!(response.url().path(), "/to");
    assert_eq!(response.redirects().len(), 1);
    assert!(response.receipt().expect("https").is_verified());
    assert!(response.timings().is_some());
    assert_eq!(response.remote_addr(), Some(server.addr()));
    assert_eq!(response.text().await.expect("a body"), "ok");

    let request = Request::post(server.url("/from")).body(Body::from("x"));
    let response = client.oneshot(request.expect("a request")).await;
    assert_eq!(response.expect("a response").status(), 200);
    assert_eq!(seen.take(), expected);
}

#[tokio::test]
async fn a_response_of_the_tower_service_becomes_one_with_its_comforts_again() {
    let server = redirecting().await;
    let client = builder().build().expect("a client");
    let request = Request::get(server.url("/from")).body(Body::empty());
    let response = client.clone().oneshot(request.expect("a request")).await;
    let response = response.expect("a response");
    let extensions = response.extensions();
    assert!(
        extensions
            .get::<Arc<Receipt>>()
            .expect("https")
            .is_verified()
    );
    let info = extensions.get::<Arc<ConnectionInfo>>().expect("sent");
    assert_eq!(info.remote_addr(), server.addr());
    let timings = *extensions.get::<Timings>().expect("sent");

    let response = Response::from(response);
    assert_eq!(response.url().as_str(), server.url("/to"));
    assert_eq!(response.redirects()[0].status, StatusCode::FOUND);
    assert!(response.receipt().expect("https").is_verified());
    let headers = response.timings().map(|timings| timings.headers());
    assert_eq!(headers, Some(timings.headers()));
    let response = Response::from(http::Response::from(response));
    let response = response.error_for_status().expect("200");
    assert_eq!(response.redirects().len(), 1);
    let pieces: Vec<_> = response.bytes_stream().collect().await;
    assert_eq!(pieces.len(), 1);

    let mut by_hand = http::Response::new(Body::from("gone"));
    *by_hand.status_mut() = StatusCode::GONE;
    let by_hand = Response::from(by_hand);
    assert_eq!(by_hand.url().as_str(), "about:blank");
    assert!(by_hand.receipt().is_none() && by_hand.timings().is_none());
    let error = by_hand.error_for_status().expect_err("410");
    assert_eq!(
        (error.kind(), error.status()),
        (Kind::Status, Some(StatusCode::GONE))
    );
}

#[derive(Debug, thiserror::Error)]
#[error("too many cakes")]
struct TooMany;

#[tokio::test]
async fn the_error_of_a_layer_is_its_own_and_the_clients_stays_what_it_was() {
    let server = server(Alpn::Both).ending(Ending::Reset).start().await;
    let passing = builder()
        .layer(MapErrLayer::new(|error: Error| error))
        .layer(MapErrLayer::new(
            |error: Error| -> Box<dyn StdError + Send + Sync> { error.into() },
        ))
        .hop_layer(MapErrLayer::new(|error: Error| error))
        .build()
        .expect("a client");
    let error = passing
        .post(server.url("/"))
        .send()
        .await
        .expect_err("reset");
    assert_eq!(
        (error.kind(), error.phase(), error.delivery()),
        (Kind::Closed, Some(Phase::Headers), Delivery::MaybeProcessed)
    );
    assert_eq!(error.url().map(url::Url::as_str), Some(&*server.url("/")));

    for at_hops in [false, true] {
        let failing = MapErrLayer::new(|_: Error| TooMany);
        let builder = builder();
        let builder = if at_hops {
            builder.hop_layer(failing)
        } else {
            builder.layer(failing)
        };
        let client = builder.build().expect("a client");
        let error = client
            .post(server.url("/"))
            .send()
            .await
            .expect_err("reset");
        assert_eq!(
            (error.kind(), error.delivery()),
            (Kind::Layer, Delivery::MaybeProcessed)
        );
        assert!(error.source().expect("the layer's").is::<TooMany>());
        let text = format!(
            "{}: a layer of the client failed: too many cakes",
            server.url("/")
        );
        assert_eq!(error.to_string(), text);
    }
}

#[tokio::test]
async fn a_layer_may_answer_by_itself() {
    for at_hops in [false, true] {
        let answering = tower::layer::layer_fn(|_: Next| {
            tower::service_fn(|_: Request<Body>| async {
                let body = Full::new(Bytes::from_static(b"cached"));
                Ok::<_, Infallible>(http::Response::new(body))
            })
        });
        let builder = builder();
        let builder = if at_hops {
            builder.hop_layer(answering)
        } else {
            builder.layer(answering)
        };
        let client = builder.build().expect("a client");
        let response = client
            .get("https://nowhere.test/a")
            .send()
            .await
            .expect("its answer");
        assert_eq!(response.url().as_str(), "https://nowhere.test/a");
        assert!(response.receipt().is_none() && response.connection().is_none());
        assert!(response.timings().is_none() && response.remote_addr().is_none());
        assert_eq!(response.text().await.expect("a body"), "cached");
    }
}

#[tokio::test]
async fn a_body_that_a_layer_gives_fails_with_the_layers_error() {
    let server = server(Alpn::Both).start().await;
    let breaking = MapResponseLayer::new(|response: http::Response<Body>| {
        response.map(|body| {
            body.map_err(|_| TooMany)
                .map_frame(|frame| frame)
                .boxed_unsync()
        })
    });
    let cut = MapResponseLayer::new(|response: http::Response<Body>| {
        let broken = futures_util::stream::iter([Err::<Bytes, _>(TooMany)]);
        response.map(|_| {
            http_body_util::StreamBody::new(broken.map(|piece| piece.map(http_body::Frame::data)))
        })
    });
    let client = builder()
        .layer(breaking)
        .hop_layer(cut)
        .build()
        .expect("a client");
    let response = client.get(server.url("/")).send().await.expect("a head");
    let error = response.bytes().await.expect_err("no body");
    assert_eq!(
        (error.kind(), error.delivery()),
        (Kind::Layer, Delivery::Answered)
    );
    assert!(error.source().expect("the layer's").is::<TooMany>());
}

#[tokio::test]
async fn what_a_layer_writes_is_checked_as_what_a_caller_writes_is() {
    let server = server(Alpn::Http1).start().await;
    for at_hops in [false, true] {
        let smuggling = MapRequestLayer::new(|mut request: Request<Body>| {
            let headers = request.headers_mut();
            headers.insert(
                "transfer-encoding",
                HeaderValue::from_static("chunked, identity"),
            );
            request
        });
        let builder = builder();
        let builder = if at_hops {
            builder.hop_layer(smuggling)
        } else {
            builder.layer(smuggling)
        };
        let client = builder.build().expect("a client");
        let error = client
            .post(server.url("/"))
            .body("x")
            .send()
            .await
            .expect_err("two framings");
        assert_eq!(
            (error.kind(), error.delivery()),
            (Kind::Request, Delivery::NotSent)
        );
    }
    assert_eq!(server.request_count(), 0);
}

#[tokio::test]
async fn a_layer_cannot_reach_plain_http_nor_a_host_that_is_not_verified() {
    let server = server(Alpn::Http1).start().await;
    let stranger = TestServer::http1(
        bonafide_testkit::TestCa::named("stranger")
            .issue(bonafide_testkit::Recipe::for_host("localhost")),
    )
    .await;
    for (target, kind) in [
        (format!("http://{}/", server.addr()), Kind::PlainHttpRefused),
        (stranger.url("/"), Kind::Refused),
    ] {
        let elsewhere: http::Uri = target.parse().expect("a URI");
        let leading = MapRequestLayer::new(move |mut request: Request<Body>| {
            *request.uri_mut() = elsewhere.clone();
            request
        });
        for at_hops in [false, true] {
            let builder = builder();
            let builder = if at_hops {
                builder.hop_layer(leading.clone())
            } else {
                builder.layer(leading.clone())
            };
            let client = builder.build().expect("a client");
            let error = client.get(server.url("/")).send().await.expect_err(&target);
            assert_eq!((error.kind(), error.delivery()), (kind, Delivery::NotSent));
        }
    }
    assert_eq!(server.request_count() + stranger.request_count(), 0);
}

/// The client's own credentials are for the origin that the request was for when the layer got it.
#[tokio::test]
async fn a_layer_that_leads_elsewhere_does_not_take_the_clients_credentials_along() {
    for at_hops in [false, true] {
        let here = server(Alpn::Both).start().await;
        let there = server(Alpn::Both).start().await;
        let elsewhere: http::Uri = there.url("/there").parse().expect("a URI");
        let leading = MapRequestLayer::new(move |mut request: Request<Body>| {
            if request.uri().path() == "/moved" {
                *request.uri_mut() = elsewhere.clone();
            }
            request
        });
        let mut defaults = HeaderMap::new();
        defaults.insert(AUTHORIZATION, HeaderValue::from_static("Bearer s3cret"));
        let builder = builder().default_headers(defaults);
        let builder = if at_hops {
            builder.hop_layer(leading)
        } else {
            builder.layer(leading)
        };
        let client = builder.build().expect("a client");
        for path in ["/", "/moved"] {
            let sent = client.get(here.url(path)).send().await;
            sent.expect("a response");
        }
        assert_eq!(here.requests()[0].headers[AUTHORIZATION], "Bearer s3cret");
        let moved = &there.requests()[0];
        assert_eq!(moved.headers.get(AUTHORIZATION), None, "{at_hops}");
    }
}

/// A redirect to another origin leaves the client's credentials out below hop layers too.
#[tokio::test]
async fn hop_layers_do_not_bring_back_what_a_redirect_left_out() {
    let there = server(Alpn::Both).start().await;
    let location = HeaderValue::try_from(there.url("/there")).expect("a value");
    let here = server(Alpn::Both)
        .handler(move |_| {
            let location = location.clone();
            async move {
                let mut response = http::Response::new("");
                *response.status_mut() = StatusCode::FOUND;
                response.headers_mut().insert(LOCATION, location);
                response
            }
        })
        .start()
        .await;
    let mut defaults = HeaderMap::new();
    defaults.insert(AUTHORIZATION, HeaderValue::from_static("Bearer s3cret"));
    let client = builder()
        .default_headers(defaults)
        .hop_layer(MapRequestLayer::new(|request: Request<Body>| request))
        .build()
        .expect("a client");
    let sent = client
        .get(here.url("/"))
        .header("cookie", "sid=s3cret")
        .send()
        .await;
    sent.expect("a response");
    let headers = &there.requests()[0].headers;
    assert_eq!(
        (headers.get(AUTHORIZATION), headers.get("cookie")),
        (None, None)
    );
}

#[tokio::test]
async fn the_limit_of_the_whole_request_holds_for_layers_too() {
    let server = server(Alpn::Both).start().await;
    let limit = Duration::from_millis(200);
    let stalling = tower::layer::layer_fn(|_: Next| {
        tower::service_fn(|_: Request<Body>| {
            std::future::pending::<Result<http::Response<Body>, Infallible>>()
        })
    });
    let client = builder().layer(stalling).build().expect("a client");
    let error = client
        .get(server.url("/"))
        .timeout(limit)
        .send()
        .await
        .expect_err("too long");
    assert_eq!(error.kind(), Kind::Timeout);
    assert_eq!(
        error.to_string(),
        format!("{}: the request took longer than 200ms", server.url("/"))
    );
}

/// The limit reaches the body too: the deadline goes through the layers with the call.
#[tokio::test]
async fn the_limit_of_the_whole_request_holds_for_the_body_below_layers() {
    let server = server(Alpn::Both)
        .ending(Ending::StallAfterHeaders)
        .start()
        .await;
    let client = builder()
        .layer(MapRequestLayer::new(|request: Request<Body>| request))
        .hop_layer(MapRequestLayer::new(|request: Request<Body>| request))
        .build()
        .expect("a client");
    let limit = Duration::from_millis(200);
    let response = client
        .get(server.url("/"))
        .timeout(limit)
        .send()
        .await
        .expect("a head");
    let error = response.bytes().await.expect_err("too long");
    assert_eq!(
        (error.kind(), error.phase()),
        (Kind::Timeout, Some(Phase::Body))
    );
    assert!(
        error
            .to_string()
            .ends_with("the request took longer than 200ms")
    );
}

#[test]
fn a_client_with_layers_is_one_type_and_debug_names_them() {
    let client: Client = builder()
        .layer(tower::limit::ConcurrencyLimitLayer::new(8))
        .build()
        .expect("a client");
    assert!(
        format!("{client:?}").contains("layers: Some(BoxCloneSyncService)"),
        "{client:?}"
    );
}
