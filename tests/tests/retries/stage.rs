//! Client, servers, and what was decided.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bonafide_testkit::server::{TestBody, TestServerBuilder};
use bonafide_testkit::{Alpn, Ending, Recipe, TestCa, TestServer};
use bonafide_tower::BoxError;
use bonafide_tower::connector::VerifiedConnector;
use bonafide_tower::delivery::Delivery;
use bonafide_tower::retry::{
    Attempts, Decision, GiveUp, Outcome, Retry, RetryLayer, RetryService, Step,
};
use bonafide_verify::{Anchors, Policy};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tower::{Layer as _, ServiceExt as _};

/// A policy that has this authority as its only anchor.
pub(crate) fn trusting(ca: &TestCa) -> Policy {
    let anchors = Anchors::only(ca.certificate().clone());
    Policy::builder().anchors(anchors).build().unwrap()
}

pub(crate) type Service = RetryService<Client<VerifiedConnector, Full<Bytes>>>;

/// What was decided, in order.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<(Outcome, Step)>>>);

impl Log {
    pub(crate) fn steps(&self) -> Vec<(Outcome, Step)> {
        self.0.lock().unwrap().clone()
    }

    /// What each failed attempt came to, and why none followed the last one.
    pub(crate) fn outcomes(&self) -> (Vec<Outcome>, Option<GiveUp>) {
        let steps = self.steps();
        let why = steps.iter().find_map(|(_, step)| match step {
            Step::GiveUp(why) => Some(*why),
            _ => None,
        });
        (steps.iter().map(|(outcome, _)| *outcome).collect(), why)
    }
}

pub(crate) fn service(ca: &TestCa, retry: Retry, log: &Log) -> Service {
    under(trusting(ca), retry, log)
}

/// The service under `policy`.
pub(crate) fn under(policy: Policy, retry: Retry, log: &Log) -> Service {
    let connector = VerifiedConnector::new(policy).allow_plain_http();
    let client = Client::builder(TokioExecutor::new()).build(connector);
    let log = log.clone();
    RetryLayer::new()
        .with_retry(retry)
        .with_observer(move |it: &Decision<'_>| log.0.lock().unwrap().push((it.outcome, it.step)))
        .layer(client)
}

pub(crate) fn server(ca: &TestCa, alpn: Alpn) -> TestServerBuilder {
    TestServer::builder(ca.issue(Recipe::for_host("localhost"))).alpn(alpn)
}

/// Gives these answers in turn.
pub(crate) fn in_turn(
    builder: TestServerBuilder,
    answers: Vec<fn() -> Response<TestBody>>,
) -> TestServerBuilder {
    let count = Arc::new(AtomicUsize::new(0));
    builder.handler(move |_| {
        let answer = answers[count.fetch_add(1, Ordering::SeqCst)];
        async move { answer() }
    })
}

pub(crate) fn status(status: StatusCode) -> Response<TestBody> {
    let mut response = Response::new(TestBody::from("text"));
    *response.status_mut() = status;
    response
}

pub(crate) fn ok() -> Response<TestBody> {
    status(StatusCode::OK)
}

pub(crate) fn unavailable() -> Response<TestBody> {
    status(StatusCode::SERVICE_UNAVAILABLE)
}

pub(crate) fn lost() -> Response<TestBody> {
    let mut response = ok();
    response.extensions_mut().insert(Ending::CloseAfterRequest);
    response
}

pub(crate) fn request(method: Method, url: &str) -> Request<Full<Bytes>> {
    let body = match method {
        Method::POST => Full::from("one cake"),
        _ => Full::default(),
    };
    Request::builder()
        .method(method)
        .uri(url)
        .body(body)
        .unwrap()
}

pub(crate) fn made(response: &Response<Incoming>) -> u32 {
    response.extensions().get::<Attempts>().unwrap().made()
}

pub(crate) async fn send(
    service: &Service,
    request: Request<Full<Bytes>>,
) -> Result<Response<Incoming>, BoxError> {
    service.clone().oneshot(request).await
}

pub(crate) const ALPNS: [Alpn; 2] = [Alpn::Http1, Alpn::Http2];
pub(crate) const MAYBE: Outcome = Outcome::Failed(Delivery::MaybeProcessed);
pub(crate) const ANSWERED: Outcome = Outcome::Failed(Delivery::Answered);
