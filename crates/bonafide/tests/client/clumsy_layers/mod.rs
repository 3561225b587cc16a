//! Layers that do what a layer should not: rebuild requests, send twice, stall, keep what they saw.

mod delivery;
mod limits;

use std::convert::Infallible;
use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bonafide::{Body, Delivery, Error, Kind, Next};
use bonafide_testkit::{Alpn, Ending, PlainServer, TestServer};
use bytes::Bytes;
use http::header::{AUTHORIZATION, HeaderValue, LOCATION};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, StreamBody};
use tower::util::{MapRequestLayer, MapResponseLayer};
use tower::{Layer, Service, ServiceBuilder, ServiceExt};

use crate::support::{builder, server};

const LIMIT: Duration = Duration::from_millis(200);

/// How long a test waits for what should be over after [`LIMIT`].
const PATIENCE: Duration = Duration::from_secs(5);

type Response = http::Response<Body>;

/// A layer that answers with an async function of the request and what is below it.
#[derive(Clone)]
struct Around<S, F> {
    inner: S,
    act: F,
}

fn around<F, O>(act: F) -> impl Layer<Next, Service = Around<Next, F>> + Clone + Send + Sync
where
    F: Fn(Next, Request<Body>) -> O + Clone + Send + Sync + 'static,
    O: Future<Output = Result<Response, Error>> + Send + 'static,
{
    tower::layer::layer_fn(move |inner| Around {
        inner,
        act: act.clone(),
    })
}

impl<F, O> Service<Request<Body>> for Around<Next, F>
where
    F: Fn(Next, Request<Body>) -> O,
    O: Future<Output = Result<Response, Error>> + Send + 'static,
{
    type Response = Response;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        Box::pin((self.act)(self.inner.clone(), request))
    }
}

/// The builder with `layer` around hops, or around calls.
macro_rules! at {
    ($at_hops:expr, $layer:expr) => {{
        let builder: bonafide::ClientBuilder = builder();
        if $at_hops {
            builder.hop_layer($layer)
        } else {
            builder.layer($layer)
        }
    }};
}

use at;

/// A copy of a request without its extensions, as layers make it that know head and body only.
fn rebuilt(request: Request<Body>) -> Request<Body> {
    let (head, body) = request.into_parts();
    let mut request = Request::new(body);
    *request.method_mut() = head.method;
    *request.uri_mut() = head.uri;
    *request.headers_mut() = head.headers;
    request
}

fn copy(request: &Request<Body>) -> Request<Body> {
    let mut copy = Request::new(request.body().try_clone().expect("a body in memory"));
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    *copy.extensions_mut() = request.extensions().clone();
    copy
}

async fn redirecting_to(location: String) -> TestServer {
    server(Alpn::Both)
        .handler(move |request| {
            let location = HeaderValue::try_from(&location).expect("a value");
            async move {
                let mut response = http::Response::new("here");
                if request.uri().path() == "/from" {
                    *response.status_mut() = StatusCode::FOUND;
                    response.headers_mut().insert(LOCATION, location);
                }
                response
            }
        })
        .start()
        .await
}

#[tokio::test]
async fn a_hop_layer_that_rebuilds_requests_does_not_bring_credentials_to_a_redirects_target() {
    let there = server(Alpn::Both).start().await;
    let here = redirecting_to(there.url("/there")).await;
    let mut defaults = HeaderMap::new();
    defaults.insert(AUTHORIZATION, HeaderValue::from_static("Bearer s3cret"));
    let client = builder()
        .default_headers(defaults)
        .hop_layer(MapRequestLayer::new(rebuilt))
        .build()
        .expect("a client");
    let sent = client.get(here.url("/from")).send().await;
    sent.expect("a response");
    assert_eq!(there.requests()[0].headers.get(AUTHORIZATION), None);
}

#[tokio::test]
async fn a_layer_that_sends_twice_sends_all_of_it_twice() {
    let server = server(Alpn::Both).start().await;
    let mut defaults = HeaderMap::new();
    defaults.insert(AUTHORIZATION, HeaderValue::from_static("Bearer s3cret"));
    for at_hops in [false, true] {
        let twice = around(|next, request| async move {
            let first = next.clone().oneshot(copy(&request)).await?;
            first.into_body().collect().await?;
            next.oneshot(request).await
        });
        let client = at!(at_hops, twice)
            .default_headers(defaults.clone())
            .build()
            .expect("a client");
        let sent = client.post(server.url("/")).body("cake").send().await;
        sent.expect("a response").bytes().await.expect("a body");
    }
    let requests = server.requests();
    assert_eq!(requests.len(), 4);
    for request in requests {
        assert_eq!(request.headers[AUTHORIZATION], "Bearer s3cret");
        assert_eq!(request.headers["content-length"], "4");
    }
}

#[tokio::test]
async fn a_response_is_shown_under_the_url_that_a_hop_layer_sent_its_request_to() {
    let there = server(Alpn::Both).start().await;
    let here = server(Alpn::Both).start().await;
    let elsewhere: http::Uri = there.url("/there?a=b").parse().expect("a URI");
    let leading = MapRequestLayer::new(move |mut request: Request<Body>| {
        *request.uri_mut() = elsewhere.clone();
        request
    });
    let client = builder().hop_layer(leading).build().expect("a client");
    let response = client.get(here.url("/here")).send().await;
    assert_eq!(
        response.expect("a response").url().as_str(),
        there.url("/there?a=b")
    );
}

/// A layer that keeps heads, as a cache with too short a key does.
#[tokio::test]
async fn a_head_that_a_layer_kept_is_shown_under_the_url_that_it_came_from() {
    let there = server(Alpn::Both).start().await;
    let here = server(Alpn::Both).start().await;
    let kept = Arc::new(Mutex::new(None));
    let keeping = around(move |next, request| {
        let kept = Arc::clone(&kept);
        async move {
            let known: Option<http::Extensions> = kept.lock().expect("no panic").clone();
            if let Some(extensions) = known {
                let mut response = http::Response::new(Body::from("kept"));
                *response.extensions_mut() = extensions;
                return Ok(response);
            }
            let response: Response = next.oneshot(request).await?;
            *kept.lock().expect("no panic") = Some(response.extensions().clone());
            Ok(response)
        }
    });
    let client = builder().hop_layer(keeping).build().expect("a client");
    client
        .get(there.url("/a"))
        .send()
        .await
        .expect("a response");
    let response = client.get(here.url("/b")).send().await.expect("kept");
    assert_eq!(response.remote_addr(), Some(there.addr()));
    assert_eq!(response.url().as_str(), there.url("/a"));
}

/// A hop layer that upgrades, as HSTS does, is no way around the rule, and relative redirects stay.
#[tokio::test]
async fn a_redirect_of_an_https_server_to_http_is_refused_below_a_hop_layer_too() {
    let plain = PlainServer::start().await;
    for (location, followed) in [
        (plain.url("/plain"), false),
        ("http://upgraded.test/to".to_owned(), false),
        ("/to".to_owned(), true),
        ("//upgraded.test/to".to_owned(), true),
    ] {
        let secure = redirecting_to(location.clone()).await;
        let port = secure.port();
        let upgrading = MapRequestLayer::new(move |mut request: Request<Body>| {
            if request.uri().host() == Some("upgraded.test") {
                let path = request.uri().path();
                let uri = format!("https://localhost:{port}{path}");
                *request.uri_mut() = uri.parse().expect("a URI");
            }
            request
        });
        let client = builder()
            .allow_plain_http()
            .hop_layer(upgrading)
            .build()
            .expect("a client");
        let sent = client.get("http://upgraded.test/from").send().await;
        match sent {
            Ok(response) => {
                assert!(followed, "{location}");
                assert_eq!(response.url().as_str(), secure.url("/to"));
            }
            Err(error) => {
                assert!(!followed, "{location}: {error}");
                assert_eq!(
                    (error.kind(), error.delivery()),
                    (Kind::InsecureRedirect, Delivery::Answered)
                );
            }
        }
        assert_eq!(plain.request_count(), 0);
    }
}

#[derive(Clone, PartialEq, Debug)]
struct Tag(u8);

#[tokio::test]
async fn a_layer_sees_the_extensions_of_the_callers_request() {
    let server = server(Alpn::Both).start().await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noting = {
        let seen = Arc::clone(&seen);
        MapRequestLayer::new(move |request: Request<Body>| {
            let tag = request.extensions().get::<Tag>().cloned();
            seen.lock().expect("no panic").push(tag);
            request
        })
    };
    let client = builder()
        .layer(noting.clone())
        .hop_layer(noting)
        .build()
        .expect("a client");
    let mut request = Request::get(server.url("/")).body(Body::empty());
    let extensions = request.as_mut().expect("a request").extensions_mut();
    extensions.insert(Tag(7));
    client
        .oneshot(request.expect("a request"))
        .await
        .expect("a response");
    assert_eq!(
        *seen.lock().expect("no panic"),
        [Some(Tag(7)), Some(Tag(7))]
    );
}

/// The readiness of a layer is seen through those around it, as in a stack of tower's own.
#[tokio::test]
async fn a_layer_that_sheds_load_sees_that_the_layer_below_it_is_full() {
    let server = server(Alpn::Both)
        .ending(Ending::StallBeforeHeaders)
        .start()
        .await;
    let client = builder()
        .layer(tower::load_shed::LoadShedLayer::new())
        .layer(tower::limit::ConcurrencyLimitLayer::new(1))
        .build()
        .expect("a client");
    let first = client.get(server.url("/")).timeout(PATIENCE).send();
    let first = tokio::spawn(first);
    server.wait_for(|stats| stats.requests == 1).await;
    let second = client.get(server.url("/")).timeout(LIMIT).send().await;
    let error = second.expect_err("one at a time");
    assert_eq!(error.kind(), Kind::Layer, "{error}");
    first.abort();
}

/// A layer may call what it never asked to be ready.
#[tokio::test]
async fn what_is_below_a_layer_need_not_be_asked_whether_it_is_ready() {
    let server = server(Alpn::Both).start().await;
    let careless = around(|mut next, request| async move { next.call(request).await });
    let client = builder()
        .layer(careless.clone())
        .layer(ServiceBuilder::new().concurrency_limit(1).into_inner())
        .hop_layer(careless)
        .hop_layer(ServiceBuilder::new().concurrency_limit(1).into_inner())
        .build()
        .expect("a client");
    for _ in 0..3 {
        let sent = client.get(server.url("/")).timeout(PATIENCE).send().await;
        sent.expect("a response").bytes().await.expect("a body");
    }
}

/// Nothing is left of what a layer drops: neither the place in a queue nor the connection.
#[tokio::test]
async fn a_request_that_a_layer_drops_leaves_nothing_behind() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(alpn)
            .handler(|request| async move {
                if request.uri().path() == "/slow" {
                    pending::<()>().await;
                }
                http::Response::new("ok")
            })
            .start()
            .await;
        let dropping = around(|next, request| async move {
            let slow = request.uri().path() == "/slow";
            let sent = next.oneshot(request);
            if slow {
                let gone = tokio::time::timeout(LIMIT, sent).await;
                gone.expect_err("no answer");
                return Ok(http::Response::new(Body::from("dropped")));
            }
            sent.await
        });
        let client = builder()
            .layer(dropping)
            .layer(tower::limit::ConcurrencyLimitLayer::new(1))
            .hop_layer(tower::limit::ConcurrencyLimitLayer::new(1))
            .max_connections_per_host(std::num::NonZeroUsize::MIN)
            .build()
            .expect("a client");
        for path in ["/slow", "/", "/slow", "/"] {
            let sent = client.get(server.url(path)).timeout(PATIENCE).send().await;
            sent.expect(path).bytes().await.expect("a body");
        }
    }
}

/// An echo: the body of a request as that of its response, with trailers, and back.
#[tokio::test]
async fn a_body_keeps_its_trailers_through_layers() {
    let server = server(Alpn::Http2)
        .handler(|_| async {
            let mut trailers = HeaderMap::new();
            trailers.insert("x-sum", HeaderValue::from_static("7"));
            let frames = [
                http_body::Frame::data(Bytes::from_static(b"cake")),
                http_body::Frame::trailers(trailers),
            ];
            let frames = frames.map(Ok::<_, Infallible>);
            let body = StreamBody::new(futures_util::stream::iter(frames));
            http::Response::new(bonafide_testkit::server::TestBody::from_body(body))
        })
        .start()
        .await;
    let boxing = MapResponseLayer::new(|response: Response| response.map(BodyExt::boxed_unsync));
    let client = builder()
        .layer(boxing.clone())
        .hop_layer(boxing)
        .build()
        .expect("a client");
    let response = client.get(server.url("/")).timeout(PATIENCE).send().await;
    let body = response.expect("a response").into_body();
    let collected = body.collect().await.expect("a body");
    assert_eq!(collected.trailers().expect("trailers")["x-sum"], "7");
    assert_eq!(collected.to_bytes(), "cake");
}

/// URIs that name no origin, or one in other words.
#[tokio::test]
async fn a_uri_that_a_layer_writes_is_read_as_a_callers_is() {
    let server = server(Alpn::Http1).start().await;
    let host = format!("LOCALHOST:{}", server.port());
    let good = format!("https://{host}/%61?b").parse::<http::Uri>();
    for (uri, outcome) in [
        (good.expect("a URI"), None),
        ("*".parse().expect("a URI"), Some(Kind::Url)),
        ("/a".parse().expect("a URI"), Some(Kind::Url)),
        (host.parse().expect("a URI"), Some(Kind::Url)),
        ("ftp://localhost/a".parse().expect("a URI"), Some(Kind::Url)),
        (
            "https://us:s3cret@localhost:0/".parse().expect("a URI"),
            Some(Kind::Url),
        ),
    ] {
        for at_hops in [false, true] {
            let uri_of_layer = uri.clone();
            let writing = MapRequestLayer::new(move |mut request: Request<Body>| {
                *request.uri_mut() = uri_of_layer.clone();
                *request.version_mut() = http::Version::HTTP_3;
                request
            });
            let client = at!(at_hops, writing).build().expect("a client");
            let sent = client.get(server.url("/")).send().await;
            match (sent, outcome) {
                (Ok(response), None) => {
                    let url = format!("https://localhost:{}/%61?b", server.port());
                    assert_eq!(response.url().as_str(), url);
                }
                (Err(error), Some(kind)) => {
                    assert_eq!(
                        (error.kind(), error.delivery()),
                        (kind, Delivery::NotSent),
                        "{uri}: {error}"
                    );
                    assert!(
                        !format!("{error} {error:?}").contains("s3cret"),
                        "{error:?}"
                    );
                }
                (sent, _) => panic!("{uri}: {:?}", sent.map(|response| response.status())),
            }
        }
    }
}

/// What a layer says of its body's length is the layer's.
#[tokio::test]
async fn a_body_of_a_layer_that_is_not_as_long_as_it_says_is_none_of_the_requests() {
    struct Wrong(Option<&'static [u8]>);

    impl http_body::Body for Wrong {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
            let piece = self.0.take().map(Bytes::from_static);
            Poll::Ready(piece.map(|piece| Ok(http_body::Frame::data(piece))))
        }

        fn size_hint(&self) -> http_body::SizeHint {
            http_body::SizeHint::with_exact(2)
        }
    }

    let server = server(Alpn::Both).start().await;
    for at_hops in [false, true] {
        let wrong =
            MapResponseLayer::new(|response: Response| response.map(|_| Wrong(Some(b"cake"))));
        let client = at!(at_hops, wrong).build().expect("a client");
        let response = client.get(server.url("/")).timeout(PATIENCE).send().await;
        let body = response.expect("a response").bytes().await;
        assert_eq!(body.expect("the layer's"), "cake");
    }
}
