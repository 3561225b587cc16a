//! A stream that goes on where its last connection ended.

use std::time::{Duration, Instant};

use bonafide::{Kind, Phase, StatusCode};
use bonafide_testkit::server::TestBody;
use bonafide_testkit::{Alpn, Recipe, TestServer};
use http::{HeaderValue, Response};

use crate::answers::Answer::{Broken, Events, Hang, Silent, Status};
use crate::answers::{no_content, unavailable};
use crate::server::{
    SHORT, VERSIONS, builder, ca, client, data, ended, error, events_of, parts, server,
};

/// A header of each request, in the order of arrival.
fn headers(server: &TestServer, name: &str) -> Vec<Option<String>> {
    let requests = server.requests();
    let values = requests.iter().map(|request| request.headers.get(name));
    values
        .map(|value| Some(value?.to_str().expect("text").to_owned()))
        .collect()
}

#[tokio::test]
async fn each_connection_goes_on_after_the_last_event_until_204() {
    for alpn in VERSIONS {
        let answers = [
            Events("data: none\n\n"),
            Events("id: 1\nevent: add\ndata: a\n\n"),
            Broken("id: 2\ndata: b\n\nid: 3\ndata: lost"),
            Events("data: c\n\n"),
            Events("id\ndata: d\n\n"),
            no_content(),
        ];
        let server = server(answers, alpn).await;
        let mut events = events_of(&server);
        let mut seen = Vec::new();
        for _ in 0..5 {
            seen.push(parts(events.next().await));
        }
        ended(&mut events).await;
        let expected = [
            ("message", "none", ""),
            ("add", "a", "1"),
            ("message", "b", "2"),
            ("message", "c", "2"),
            ("message", "d", ""),
        ];
        let expected = expected.map(|(kind, data, id)| (kind.into(), data.into(), id.into()));
        assert_eq!(seen, expected, "{alpn:?}");
        let ids = [None, None, Some("1"), Some("2"), Some("2"), None];
        assert_eq!(
            headers(&server, "last-event-id"),
            ids.map(|id| id.map(str::to_owned)),
            "{alpn:?}"
        );
        for (name, value) in [
            ("accept", "text/event-stream"),
            ("cache-control", "no-store"),
        ] {
            for seen in headers(&server, name) {
                assert_eq!(seen.as_deref(), Some(value), "{name}");
            }
        }
        ended(&mut events).await;
        assert_eq!(
            server.request_count(),
            6,
            "an ended stream asks for nothing"
        );
    }
}

#[tokio::test]
async fn an_id_of_the_caller_holds_until_the_server_sends_one() {
    let answers = [
        Events("data: a\n\n"),
        Events("id\ndata: b\n\n"),
        no_content(),
    ];
    let server = server(answers, Alpn::Http1).await;
    let request = client()
        .get(server.url("/"))
        .header("last-event-id", "kept");
    let mut events = request
        .header("accept", "application/json, text/event-stream")
        .events()
        .max_wait(SHORT);
    assert_eq!(
        (data(&mut events).await, events.last_event_id()),
        ("a".into(), None)
    );
    assert_eq!(
        (data(&mut events).await, events.last_event_id()),
        ("b".into(), Some(""))
    );
    ended(&mut events).await;
    let kept = || Some("kept".to_owned());
    assert_eq!(headers(&server, "last-event-id"), [kept(), kept(), None]);
    let accept = "application/json, text/event-stream".to_owned();
    assert_eq!(headers(&server, "accept")[0], Some(accept));
}

#[tokio::test]
async fn an_id_that_is_not_a_header_value_ends_the_stream_instead_of_losing_the_place() {
    let server = server([Events("id: \u{1}\ndata: a\n\n")], Alpn::Http1).await;
    let mut events = events_of(&server);
    data(&mut events).await;
    let error = error(&mut events).await;
    assert_eq!(error.kind(), Kind::Request);
    assert_eq!(
        error.to_string(),
        format!(
            "{}: the last event ID of the server is not a valid header value: failed to parse \
             header value",
            server.url("/")
        )
    );
    assert_eq!(server.request_count(), 1);
}

#[tokio::test]
async fn a_server_that_is_away_for_a_while_is_asked_again() {
    for status in [429, 502, 503, 504] {
        let away = Status(status, "x-come", "later");
        let answers = [
            away.clone(),
            Events("data: a\n\n"),
            away,
            Events("data: b\n\n"),
        ];
        let server = server(answers, Alpn::Http2).await;
        let mut events = events_of(&server);
        assert_eq!(data(&mut events).await, "a", "{status}");
        assert_eq!(data(&mut events).await, "b", "{status}");
    }
}

#[tokio::test]
async fn retry_after_is_waited_for() {
    let answers = [Status(503, "retry-after", "1"), Events("data: a\n\n")];
    let server = server(answers, Alpn::Http1).await;
    let request = client().get(server.url("/"));
    let mut events = request.events().max_wait(Duration::from_secs(1));
    let since = Instant::now();
    assert_eq!(data(&mut events).await, "a");
    assert!(since.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn so_many_failures_in_a_row_end_the_stream_with_the_last_one() {
    let empty = Events("");
    // What has arrived ends a row of failures.
    let answers = [
        unavailable(),
        empty.clone(),
        Events(": comment\n"),
        empty.clone(),
        unavailable(),
        empty,
    ];
    let server = server(answers, Alpn::Http1).await;
    let mut events = events_of(&server).max_failures(2);
    let error = error(&mut events).await;
    assert_eq!(
        (error.kind(), error.phase()),
        (Kind::Body, Some(Phase::Body))
    );
    assert_eq!(
        error.to_string(),
        format!(
            "{}: the server ended the event stream before anything arrived",
            server.url("/")
        )
    );
    assert!(error.receipt().is_some());
    assert_eq!(server.request_count(), 6);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_dialled_as_often_as_failures_are_allowed() {
    let server = server([Events("data: a\n\n")], Alpn::Http1).await;
    let mut events = events_of(&server).max_failures(2);
    assert_eq!(data(&mut events).await, "a");
    server.shutdown().await;
    let error = error(&mut events).await;
    assert_eq!(
        (error.kind(), error.phase()),
        (Kind::Connect, Some(Phase::Connect))
    );
}

#[tokio::test]
async fn retries_of_the_client_do_not_multiply_those_of_the_stream() {
    let server = server([unavailable()], Alpn::Http1).await;
    let retrying = builder().retry(bonafide::retry::Retry::standard());
    let request = retrying.build().expect("a client").get(server.url("/"));
    let mut events = request.events().max_wait(SHORT).max_failures(2);
    let error = error(&mut events).await;
    assert_eq!(error.status(), Some(StatusCode::SERVICE_UNAVAILABLE));
    assert_eq!(server.request_count(), 3);
}

#[tokio::test]
async fn a_total_timeout_holds_for_opening_a_connection_and_cuts_no_events_off() {
    let limit = Duration::from_millis(300);
    let server = server([Silent("data: a\n\n"), Hang], Alpn::Http1).await;
    let limited = builder().timeout(limit).build().expect("a client");
    let request = limited.get(server.url("/")).read_timeout(2 * limit);
    let mut events = request.events().max_wait(SHORT).max_failures(0);
    let since = Instant::now();
    assert_eq!(data(&mut events).await, "a");
    let error = error(&mut events).await;
    // The silence of the first connection, and the limit of the second.
    assert!(since.elapsed() >= 3 * limit);
    assert_eq!(
        (error.kind(), error.phase()),
        (Kind::Timeout, Some(Phase::Headers))
    );
    assert_eq!(
        error.to_string(),
        format!("{}: the request took longer than 300ms", server.url("/"))
    );
    assert_eq!(server.request_count(), 2);
}

#[tokio::test]
async fn a_read_timeout_of_the_client_is_for_other_bodies() {
    for alpn in VERSIONS {
        let identity = ca().issue(Recipe::for_host("localhost"));
        let server = TestServer::builder(identity)
            .alpn(alpn)
            .handler(|_| async {
                let (sender, body) = TestBody::channel();
                tokio::spawn(async move {
                    sender.send("data: a\n\n");
                    tokio::time::sleep(Duration::from_millis(400)).await;
                    sender.send("data: b\n\n");
                    sender.closed().await;
                });
                let mut response = Response::new(body);
                let as_events = HeaderValue::from_static("text/event-stream");
                response.headers_mut().insert("content-type", as_events);
                response
            })
            .start()
            .await;
        let hasty = builder().read_timeout(Duration::from_millis(100));
        let request = hasty.build().expect("a client").get(server.url("/"));
        let mut events = request.events().max_wait(SHORT);
        assert_eq!(data(&mut events).await, "a");
        assert_eq!(data(&mut events).await, "b", "{alpn:?}");
        assert_eq!(server.request_count(), 1);
    }
}

#[tokio::test]
async fn each_connection_follows_the_redirect_again() {
    let identity = ca().issue(Recipe::for_host("localhost"));
    let server = TestServer::builder(identity)
        .handler(|request| async move {
            let mut response = Response::new(TestBody::from("data: a\n\n"));
            let headers = response.headers_mut();
            headers.insert(
                "content-type",
                HeaderValue::from_static("text/event-stream"),
            );
            if request.uri().path() == "/" {
                headers.insert("location", HeaderValue::from_static("/there"));
                *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
            }
            response
        })
        .start()
        .await;
    let mut events = events_of(&server);
    for _ in 0..2 {
        data(&mut events).await;
        let response = events.response().expect("a response");
        assert_eq!(response.url().path(), "/there");
        assert_eq!(response.redirects().len(), 1);
    }
    let requests = server.requests();
    let paths: Vec<&str> = requests.iter().map(|request| request.uri.path()).collect();
    assert_eq!(paths, ["/", "/there", "/", "/there"]);
}
