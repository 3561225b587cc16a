//! Redirects: the layer over hyper-util's client, and bonafide's client, in the same situations.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, in its own functions too"
)]

use std::convert::Infallible;
use std::error::Error as StdError;
use std::iter;

use bonafide::{Client, Kind};
use bonafide_testkit::Alpn;
use bonafide_tests::redirects::{Ended, RedirectFailure, Sent, Situation, Stage, situations};
use bonafide_tower::connector::VerifiedConnector;
use bonafide_tower::redirect::{Hops, RedirectError, RedirectLayer, Redirects};
use bytes::Bytes;
use futures_util::stream;
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Either, Full, StreamBody};
use hyper_util::client::legacy;
use hyper_util::rt::TokioExecutor;
use tower::{Layer as _, ServiceExt as _};

/// What the layer fails with here.
#[derive(Debug)]
enum Failed {
    Redirect(RedirectError),
    Inner(legacy::Error),
}

impl From<RedirectError> for Failed {
    fn from(error: RedirectError) -> Self {
        Self::Redirect(error)
    }
}

impl From<legacy::Error> for Failed {
    fn from(error: legacy::Error) -> Self {
        Self::Inner(error)
    }
}

/// A body that can be sent again, or a stream.
type Outgoing = Either<Full<Bytes>, UnsyncBoxBody<Bytes, Infallible>>;

fn outgoing(body: Sent) -> Outgoing {
    match body {
        Sent::Nothing => Either::Left(Full::default()),
        Sent::Text(text) => Either::Left(Full::from(text)),
        Sent::Streamed(text) => {
            let frame = Frame::data(Bytes::from_static(text.as_bytes()));
            let body = StreamBody::new(stream::iter([Ok::<_, Infallible>(frame)]));
            Either::Right(body.boxed_unsync())
        }
    }
}

/// The words of an error and of its sources.
fn words(error: &(dyn StdError + 'static)) -> String {
    let chain = iter::successors(Some(error), |&error| error.source());
    chain
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

async fn by_the_layer(stage: &Stage, situation: &Situation) -> Ended {
    let connector = VerifiedConnector::new(stage.policy()).allow_plain_http();
    let client = legacy::Client::builder(TokioExecutor::new()).build(connector);
    let layer = RedirectLayer::new().with_error::<Failed>();
    let layer = match situation.limit {
        Some(limit) => layer.with_redirects(Redirects::up_to(limit)),
        None => layer,
    };
    let request = stage.request(situation, outgoing);
    match layer.layer(client).oneshot(request).await {
        Ok(response) => {
            let hops = response.extensions().get::<Hops>();
            let hops = hops.map_or(&[][..], Hops::as_slice).iter();
            Ended::Response {
                status: response.status().as_u16(),
                hops: hops
                    .map(|hop| (hop.url.to_string(), hop.status.as_u16()))
                    .collect(),
                url: None,
            }
        }
        Err(Failed::Redirect(error)) => {
            let fault = match &error {
                RedirectError::TooMany { .. } => RedirectFailure::TooMany,
                RedirectError::Insecure { .. } => RedirectFailure::Insecure,
                _ => RedirectFailure::Location,
            };
            Ended::Failed(fault, words(&error))
        }
        Err(Failed::Inner(error)) => panic!("{}: {}", situation.name, words(&error)),
    }
}

async fn by_the_client(stage: &Stage, situation: &Situation) -> Ended {
    let builder = Client::builder().policy(stage.policy()).allow_plain_http();
    let client = match situation.limit {
        Some(limit) => builder.redirects(Redirects::up_to(limit)),
        None => builder,
    }
    .build()
    .unwrap();
    let request = stage.request(situation, |body| match body {
        Sent::Nothing => bonafide::Body::empty(),
        Sent::Text(text) => text.into(),
        Sent::Streamed(text) => {
            bonafide::Body::from_stream(stream::iter([Ok::<_, Infallible>(text)]))
        }
    });
    let (head, body) = request.into_parts();
    let request = client
        .request(head.method, head.uri.to_string())
        .headers(head.headers)
        .body(body);
    match request.send().await {
        Ok(response) => Ended::Response {
            status: response.status().as_u16(),
            hops: response
                .redirects()
                .iter()
                .map(|hop| (hop.url.to_string(), hop.status.as_u16()))
                .collect(),
            url: Some(response.url().to_string()),
        },
        Err(error) => {
            let fault = match error.kind() {
                Kind::TooManyRedirects => RedirectFailure::TooMany,
                Kind::InsecureRedirect => RedirectFailure::Insecure,
                Kind::Redirect => RedirectFailure::Location,
                _ => panic!("{}: {error}", situation.name),
            };
            // The client says the cause in its own words, and the URL before them.
            Ended::Failed(fault, error.without_url().to_string())
        }
    }
}

/// Plays every situation and gives what was not as it should be.
async fn play(by: impl AsyncFn(&Stage, &Situation) -> Ended) -> Vec<String> {
    let mut faults = Vec::new();
    for alpn in [Alpn::Http1, Alpn::Http2] {
        for situation in situations() {
            let stage = Stage::start(&situation, alpn).await;
            let ended = by(&stage, &situation).await;
            if let Err(fault) = stage.judge(&situation, &ended).await {
                faults.push(format!("{alpn:?}, {fault}"));
            }
        }
    }
    faults
}

#[tokio::test]
async fn the_layer_over_hyper_utils_client_does_what_the_table_says() {
    let faults = play(by_the_layer).await;
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test]
async fn bonafides_client_does_what_the_table_says() {
    let faults = play(by_the_client).await;
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
