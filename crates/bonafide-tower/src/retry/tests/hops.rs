//! Layers around and between which redirects are followed: what counts for a hop, what for a call.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response, StatusCode, response};
use http_body_util::Full;
use tower::{Layer as _, Service, ServiceExt as _, service_fn};

use crate::BoxError;
use crate::delivery::Delivery;
use crate::redirect::RedirectLayer;
use crate::retry::{Attempts, Decision, GiveUp, Outcome, Retry, RetryLayer, Standard, Step};

type Answer = Response<Full<Bytes>>;
type Answered = Ready<Result<Answer, Infallible>>;

/// A server whose hop `/n` answers with 503 as often as `failures[n]` says, and then redirects to
/// `/n+1`. The last hop then answers with `end`.
#[derive(Clone)]
struct Hops {
    failures: &'static [usize],
    end: u16,
    asked: Arc<Mutex<Vec<usize>>>,
}

impl Hops {
    fn new(failures: &'static [usize], end: u16) -> Self {
        let asked = Arc::new(Mutex::new(vec![0; failures.len()]));
        Self {
            failures,
            end,
            asked,
        }
    }

    /// How often each hop was requested.
    fn asked(&self) -> Vec<usize> {
        self.asked.lock().unwrap().clone()
    }

    fn service(
        &self,
    ) -> impl Service<Request<()>, Response = Answer, Error = Infallible, Future = Answered> + Clone
    {
        let server = self.clone();
        service_fn(move |request: Request<()>| ready(Ok(server.answer(request.uri().path()))))
    }

    fn answer(&self, path: &str) -> Answer {
        let hop: usize = path.trim_start_matches('/').parse().unwrap();
        let asked = {
            let mut asked = self.asked.lock().unwrap();
            asked[hop] += 1;
            asked[hop]
        };
        let last = hop + 1 == self.failures.len();
        let response = if asked <= self.failures[hop] {
            Response::builder().status(503)
        } else if last {
            Response::builder().status(self.end)
        } else {
            let next = format!("/{}", hop + 1);
            Response::builder().status(307).header("location", next)
        };
        response.body(Full::default()).unwrap()
    }
}

fn up_to(attempts: u32) -> RetryLayer {
    RetryLayer::new().with_retry(Retry::standard().with_max_attempts(attempts))
}

fn request(attempts: &Attempts) -> Request<()> {
    let request = Request::get("https://h/0").extension(attempts.clone());
    request.body(()).unwrap()
}

/// For 404 as well.
fn for_404(attempt: Result<&response::Parts, &BoxError>) -> Outcome {
    match attempt {
        Ok(head) if head.status == StatusCode::NOT_FOUND => Outcome::Failed(Delivery::Answered),
        Ok(head) => Standard::of_status(head.status),
        Err(error) => Standard::of_error(&**error),
    }
}

#[tokio::test(start_paused = true)]
async fn each_hop_has_all_attempts_of_the_rule_and_the_callers_count_has_those_of_all_hops() {
    let server = Hops::new(&[2, 1, 2], 200);
    let hop = RetryLayer::new().layer(server.service());
    let service = RedirectLayer::new().layer(hop);
    let attempts = Attempts::new();
    let response = service.oneshot(request(&attempts)).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(server.asked(), [3, 2, 3]);
    assert_eq!((attempts.made(), attempts.retries()), (8, 5));
    assert!(!attempts.is_spent());
}

#[tokio::test(start_paused = true)]
async fn a_hop_that_fails_ends_the_call_after_the_attempts_of_that_hop() {
    let server = Hops::new(&[2, 9, 0], 200);
    let hop = RetryLayer::new().layer(server.service());
    let service = RedirectLayer::new().layer(hop);
    let attempts = Attempts::new();
    let response = service.oneshot(request(&attempts)).await.unwrap();
    assert_eq!(response.status(), 503);
    assert_eq!(server.asked(), [3, 3, 0]);
    assert_eq!((attempts.made(), attempts.retries()), (6, 4));
    assert!(attempts.is_spent());
}

#[tokio::test(start_paused = true)]
async fn what_the_caller_allows_is_allowed_for_all_hops_together() {
    // allowed, requests of each hop, status
    for (allowed, asked, status) in [
        (0, [1, 0, 0], 503),
        (1, [1, 0, 0], 503),
        (2, [2, 1, 0], 503),
        (3, [2, 2, 0], 503),
        (4, [2, 3, 1], 200),
        (u32::MAX, [2, 3, 1], 200),
    ] {
        let server = Hops::new(&[1, 2, 0], 200);
        let seen: Arc<Mutex<Vec<Step>>> = Arc::default();
        let log = Arc::clone(&seen);
        let hop = up_to(3)
            .with_observer(move |it: &Decision<'_>| log.lock().unwrap().push(it.step))
            .layer(server.service());
        let service = RedirectLayer::new().layer(hop);
        let attempts = Attempts::up_to(allowed);
        let response = service.oneshot(request(&attempts)).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{allowed}");
        assert_eq!(server.asked(), asked, "{allowed}");
        let requests: usize = asked.iter().sum();
        assert_eq!(attempts.made() as usize, requests, "{allowed}");
        assert!(attempts.retries() <= allowed.saturating_sub(1), "{allowed}");
        let gave_up = Some(&Step::GiveUp(GiveUp::Attempts));
        assert_eq!(
            seen.lock().unwrap().last() == gave_up,
            status == 503,
            "{allowed}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn redirects_between_two_layers_take_nothing_from_the_outer_one() {
    let server = Hops::new(&[0, 0, 0, 0], 404);
    let hop = RetryLayer::new().layer(server.service());
    let call = RedirectLayer::new().layer(hop);
    let service = RetryLayer::new().with_classifier(for_404).layer(call);
    let attempts = Attempts::new();
    let response = service.oneshot(request(&attempts)).await.unwrap();
    assert_eq!(response.status(), 404);
    assert_eq!(server.asked(), [3, 3, 3, 3]);
    assert_eq!((attempts.made(), attempts.retries()), (12, 2));
}

#[tokio::test(start_paused = true)]
async fn two_layers_with_redirects_between_them_retry_no_more_often_than_the_outer_one_may() {
    for outer in 1..6 {
        let server = Hops::new(&[1, 1, 1, 1], 404);
        let hop = up_to(9).layer(server.service());
        let call = RedirectLayer::new().layer(hop);
        let service = up_to(outer).with_classifier(for_404).layer(call);
        let attempts = Attempts::new();
        let response = service.oneshot(request(&attempts)).await.unwrap();
        assert_ne!(response.status(), 200);
        assert_eq!(attempts.retries(), outer - 1, "{outer}");
        let requests: usize = server.asked().iter().sum();
        assert_eq!(attempts.made() as usize, requests, "{outer}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_outer_layer_sees_that_the_layer_below_the_redirects_gave_up() {
    let server = Hops::new(&[0, 9], 200);
    let hop = RetryLayer::new().layer(server.service());
    let call = RedirectLayer::new().layer(hop);
    let given_up = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&given_up);
    let service = RetryLayer::new()
        .with_observer(move |it: &Decision<'_>| {
            assert_eq!(it.step, Step::GiveUp(GiveUp::SpentBelow));
            count.fetch_add(1, Ordering::SeqCst);
        })
        .layer(call);
    let response = service.oneshot(request(&Attempts::new())).await.unwrap();
    let tried = response.extensions().get::<Attempts>().unwrap();
    assert_eq!((response.status().as_u16(), tried.made()), (503, 4));
    assert_eq!(server.asked(), [1, 3]);
    assert_eq!(given_up.load(Ordering::SeqCst), 1);
}
