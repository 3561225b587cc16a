//! An inner service that does what a script says, and keeps what it was asked.

use std::collections::VecDeque;
use std::future::{Ready, ready};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, response};
use http_body_util::Full;
use tokio::time::Instant;
use tower::Service;

use crate::BoxError;
use crate::delivery::Delivery;
use crate::retry::{Outcome, RetryError, RetryLayer, Standard};

/// What one attempt comes to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Answer {
    /// A response with this status.
    Status(u16),
    /// The same with a `Retry-After`.
    After(u16, &'static str),
    /// An error that means this.
    Fails(Outcome),
}

/// An error of the inner service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the attempt failed: {0:?}")]
pub(super) struct Fault(pub(super) Outcome);

/// What a service with typed errors fails with.
#[derive(Debug)]
pub(super) enum Failed {
    Retry(RetryError),
    Inner(Fault),
}

impl From<RetryError> for Failed {
    fn from(error: RetryError) -> Self {
        Self::Retry(error)
    }
}

impl From<Fault> for Failed {
    fn from(fault: Fault) -> Self {
        Self::Inner(fault)
    }
}

/// The classifier of [`Fault`]s.
pub(super) fn by_fault(attempt: Result<&response::Parts, &Failed>) -> Outcome {
    match attempt {
        Ok(head) => Standard::of_status(head.status),
        Err(Failed::Inner(Fault(outcome))) => *outcome,
        Err(Failed::Retry(error)) => Standard::of_error(error),
    }
}

type ByFault = fn(Result<&response::Parts, &Failed>) -> Outcome;

/// A layer whose classifier knows [`Fault`]s.
pub(super) fn typed() -> RetryLayer<Failed, ByFault> {
    RetryLayer::new()
        .with_error::<Failed>()
        .with_classifier(by_fault as ByFault)
}

/// A layer over boxed errors whose classifier knows [`Fault`]s.
pub(super) fn boxed(attempt: Result<&response::Parts, &BoxError>) -> Outcome {
    match attempt {
        Ok(head) => Standard::of_status(head.status),
        Err(error) => match error.downcast_ref::<Fault>() {
            Some(Fault(outcome)) => *outcome,
            None => Standard::of_error(&**error),
        },
    }
}

/// What the script's service was asked, and when.
pub(super) struct Asked<B> {
    pub(super) at: Instant,
    pub(super) request: Request<B>,
}

/// Gives its answers in turn, the last one for good. Each clone has to be ready before each call.
pub(super) struct Scripted<B> {
    script: Arc<Mutex<VecDeque<Answer>>>,
    asked: Arc<Mutex<Vec<Asked<B>>>>,
    is_ready: bool,
    /// How often it says that it is not ready yet.
    delays: usize,
}

impl<B> Scripted<B> {
    pub(super) fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self {
            script: Arc::new(Mutex::new(answers.into_iter().collect())),
            asked: Arc::default(),
            is_ready: false,
            delays: 0,
        }
    }

    pub(super) fn asked(&self) -> Vec<Asked<B>> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    pub(super) fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl<B> Clone for Scripted<B> {
    fn clone(&self) -> Self {
        Self {
            script: Arc::clone(&self.script),
            asked: Arc::clone(&self.asked),
            is_ready: false,
            delays: 1,
        }
    }
}

impl<B> Service<Request<B>> for Scripted<B> {
    type Response = Response<Full<Bytes>>;
    type Error = Fault;
    type Future = Ready<Result<Self::Response, Fault>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        if self.delays > 0 {
            self.delays -= 1;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.is_ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        assert!(self.is_ready, "called before it was ready");
        self.is_ready = false;
        let at = Instant::now();
        self.asked.lock().unwrap().push(Asked { at, request });
        let mut script = self.script.lock().unwrap();
        let answer = match script.len() {
            1 => script[0],
            _ => script.pop_front().unwrap(),
        };
        ready(match answer {
            Answer::Status(status) => Ok(response(status)),
            Answer::After(status, wait) => {
                let mut response = response(status);
                let name = HeaderName::from_static("retry-after");
                let value = HeaderValue::from_static(wait);
                response.headers_mut().insert(name, value);
                Ok(response)
            }
            Answer::Fails(outcome) => Err(Fault(outcome)),
        })
    }
}

fn response(status: u16) -> Response<Full<Bytes>> {
    let response = Response::builder().status(status);
    response.body(Full::from("body")).unwrap()
}

pub(super) const LOST: Answer = Answer::Fails(Outcome::Failed(Delivery::MaybeProcessed));
pub(super) const UNSENT: Answer = Answer::Fails(Outcome::Failed(Delivery::NotSent));
