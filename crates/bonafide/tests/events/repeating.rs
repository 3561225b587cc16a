//! Which requests are sent again.

use std::convert::Infallible;

use bonafide::{Body, Kind, Method, RequestBuilder};
use bonafide_testkit::Alpn;
use futures_util::stream;

use crate::answers::Answer::{Broken, Events};
use crate::answers::{no_content, unavailable};
use crate::server::{SHORT, client, server};

#[tokio::test]
async fn a_request_that_was_built_before_is_sent_again_for_its_events() {
    let answers = [Broken("id: 1\ndata: a\n\n"), no_content()];
    let server = server(answers, Alpn::Http2).await;
    let request = client().get(server.url("/")).build().expect("a request");
    let mut events = RequestBuilder::from_parts(client(), request)
        .events()
        .max_wait(SHORT);
    let event = events.next().await.expect("an event").expect("no error");
    assert_eq!(event.data(), "a");
    assert!(events.next().await.is_none());
    assert_eq!(server.request_count(), 2);
    assert_eq!(server.requests()[1].headers["last-event-id"], "1");
}

#[tokio::test]
async fn a_request_that_is_not_idempotent_is_not_sent_again() {
    // method, key, whether the body can be repeated, whether another connection is made
    for (method, key, repeatable, again) in [
        ("GET", None, true, true),
        ("PUT", None, true, true),
        ("POST", None, true, false),
        ("PATCH", None, true, false),
        ("POST", Some("k1"), true, true),
        ("POST", Some(""), true, false),
        ("PUT", None, false, false),
        ("POST", Some("k1"), false, false),
    ] {
        // the first answer, the error that it is where there is no second one
        for (first, kind) in [
            (Events("data: a\n\n"), None),
            (Broken("data: a\n\n"), Some(Kind::Body)),
            (unavailable(), Some(Kind::Status)),
            (Events(""), None),
        ] {
            let what = format!("{method} {key:?} {repeatable} {first:?}");
            let server = server([first, no_content()], Alpn::Http1).await;
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            let body = match repeatable {
                true => Body::from("question"),
                false => Body::from_stream(stream::iter([Ok::<_, Infallible>("question")])),
            };
            let mut request = client().request(method, server.url("/")).body(body);
            if let Some(key) = key {
                request = request.header("idempotency-key", key);
            }
            let mut events = request.events().max_wait(SHORT);
            let mut ended_by = None;
            while let Some(event) = events.next().await {
                ended_by = event.err();
            }
            let requests = if again { 2 } else { 1 };
            assert_eq!(server.request_count(), requests, "{what}");
            let kind = if again { None } else { kind };
            assert_eq!(ended_by.map(|error| error.kind()), kind, "{what}");
            for request in server.requests() {
                assert_eq!(request.body, "question", "{what}");
            }
        }
    }
}

#[tokio::test]
async fn what_was_never_sent_is_sent_again_with_any_method() {
    let server = server([Events("data: a\n\n")], Alpn::Http1).await;
    let url = server.url("/");
    server.shutdown().await;
    let request = client().post(url).body("question");
    let mut events = request.events().max_wait(SHORT).max_failures(3);
    let error = events.next().await.expect("an error").expect_err("an end");
    assert_eq!(error.kind(), Kind::Connect);
    assert!(format!("{events:?}").contains("failures: 4"), "{events:?}");
}

#[tokio::test]
async fn a_mistake_in_the_request_is_the_first_item() {
    for (url, kind) in [
        ("nonsense", Kind::Url),
        ("http://localhost/", Kind::PlainHttpRefused),
    ] {
        let mut events = client().get(url).events();
        let error = events.next().await.expect("an error").expect_err("an end");
        assert_eq!(error.kind(), kind);
        assert!(events.next().await.is_none());
    }
}
