//! Where the time went, on responses and on errors.

use std::time::Duration;

use bonafide::events::{ConnectionId, Event};
use bonafide::{Body, Kind, Phase, Proxy};
use bonafide_testkit::{Alpn, Ending, Recipe, TestProxy, TestServer};
use futures_util::{StreamExt, stream};
use http::{Response, StatusCode};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

use crate::support::{builder, ca, client, loopback, server};

const PAUSE: Duration = Duration::from_millis(60);

#[tokio::test]
async fn the_parts_of_a_response_add_up_to_its_total() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(alpn)
            .handler(|_| async {
                tokio::time::sleep(PAUSE).await;
                Response::new("ok")
            })
            .start()
            .await;
        let client = client();
        let slow = stream::iter(["one", "two"]).then(|piece| async move {
            tokio::time::sleep(PAUSE).await;
            Ok::<_, std::io::Error>(piece)
        });
        let response = client
            .post(server.url("/"))
            .body(Body::from_stream(slow))
            .send()
            .await
            .expect("a response");
        let timings = response.timings().expect("it was sent");
        assert!(timings.send() >= 2 * PAUSE, "{timings:?}");
        assert!(timings.wait() >= PAUSE / 2, "{timings:?}");
        assert_eq!(timings.headers(), timings.send() + timings.wait());
        assert_eq!(
            timings.total(),
            timings.connection() + timings.headers(),
            "{timings:?}"
        );
        let opening = timings.opening();
        assert_eq!(opening.proxy, None);
        let steps = [opening.resolve, opening.connect, opening.tls];
        let steps: Duration = steps.map(|step| step.expect("it was needed")).iter().sum();
        assert!(steps <= timings.connection(), "{timings:?}");
        response.bytes().await.expect("a body");
        let response = client.get(server.url("/")).send().await;
        let timings = response.expect("a response").timings();
        let timings = timings.expect("it was sent");
        assert_eq!(timings.send(), Duration::ZERO);
        assert_eq!((timings.reused(), timings.opening()), (true, opening));
    }
}

#[tokio::test]
async fn the_total_is_that_of_all_hops() {
    let server = TestServer::builder(loopback())
        .handler(|request| async move {
            let mut response = Response::new("ok");
            if request.uri().path() == "/from" {
                tokio::time::sleep(PAUSE).await;
                *response.status_mut() = StatusCode::FOUND;
                let location = "/to".parse().expect("a header value");
                response.headers_mut().insert("location", location);
            }
            response
        })
        .start()
        .await;
    let response = client().get(server.url("/from")).send().await;
    let timings = response.expect("a response").timings();
    let timings = timings.expect("it was sent");
    assert!(timings.total() >= PAUSE + timings.headers(), "{timings:?}");
    // Layers make no difference.
    let client = builder().layer(tower::layer::util::Identity::new());
    let client = client.build().expect("a client");
    let response = client.get(server.url("/from")).send().await;
    let timings = response.expect("a response").timings();
    let timings = timings.expect("it was sent");
    assert!(timings.total() >= PAUSE + timings.headers(), "{timings:?}");
}

#[tokio::test]
async fn an_error_has_the_times_of_the_steps_before_it_and_of_the_one_that_failed() {
    // No address.
    let error = client().get("https://no-such-host.invalid/").send().await;
    let error = error.expect_err("no address");
    let timings = error.timings().expect("it had begun");
    assert!(timings.opening().resolve.is_some());
    assert_eq!(timings.opening().connect, None);
    assert!(timings.connection() > Duration::ZERO);
    // Not connected.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    drop(listener);
    let error = client().get(format!("https://{address}/")).send().await;
    let opening = error.expect_err("closed").timings().map(|t| t.opening());
    let opening = opening.expect("it had begun");
    assert_eq!((opening.resolve, opening.tls), (None, None));
    assert!(opening.connect.is_some());
    // Refused.
    let bad = TestServer::http1(ca().issue(Recipe::for_host("other.example"))).await;
    let error = client().get(bad.url("/")).send().await;
    let error = error.expect_err("refused");
    let timings = error.timings().expect("it had begun");
    assert!(timings.opening().connect.is_some() && timings.opening().tls.is_some());
    assert_eq!(timings.headers(), Duration::ZERO);
    // By a proxy.
    let proxy = TestProxy::builder()
        .basic_auth("us", "s3cret")
        .start()
        .await;
    let by_proxy = builder().proxy(Proxy::http(&proxy.url()).expect("a proxy"));
    let error = by_proxy.build().expect("a client").get(bad.url("/")).send();
    let error = error.await.expect_err("no credentials");
    let opening = error.timings().expect("it had begun").opening();
    assert_eq!(error.phase(), Some(Phase::Proxy));
    assert!(opening.connect.is_some() && opening.proxy.is_some());
    assert_eq!(opening.tls, None);
    // No response.
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let silent = server(alpn).ending(Ending::StallBeforeHeaders);
        let silent = silent.start().await;
        let client = builder().headers_timeout(PAUSE).build().expect("a client");
        let error = client.get(silent.url("/")).send().await;
        let error = error.expect_err("too late");
        assert_eq!(error.kind(), Kind::Timeout);
        let timings = error.timings().expect("it had begun");
        assert!(timings.wait() >= PAUSE, "{timings:?}");
        assert!(timings.total() >= timings.wait() + timings.connection());
        assert!(timings.opening().tls.is_some());
    }
}

#[tokio::test]
async fn an_error_of_a_body_or_a_status_has_the_times_of_its_response() {
    let cut = server(Alpn::Both).ending(Ending::TruncatedBody {
        declared: 9,
        sent: 1,
    });
    let cut = cut.start().await;
    let response = client().get(cut.url("/")).send().await;
    let response = response.expect("a response");
    let timings = response.timings().expect("it was sent");
    let error = response.bytes().await.expect_err("cut off");
    assert_eq!(error.timings(), Some(&timings));
}

#[tokio::test]
async fn an_error_before_anything_began_has_no_times() {
    for url in ["https://a b/", "http://localhost/"] {
        let error = client().get(url).send().await.expect_err("not sent");
        let is_plain = error.kind() == Kind::PlainHttpRefused;
        assert_eq!(error.timings().is_some(), is_plain, "{url}");
    }
}

#[tokio::test]
async fn a_connection_has_the_number_that_its_events_have() {
    let server = server(Alpn::Both).start().await;
    let opened: Arc<Mutex<Vec<ConnectionId>>> = Arc::default();
    let sink = Arc::clone(&opened);
    let client = builder()
        .event_listener(move |event: &Event<'_>| {
            if let Event::OpeningEnded { connection, .. } = event {
                sink.lock().expect("unpoisoned").push(*connection);
            }
        })
        .build()
        .expect("a client");
    let response = client.get(server.url("/")).send().await;
    let response = response.expect("a response");
    let id = response.connection().expect("it was sent").id();
    assert_eq!(*opened.lock().expect("unpoisoned"), [id]);
}
