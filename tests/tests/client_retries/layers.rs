//! Layers around the client and around its hops, and retries of several layers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bonafide::retry::{Attempts, Budget, GiveUp, Keys, RetryLayer};
use bonafide::{Body, Error, Kind, StatusCode};
use bonafide_testkit::{Alpn, TestCa};
use http::Request;
use tower::{ServiceBuilder, ServiceExt as _};

use crate::stage::{Log, Reply, Script, builder, deaf, plain, quick, server};

#[tokio::test]
async fn an_outer_retry_does_not_multiply_the_attempts() {
    let ca = TestCa::new();
    let server = server(&ca, Alpn::Http2, 99).await;
    let client = builder(&ca).build().unwrap();
    let outer = ServiceBuilder::new()
        .layer(RetryLayer::new().with_retry(quick()))
        .service(client);
    let request = Request::get(server.url("/503"))
        .body(Body::empty())
        .unwrap();
    let response = outer.oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(server.request_count(), 3);
}

#[tokio::test]
async fn a_layer_around_the_client_sees_one_call_and_a_hop_layer_each_attempt() {
    let ca = TestCa::new();
    let script = Script::new([Reply::Status(503)]);
    let counters = [Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0))];
    let counting = |counter: &Arc<AtomicUsize>| {
        let counter = Arc::clone(counter);
        ServiceBuilder::new().map_request(move |request: Request<Body>| {
            counter.fetch_add(1, Ordering::SeqCst);
            request
        })
    };
    let client = builder(&ca)
        .layer(counting(&counters[0]))
        .hop_layer(counting(&counters[1]));
    let client = script.instead_of_servers(client).build().unwrap();
    let response = client.get("https://localhost/").send().await.unwrap();
    assert_eq!(response.attempts(), 3);
    let counted = counters.map(|counter| counter.load(Ordering::SeqCst));
    assert_eq!(counted, [1, 3]);
}

#[tokio::test]
async fn retries_of_the_client_and_of_layers_on_both_sides_of_it_do_not_multiply() {
    let ca = TestCa::new();
    let layer = || RetryLayer::new().with_retry(quick());
    for (own, outside, inside) in [
        (true, true, false),
        (true, false, true),
        (true, true, true),
        (false, true, false),
        (false, true, true),
    ] {
        let script = Script::new([Reply::Status(503)]);
        let mut client = if own { builder(&ca) } else { plain(&ca) };
        if outside {
            client = client.layer(layer());
        }
        if inside {
            client = client.hop_layer(layer());
        }
        let client = script.instead_of_servers(client).build().unwrap();
        let response = client.get("https://localhost/").send().await.unwrap();
        let row = format!("own {own}, outside {outside}, inside {inside}");
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "{row}");
        assert_eq!((response.attempts(), script.asked().len()), (3, 3), "{row}");
    }
}

#[tokio::test]
async fn a_layer_around_the_client_sees_that_the_clients_budget_is_spent() {
    let ca = TestCa::new();
    let outer = Log::default();
    let script = Script::new([Reply::Status(503)]);
    let client = builder(&ca).retry_budget(Budget::new(0, 0)).layer(
        RetryLayer::new()
            .with_retry(quick())
            .with_observer(outer.clone()),
    );
    let client = script.instead_of_servers(client).build().unwrap();
    let response = client.get("https://localhost/").send().await.unwrap();
    assert_eq!(response.attempts(), 1);
    assert_eq!(script.asked().len(), 1);
    assert_eq!(outer.why(), Some(GiveUp::SpentBelow));
}

#[tokio::test]
async fn an_error_that_passes_a_layer_has_the_attempts_of_both() {
    let ca = TestCa::new();
    let (url, _socket) = deaf();
    let layer = || RetryLayer::new().with_retry(quick());
    // The layer alone, the client alone, and both.
    for client in [
        plain(&ca).layer(layer()),
        builder(&ca).layer(tower::layer::util::Identity::new()),
        builder(&ca).layer(layer()),
    ] {
        let client = client.build().unwrap();
        let error = client.put(&url).body("x").send().await.unwrap_err();
        assert_eq!(error.kind(), Kind::Connect, "{error}");
        // The layer classifies errors of any client: for it, this one may have been processed.
        assert_eq!(error.attempts(), 3, "{error}");
    }
}

#[tokio::test]
async fn attempts_of_the_callers_own_are_counted_on() {
    let ca = TestCa::new();
    let script = Script::new([Reply::Status(503)]);
    let rule = quick().with_keys(Keys::MadeForEachCall);
    let client = script.instead_of_servers(plain(&ca).retry(rule));
    let client = client.build().unwrap();
    for (attempts, made) in [(Attempts::new(), 3), (Attempts::up_to(2), 2)] {
        let request = Request::post("https://localhost/").extension(attempts.clone());
        let request = request.body(Body::from("x")).unwrap();
        let response = client.clone().oneshot(request).await;
        let response: Result<_, Error> = response.map(bonafide::Response::from);
        let response = response.unwrap();
        assert_eq!((attempts.made(), response.attempts()), (made, made));
        assert!(attempts.is_spent());
        assert_eq!(response.idempotency_key(), attempts.key());
        assert!(attempts.key().is_some());
    }
}
