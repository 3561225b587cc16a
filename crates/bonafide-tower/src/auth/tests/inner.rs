//! A service that answers by a script and keeps what it was asked.

use std::future::{Ready, ready};
use std::io;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::Full;
use tower::{Layer as _, Service, ServiceExt as _};

use crate::BoxError;
use crate::auth::{AuthLayer, Keyring};

pub(super) type Answer = Response<Full<Bytes>>;

type Script<B> = dyn Fn(&Request<B>) -> Answer + Send + Sync;

/// Answers each request by a function; each clone has to be ready before each call.
pub(super) struct Inner<B> {
    answer: Arc<Script<B>>,
    asked: Arc<Mutex<Vec<Request<B>>>>,
    is_ready: bool,
    /// How often it says that it is not ready yet.
    delays: usize,
}

impl<B> Inner<B> {
    pub(super) fn new(answer: impl Fn(&Request<B>) -> Answer + Send + Sync + 'static) -> Self {
        Self {
            answer: Arc::new(answer),
            asked: Arc::default(),
            is_ready: false,
            delays: 0,
        }
    }

    /// The values of `Authorization` of the requests that arrived.
    pub(super) fn values(&self) -> Vec<Option<String>> {
        let asked = self.asked.lock().unwrap();
        let value = |request: &Request<B>| {
            let value = request.headers().get(AUTHORIZATION)?;
            Some(value.to_str().unwrap().to_owned())
        };
        asked.iter().map(value).collect()
    }

    /// The requests that arrived.
    pub(super) fn take(&self) -> Vec<Request<B>> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

impl<B> Clone for Inner<B> {
    fn clone(&self) -> Self {
        Self {
            answer: Arc::clone(&self.answer),
            asked: Arc::clone(&self.asked),
            is_ready: false,
            delays: 2,
        }
    }
}

impl<B> Service<Request<B>> for Inner<B> {
    type Response = Answer;
    type Error = io::Error;
    type Future = Ready<Result<Answer, io::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
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
        let answer = match request.uri().path() {
            "/dead" => Err(io::Error::other("dead line")),
            _ => Ok((self.answer)(&request)),
        };
        self.asked.lock().unwrap().push(request);
        ready(answer)
    }
}

/// Sends a `GET` for `url` through the layer over `inner`.
pub(super) async fn get(
    keyring: impl Into<Keyring>,
    inner: &Inner<Full<Bytes>>,
    url: &str,
) -> Result<Answer, BoxError> {
    let request = Request::get(url).body(Full::default()).unwrap();
    AuthLayer::new(keyring)
        .layer(inner.clone())
        .oneshot(request)
        .await
}

/// A 401 with these challenges.
pub(super) fn unauthorized(challenges: &[&str]) -> Answer {
    let mut answer = Response::new(Full::from("no"));
    *answer.status_mut() = StatusCode::UNAUTHORIZED;
    for challenge in challenges {
        let value = HeaderValue::from_str(challenge).unwrap();
        answer.headers_mut().append(WWW_AUTHENTICATE, value);
    }
    answer
}

pub(super) fn ok() -> Answer {
    Response::new(Full::from("yes"))
}
