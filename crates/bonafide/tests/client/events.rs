//! Events that are sent to a server.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bonafide::verify::events::{Event, EventSink as _};
use bonafide::verify::{Anchors, Policy, PolicyHandle};
use bonafide::{Client, EventPost, Kind};
use bonafide_testkit::Alpn;
use http::{Response, StatusCode};
use tokio::sync::mpsc;

use crate::support::{ca, client, server};

const SOON: Duration = Duration::from_millis(1);

/// A policy that sends what happens to it to `reports`.
fn reporting(reports: EventPost) -> Policy {
    Policy::builder()
        .anchors(Anchors::only(ca().certificate().clone()))
        .events(reports)
        .build()
        .expect("a policy")
}

/// A server that answers the first requests with `statuses`, later ones with 204, and passes the
/// bodies on.
async fn collector(
    statuses: Vec<StatusCode>,
) -> (
    bonafide_testkit::TestServer,
    mpsc::UnboundedReceiver<String>,
) {
    let (sender, bodies) = mpsc::unbounded_channel();
    let count = Arc::new(AtomicUsize::new(0));
    let server = server(Alpn::Http2)
        .handler(move |request| {
            let status = statuses.get(count.fetch_add(1, Ordering::Relaxed)).copied();
            let text = String::from_utf8(request.into_body().to_vec()).expect("text");
            sender.send(text).expect("the test waits");
            let mut response = Response::new("");
            *response.status_mut() = status.unwrap_or(StatusCode::NO_CONTENT);
            async { response }
        })
        .start()
        .await;
    (server, bodies)
}

#[tokio::test]
async fn events_are_posted_as_a_json_array_of_what_happened() {
    let (server, mut bodies) = collector(Vec::new()).await;
    let reports =
        EventPost::start_with_interval(client(), server.url("/trust"), SOON).expect("a URL");
    let handle = PolicyHandle::new(crate::support::policy());
    let from = handle.epoch();
    let to = handle.replace(reporting(reports)).expect("a good policy");
    assert_eq!(
        bodies.recv().await.expect("a report"),
        format!("[{{\"event\":\"policy-replaced\",\"from\":{from},\"to\":{to}}}]")
    );
    let [request] = &server.requests()[..] else {
        unreachable!("one request")
    };
    assert_eq!(request.headers["content-type"], "application/json");
}

#[tokio::test]
async fn what_the_server_does_not_take_is_sent_again() {
    let statuses = vec![
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::SERVICE_UNAVAILABLE,
    ];
    let (server, mut bodies) = collector(statuses).await;
    let reports = EventPost::start_with_interval(client(), server.url("/"), SOON).expect("a URL");
    let handle = PolicyHandle::new(crate::support::policy());
    let to = handle.replace(reporting(reports)).expect("a good policy");
    for _ in 0..3 {
        let body = bodies.recv().await.expect("a report");
        assert!(body.contains(&format!("\"to\":{to}")), "{body}");
    }
}

#[tokio::test]
async fn a_burst_shares_requests_and_what_does_not_fit_is_lost() {
    let (server, mut bodies) = collector(Vec::new()).await;
    let an_hour = Duration::from_secs(3600);
    let reports =
        EventPost::start_with_interval(client(), server.url("/"), an_hour).expect("a URL");
    let events = Arc::new(std::sync::Mutex::new(Vec::new()));
    let sink = Arc::clone(&events);
    let policy = || {
        let sink = Arc::clone(&sink);
        Policy::builder()
            .anchors(Anchors::only(ca().certificate().clone()))
            .events(move |event: &Event| sink.lock().expect("unpoisoned").push(event.clone()))
            .build()
            .expect("a policy")
    };
    let handle = PolicyHandle::new(policy());
    handle.replace(policy()).expect("a good policy");
    let event = events.lock().expect("unpoisoned")[0].clone();
    // The first goes out at once; then the sender rests, and 256 wait at most.
    reports.emit(&event).expect("room");
    bodies.recv().await.expect("a report");
    let kept = (0..1000).filter(|_| reports.emit(&event).is_ok()).count();
    assert!((256..=256 + 64).contains(&kept), "{kept}");
    assert_eq!(server.request_count(), 1);
}

#[tokio::test]
async fn a_client_that_could_report_about_its_own_reports_sends_nothing() {
    let (server, _bodies) = collector(Vec::new()).await;
    let apart = PolicyHandle::new(crate::support::policy());
    let on = |handle: &PolicyHandle| {
        Client::builder()
            .policy(handle.clone())
            .build()
            .expect("a client")
    };
    let reports = EventPost::start_with_interval(on(&apart), server.url("/"), SOON).expect("apart");
    let failing = PolicyHandle::new(reporting(reports));
    let error = EventPost::start(on(&failing), server.url("/")).expect_err("not apart");
    assert_eq!(error.kind(), Kind::Config);
}

#[tokio::test]
async fn a_url_that_cannot_be_used_is_told_at_once() {
    let error = EventPost::start(client(), "reports.example").expect_err("no URL");
    assert_eq!(error.kind(), Kind::Url);
    let error = EventPost::start(client(), "http://reports.example/").expect_err("plain http");
    assert_eq!(error.kind(), Kind::PlainHttpRefused);
}
