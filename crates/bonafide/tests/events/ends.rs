//! What ends a stream at its first response, and the events of one response.

use bonafide::{Kind, Phase};
use bonafide_testkit::server::TestBody;
use bonafide_testkit::{Alpn, Recipe, TestServer};
use futures_util::StreamExt as _;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

use crate::answers::Answer::{Broken, Events};
use crate::server::{VERSIONS, ca, client, data, ended, error, events_of, server};

/// A server that answers all with an event in this head.
async fn with_head(status: u16, fields: &[(&'static str, &'static str)]) -> TestServer {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        let name = HeaderName::from_static(name);
        headers.append(name, HeaderValue::from_static(value));
    }
    let status = StatusCode::from_u16(status).expect("a status");
    TestServer::builder(ca().issue(Recipe::for_host("localhost")))
        .handler(move |_| {
            let mut response = Response::new(TestBody::from("data: a\n\n"));
            *response.status_mut() = status;
            *response.headers_mut() = headers.clone();
            async move { response }
        })
        .start()
        .await
}

#[tokio::test]
async fn a_response_that_is_not_an_event_stream_is_a_typed_error_at_once() {
    let typed = ("content-type", "text/event-stream");
    // status, headers, kind, the text after the URL
    for (status, fields, kind, what) in [
        (404, &[typed][..], Kind::Status, "404 Not Found"),
        (500, &[typed], Kind::Status, "500 Internal Server Error"),
        (
            201,
            &[typed],
            Kind::Status,
            "201 Created, and an event stream has 200",
        ),
        (
            200,
            &[("content-type", "text/html")],
            Kind::Decode,
            "the response is not an event stream: its Content-Type is `text/html`",
        ),
        (
            200,
            &[("content-type", "text/event-streams")],
            Kind::Decode,
            "the response is not an event stream: its Content-Type is `text/event-streams`",
        ),
        (
            200,
            &[],
            Kind::Decode,
            "the response has no Content-Type, and an event stream has `text/event-stream`",
        ),
        (
            200,
            &[typed, ("content-encoding", "compress")],
            Kind::Decode,
            "the event stream has the coding `compress`, which is not decoded here",
        ),
    ] {
        let server = with_head(status, fields).await;
        let url = server.url("/");
        let text = format!("{url}: {what}");
        let ended_by = error(&mut events_of(&server)).await;
        assert_eq!(
            (ended_by.kind(), ended_by.phase()),
            (kind, Some(Phase::Headers))
        );
        assert_eq!(ended_by.to_string(), text);
        assert_eq!(ended_by.status().is_some(), kind == Kind::Status);
        assert!(ended_by.receipt().is_some());
        assert_eq!(server.request_count(), 1, "{text}");
        let response = client().get(&url).send().await.expect("a response");
        let error = response.events().expect_err("no event stream");
        assert_eq!((error.kind(), error.to_string()), (kind, text));
    }
}

#[tokio::test]
async fn the_type_is_compared_without_its_parameters_and_in_any_case() {
    for fields in [
        &[("content-type", "text/event-stream;charset=latin1")][..],
        &[("content-type", "Text/Event-Stream ; x")],
        &[
            ("content-type", "text/event-stream"),
            ("content-encoding", "identity"),
        ],
    ] {
        let server = with_head(200, fields).await;
        assert_eq!(data(&mut events_of(&server)).await, "a", "{fields:?}");
    }
}

#[tokio::test]
async fn a_line_over_its_limit_ends_the_stream() {
    let server = server([Events("data: a\n\ndata: 123456\n\n")], Alpn::Http1).await;
    let mut events = events_of(&server).max_line_bytes(8);
    assert_eq!(data(&mut events).await, "a");
    let error = error(&mut events).await;
    assert_eq!(
        (error.kind(), error.phase()),
        (Kind::TooLarge, Some(Phase::Body))
    );
    assert_eq!(
        error.to_string(),
        format!(
            "{}: a line of the event stream is larger than 8 bytes, the limit set by \
             `max_line_bytes`",
            server.url("/")
        )
    );
    assert_eq!(server.request_count(), 1);
}

#[tokio::test]
async fn the_events_of_one_response_end_with_its_body_and_nothing_is_asked_again() {
    for alpn in VERSIONS {
        let text = "retry: 7\nid: 1\nevent: add\ndata: [1, 2]\n\ndata: b\n\ndata: lost";
        for (answer, breaks) in [(Events(text), false), (Broken(text), true)] {
            let server = server([answer], alpn).await;
            let response = client().get(server.url("/")).send().await.expect("sent");
            let mut events = response.events().expect("an event stream");
            let first = events.next().await.expect("an event").expect("no error");
            assert_eq!((first.event_type(), first.id()), ("add", "1"));
            assert_eq!(first.json::<Vec<u8>>().expect("numbers"), [1, 2]);
            let mistake = first.json::<String>().expect_err("no text");
            assert_eq!(
                (mistake.kind(), mistake.to_string().as_str()),
                (
                    Kind::Decode,
                    "the event's data is not JSON of the expected type: line 1, column 0: the \
                     value does not fit the type"
                )
            );
            assert_eq!(events.last_event_id(), Some("1"));
            assert_eq!(events.retry(), Some(std::time::Duration::from_millis(7)));
            let rest: Vec<_> = (&mut events).collect().await;
            let (second, last) = (&rest[0], rest.get(1));
            assert_eq!(second.as_ref().expect("an event").data(), "b");
            let kind = last.map(|last| last.as_ref().expect_err("an end").kind());
            assert_eq!(kind, breaks.then_some(Kind::Body));
            assert!(events.next().await.is_none());
            assert!(events.response().receipt().is_some());
            assert_eq!(server.request_count(), 1);
        }
    }
}

#[tokio::test]
async fn no_content_is_the_end_of_a_stream_and_an_error_of_one_response() {
    let server = with_head(204, &[]).await;
    ended(&mut events_of(&server)).await;
    let response = client().get(server.url("/")).send().await.expect("sent");
    let error = response.events().expect_err("no event stream");
    assert_eq!(error.status(), Some(StatusCode::NO_CONTENT));
}

#[tokio::test]
async fn debug_shows_no_event() {
    let server = server(
        [Events("id: s3cret\ndata: s3cret\n\ndata: s3cret\n\n")],
        Alpn::Http1,
    )
    .await;
    let mut events = events_of(&server);
    data(&mut events).await;
    let shown = format!("{events:?}");
    assert!(shown.contains("reading"), "{shown}");
    assert!(!shown.contains("s3cret"), "{shown}");
}
