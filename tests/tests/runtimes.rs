//! One client on many runtimes: what one of them does costs the others nothing.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use bonafide::{Body, Client, Delivery, Error, Kind, Phase};
use bonafide_testkit::{Alpn, Ending, Recipe, TestCa, TestServer};
use bonafide_tests::trusting;
use http::Method;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use tower::util::{MapRequestLayer, MapResponseLayer};

const ALPNS: [Alpn; 2] = [Alpn::Http1, Alpn::Http2];

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// A server on a runtime of its own, and a client that trusts it.
fn served(alpn: Alpn) -> (Runtime, Arc<TestServer>, Client) {
    let serving = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_hosts(["localhost", "127.0.0.1"]));
    let server = serving.block_on(TestServer::builder(identity).alpn(alpn).start());
    let policy = trusting(&ca).build().unwrap();
    let client = Client::builder().policy(policy).build().unwrap();
    (serving, Arc::new(server), client)
}

async fn send(client: &Client, method: Method, url: &str) -> Result<(), Error> {
    let request = client.request(method, url);
    timeout(Duration::from_secs(5), async {
        request.send().await?.bytes().await
    })
    .await
    .unwrap()
    .map(drop)
}

#[test]
fn a_client_outlives_short_runtimes() {
    for alpn in ALPNS {
        let (_serving, server, client) = served(alpn);
        for _ in 0..200 {
            for method in [Method::GET, Method::POST] {
                runtime()
                    .block_on(send(&client, method, &server.url("/")))
                    .unwrap();
            }
        }
    }
}

#[test]
fn runtimes_that_end_cost_those_of_others_nothing() {
    for alpn in ALPNS {
        let (_serving, server, client) = served(alpn);
        thread::scope(|scope| {
            for caller in 0..8 {
                let (client, url) = (&client, server.url("/"));
                scope.spawn(move || {
                    for round in 0..25 {
                        let runtime = runtime();
                        let method = if round % 2 == 0 {
                            Method::GET
                        } else {
                            Method::POST
                        };
                        runtime
                            .block_on(send(client, method, &url))
                            .unwrap_or_else(|error| panic!("{caller}, {round}: {error}"));
                    }
                });
            }
        });
    }
}

#[test]
fn a_runtime_that_is_not_driven_keeps_no_other_waiting() {
    for alpn in ALPNS {
        let (_serving, server, client) = served(alpn);
        let url = server.url("/");
        // One has a connection, one an attempt to make one; neither is driven any more.
        let idle = runtime();
        idle.block_on(send(&client, Method::GET, &url)).unwrap();
        let (under_way, held) = (runtime(), client.clone());
        let held_url = url.clone();
        under_way.block_on(async move {
            let held = tokio::spawn(async move { held.get(held_url).send().await });
            tokio::task::yield_now().await;
            drop(held);
        });
        let start = std::time::Instant::now();
        let driven = runtime();
        for _ in 0..3 {
            driven.block_on(send(&client, Method::GET, &url)).unwrap();
        }
        assert!(start.elapsed() < Duration::from_secs(4));
        // Driven again, it is as good as ever.
        idle.block_on(send(&client, Method::POST, &url)).unwrap();
    }
}

#[test]
fn a_request_made_on_one_runtime_is_sent_on_another() {
    for alpn in ALPNS {
        let (_serving, server, client) = served(alpn);
        let made_here = runtime();
        made_here
            .block_on(send(&client, Method::GET, &server.url("/")))
            .unwrap();
        let request = made_here.block_on(async { client.post(server.url("/")) });
        let elsewhere = runtime();
        let response = elsewhere.block_on(async {
            timeout(Duration::from_secs(5), request.send())
                .await
                .unwrap()
        });
        assert!(response.unwrap().status().is_success());
    }
}

#[test]
fn a_request_outside_a_runtime_is_an_error() {
    let (_serving, server, client) = served(Alpn::Http1);
    let mut sending = pin!(client.get(server.url("/")).send());
    let mut cx = Context::from_waker(Waker::noop());
    let Poll::Ready(Err(error)) = sending.as_mut().poll(&mut cx) else {
        panic!("nothing could be sent");
    };
    assert_eq!((error.kind(), error.phase()), (Kind::NoRuntime, None));
    assert!(
        error
            .to_string()
            .ends_with(": the request was polled outside a tokio runtime"),
        "{error}"
    );
    assert_eq!(server.tcp_connections(), 0);
}

/// A limit for the whole request needs a timer around the layers.
#[test]
fn a_request_outside_a_runtime_is_an_error_with_layers_and_a_limit_too() {
    let (_serving, server, _) = served(Alpn::Http1);
    let passing = || MapRequestLayer::new(|request: http::Request<Body>| request);
    for builder in [
        Client::builder().layer(passing()),
        Client::builder().hop_layer(passing()),
    ] {
        let client = builder.build().unwrap();
        let limit = Duration::from_secs(5);
        let mut sending = pin!(client.post(server.url("/")).timeout(limit).send());
        let mut cx = Context::from_waker(Waker::noop());
        let Poll::Ready(Err(error)) = sending.as_mut().poll(&mut cx) else {
            panic!("nothing could be sent");
        };
        assert_eq!(
            (error.kind(), error.delivery()),
            (Kind::NoRuntime, Delivery::NotSent)
        );
    }
    assert_eq!(server.tcp_connections(), 0);
}

/// What has arrived can be read anywhere; waiting for more takes a runtime.
#[test]
fn waiting_for_a_body_outside_a_runtime_is_an_error() {
    let passing = || MapResponseLayer::new(|response: http::Response<Body>| response);
    for layered in [false, true] {
        for alpn in ALPNS {
            let (serving, ca) = (runtime(), TestCa::new());
            let identity = ca.issue(Recipe::for_host("localhost"));
            let server = TestServer::builder(identity)
                .alpn(alpn)
                .ending(Ending::StallAfterHeaders)
                .start();
            let server = serving.block_on(server);
            let builder = Client::builder().policy(trusting(&ca).build().unwrap());
            let client = match layered {
                false => builder.build().unwrap(),
                true => builder.layer(passing()).build().unwrap(),
            };
            let sent = client.get(server.url("/")).timeout(Duration::from_secs(5));
            let mut response = serving.block_on(sent.send()).unwrap();
            let mut cx = Context::from_waker(Waker::noop());
            let mut chunk = pin!(response.chunk());
            let Poll::Ready(Err(error)) = chunk.as_mut().poll(&mut cx) else {
                panic!("nothing came");
            };
            assert_eq!(
                (error.kind(), error.phase(), error.delivery()),
                (Kind::NoRuntime, Some(Phase::Body), Delivery::Answered)
            );
        }
    }
}

/// A connection's timers belong to its runtime, and what keeps the connection's data may outlive
/// that.
#[test]
fn a_response_outlives_the_runtime_that_it_came_on() {
    for alpn in ALPNS {
        let ca = TestCa::new();
        let serving = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let identity = ca.issue(Recipe::for_host("localhost"));
        let server = TestServer::builder(identity).alpn(alpn).handler(|_| async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            http::Response::new("ok")
        });
        let server = serving.block_on(server.start());
        let policy = trusting(&ca).build().unwrap();
        let client = Client::builder().policy(policy).build().unwrap();
        let short = runtime();
        let sent = client.get(server.url("/")).timeout(Duration::from_secs(5));
        let response = short.block_on(sent.send()).unwrap();
        let kept = response.extensions().clone();
        drop(short);
        let read = serving.block_on(response.bytes());
        if let Err(error) = read {
            assert_eq!(error.delivery(), Delivery::Answered, "{error}");
        }
        drop(kept);
        let again = client.get(server.url("/")).send();
        let again = serving.block_on(again).unwrap();
        assert_eq!(serving.block_on(again.text()).unwrap(), "ok");
    }
}
