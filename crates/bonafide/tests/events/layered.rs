//! A layer that answers by a script in place of a server, so that time can be paused.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bonafide::{Body, Client, sse::EventStream};
use futures_util::{StreamExt as _, stream};
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use tokio::time::Instant;

use crate::answers::{Answer, Script};
use crate::server::builder;

/// When each request was made, from the start.
#[derive(Clone)]
pub(crate) struct Times {
    start: Instant,
    at: Arc<Mutex<Vec<Duration>>>,
}

impl Times {
    pub(crate) fn all(&self) -> Vec<Duration> {
        let at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        at.clone()
    }

    /// The time between each request and the one before.
    pub(crate) fn between(&self) -> Vec<Duration> {
        let all = self.all();
        all.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }

    pub(crate) fn count(&self) -> usize {
        self.all().len()
    }
}

/// A client whose requests are answered by the script.
pub(crate) fn client_of(answers: impl IntoIterator<Item = Answer>) -> (Client, Times) {
    let script = Script::new(answers);
    client_by(move || respond(script.next()))
}

/// A client whose requests are answered by `answer`.
pub(crate) fn client_by<F>(
    answer: impl Fn() -> F + Clone + Send + Sync + 'static,
) -> (Client, Times)
where
    F: Future<Output = Response<Body>> + Send + 'static,
{
    let times = Times {
        start: Instant::now(),
        at: Arc::default(),
    };
    let seen = times.clone();
    let client = builder()
        .layer(tower_layer::layer_fn(move |_| {
            let (seen, answer) = (seen.clone(), answer.clone());
            tower::service_fn(move |_: Request<Body>| {
                let mut at = seen.at.lock().unwrap_or_else(PoisonError::into_inner);
                at.push(seen.start.elapsed());
                let response = answer();
                async move { Ok::<_, Infallible>(response.await) }
            })
        }))
        .build()
        .expect("a client");
    (client, times)
}

pub(crate) fn events_of(client: &Client) -> EventStream {
    client.get("https://layer.test/").events()
}

/// An event stream of this body.
pub(crate) fn stream_of(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let as_events = HeaderValue::from_static("text/event-stream");
    response.headers_mut().insert("content-type", as_events);
    response
}

async fn respond(answer: Answer) -> Response<Body> {
    let body = |text: &'static str| stream::iter([Ok::<_, io::Error>(text)]);
    match answer {
        Answer::Events(text) => stream_of(Body::from_stream(body(text))),
        Answer::Broken(text) => {
            let broken = stream::iter([Err(io::Error::other("broken"))]);
            stream_of(Body::from_stream(body(text).chain(broken)))
        }
        Answer::Silent(text) => stream_of(Body::from_stream(body(text).chain(stream::pending()))),
        Answer::Status(status, name, value) => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::from_u16(status).expect("a status");
            let (name, value) = (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
            response.headers_mut().insert(name, value);
            response
        }
        Answer::Hang => pending().await,
    }
}
