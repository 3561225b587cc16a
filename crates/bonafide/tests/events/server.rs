//! Servers that answer by a script, and a client that trusts them.

use std::future::pending;
use std::sync::LazyLock;
use std::time::Duration;

use bonafide::sse::{Event, EventStream};
use bonafide::verify::{Anchors, Policy};
use bonafide::{Client, ClientBuilder, Error};
use bonafide_testkit::server::{BodySender, TestBody, TestServerBuilder};
use bonafide_testkit::{Alpn, Recipe, TestCa, TestServer};
use http::{HeaderName, HeaderValue, Response, StatusCode};

use crate::answers::{Answer, Script};

pub(crate) const VERSIONS: [Alpn; 2] = [Alpn::Http1, Alpn::Http2];

/// A wait that a test has time for.
pub(crate) const SHORT: Duration = Duration::from_millis(5);

static CA: LazyLock<TestCa> = LazyLock::new(TestCa::new);

pub(crate) fn ca() -> &'static TestCa {
    &CA
}

pub(crate) fn policy() -> Policy {
    Policy::builder()
        .anchors(Anchors::only(ca().certificate().clone()))
        .build()
        .expect("one anchor is enough")
}

pub(crate) fn builder() -> ClientBuilder {
    Client::builder().policy(policy())
}

pub(crate) fn client() -> Client {
    builder().build().expect("a client")
}

/// The events of `/` of a server, with short waits.
pub(crate) fn events_of(server: &TestServer) -> EventStream {
    client().get(server.url("/")).events().max_wait(SHORT)
}

pub(crate) fn builder_of(script: Script, alpn: Alpn) -> TestServerBuilder {
    TestServer::builder(ca().issue(Recipe::for_host("localhost")))
        .alpn(alpn)
        .handler(move |_| {
            let answer = script.next();
            async move { respond(answer).await }
        })
}

pub(crate) async fn server(answers: impl IntoIterator<Item = Answer>, alpn: Alpn) -> TestServer {
    builder_of(Script::new(answers), alpn).start().await
}

async fn respond(answer: Answer) -> Response<TestBody> {
    let (sender, body) = TestBody::channel();
    let mut response = Response::new(body);
    let as_events = HeaderValue::from_static("text/event-stream");
    response.headers_mut().insert("content-type", as_events);
    match answer {
        Answer::Events(text) => {
            sender.send(text);
        }
        Answer::Broken(text) => {
            sender.send(text);
            // What was sent arrives before the connection breaks.
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(20)).await;
                sender.abort();
            });
        }
        Answer::Silent(text) => {
            sender.send(text);
            tokio::spawn(hold(sender));
        }
        Answer::Status(status, name, value) => {
            *response.status_mut() = StatusCode::from_u16(status).expect("a status");
            *response.body_mut() = TestBody::default();
            let name = HeaderName::from_static(name);
            response.headers_mut().remove("content-type");
            response
                .headers_mut()
                .insert(name, HeaderValue::from_static(value));
        }
        Answer::Hang => pending().await,
    }
    response
}

async fn hold(sender: BodySender) {
    sender.closed().await;
}

/// An event as type, data and ID.
pub(crate) fn parts(event: Option<Result<Event, Error>>) -> (String, String, String) {
    let event = event.expect("an event").expect("no error");
    (
        event.event_type().to_owned(),
        event.data().to_owned(),
        event.id().to_owned(),
    )
}

/// The data of the next event.
pub(crate) async fn data(events: &mut EventStream) -> String {
    parts(events.next().await).1
}

/// The error that ends the stream.
pub(crate) async fn error(events: &mut EventStream) -> Error {
    let error = events.next().await.expect("an error").expect_err("an end");
    ended(events).await;
    error
}

/// Checks that there is nothing more.
pub(crate) async fn ended(events: &mut EventStream) {
    let more = events.next().await;
    assert!(more.is_none(), "{more:?} after the end");
}
