//! What calls that run at the same time spend of a budget.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use proptest::prelude::*;
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower::{Layer as _, ServiceExt as _, service_fn};

use super::scripted::{Answer, Scripted, typed};
use crate::BoxError;
use crate::retry::{
    Backoff, Budget, BudgetKey, Budgets, Decision, GiveUp, Retry, RetryLayer, Step,
};

/// One call, in milliseconds.
#[derive(Clone, Copy, Debug)]
struct Planned {
    begins_after: u64,
    host: usize,
    /// How long each attempt takes.
    attempt: u64,
    /// How many attempts fail.
    failures: u32,
    /// When the caller drops the call.
    patience: u64,
}

const HOSTS: [&str; 2] = ["a", "b"];

fn planned() -> impl Strategy<Value = Planned> {
    let call = (
        0_u64..3_000,
        0..HOSTS.len(),
        0_u64..500,
        0_u32..9,
        0_u64..6_000,
    );
    call.prop_map(
        |(begins_after, host, attempt, failures, patience)| Planned {
            begins_after,
            host,
            attempt,
            failures,
            patience,
        },
    )
}

/// What happened to the budget of each host.
#[derive(Default)]
struct Ledger {
    calls: HashMap<String, u64>,
    /// Retries decided on, those in backoff included.
    retries: HashMap<String, u64>,
    /// Calls and retries at each moment at which more was spent than there was.
    overspent: Vec<(u64, u64)>,
}

impl Ledger {
    fn retry(&mut self, host: &str, burst: u32, percent: u32) {
        let calls = self.calls[host];
        let retries = self.retries.entry(host.to_owned()).or_default();
        *retries += 1;
        if *retries * 100 > u64::from(burst) * 100 + u64::from(percent) * calls {
            self.overspent.push((calls, *retries));
        }
    }
}

type Sending = Pin<Box<dyn Future<Output = Result<Response<Full<Bytes>>, BoxError>> + Send>>;

/// Runs the calls, and returns what they spent and how many requests arrived.
async fn run(calls: &[Planned], burst: u32, percent: u32) -> (Ledger, u64) {
    let ledger: Arc<Mutex<Ledger>> = Arc::default();
    let arrived: Arc<Mutex<u64>> = Arc::default();
    let (book, door) = (Arc::clone(&ledger), Arc::clone(&arrived));
    let server = service_fn(move |request: Request<()>| {
        *door.lock().unwrap() += 1;
        let (count, call) = request
            .extensions()
            .get::<(Arc<Mutex<u32>>, Planned)>()
            .unwrap();
        let made = {
            let mut count = count.lock().unwrap();
            *count += 1;
            *count
        };
        let status = if made <= call.failures { 503 } else { 200 };
        let wait = Duration::from_millis(call.attempt);
        async move {
            sleep(wait).await;
            let response = Response::builder().status(status);
            Ok::<_, BoxError>(response.body(Full::<Bytes>::default()).unwrap())
        }
    });
    let second = Duration::from_secs(1);
    let retry = Retry::standard()
        .with_max_attempts(5)
        .with_backoff(Backoff::new(second, second));
    let service = RetryLayer::new()
        .with_retry(retry)
        .with_budgets(Budgets::<BudgetKey>::new(Budget::new(burst, percent)))
        .with_observer(move |it: &Decision<'_>| {
            if matches!(it.step, Step::Again(_)) {
                let host = it.host.unwrap();
                book.lock().unwrap().retry(host, burst, percent);
            }
        })
        .layer(server);
    let mut tasks = JoinSet::new();
    for call in calls.iter().copied() {
        let host = HOSTS[call.host];
        let request = Request::get(format!("https://{host}/"))
            .extension((Arc::<Mutex<u32>>::default(), call))
            .body(())
            .unwrap();
        let sending: Sending = Box::pin(service.clone().oneshot(request));
        let ledger = Arc::clone(&ledger);
        tasks.spawn(async move {
            sleep(Duration::from_millis(call.begins_after)).await;
            *ledger
                .lock()
                .unwrap()
                .calls
                .entry(host.to_owned())
                .or_default() += 1;
            // A call that is not over by then is dropped, in an attempt or in backoff.
            drop(timeout(Duration::from_millis(call.patience), sending).await);
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }
    let arrived = *arrived.lock().unwrap();
    (std::mem::take(&mut *ledger.lock().unwrap()), arrived)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn at_no_moment_calls_at_once_have_taken_more_retries_than_the_budget_has(
        calls in prop::collection::vec(planned(), 0..200),
        burst in 0_u32..8,
        percent in prop::sample::select(vec![0_u32, 1, 20, 50, 100, 150]),
    ) {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
        let (ledger, arrived) = runtime.unwrap().block_on(run(&calls, burst, percent));
        prop_assert_eq!(ledger.overspent, []);
        let calls: u64 = ledger.calls.values().sum();
        let retries: u64 = ledger.retries.values().sum();
        // Fewer where a call was dropped in backoff, or before its first attempt.
        prop_assert!(arrived <= calls + retries);
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_call_took_that_is_dropped_in_backoff_stays_taken() {
    let hour = Duration::from_secs(3_600);
    let inner = Scripted::new([Answer::Status(503)]);
    let steps: Arc<Mutex<Vec<Step>>> = Arc::default();
    let log = Arc::clone(&steps);
    let service = typed()
        .with_retry(Retry::standard().with_backoff(Backoff::new(hour, hour)))
        .with_budgets(Budgets::new(Budget::new(2, 0)))
        .with_observer(move |it: &Decision<'_>| log.lock().unwrap().push(it.step))
        .layer(inner.clone());
    let get = || Request::get("https://h/").body(()).unwrap();
    for _ in 0..2 {
        let call = service.clone().oneshot(get());
        timeout(Duration::from_nanos(1), call).await.unwrap_err();
    }
    let response = service.oneshot(get()).await.unwrap();
    assert_eq!(response.status(), 503);
    assert_eq!(inner.count(), 3, "no retry was made");
    match steps.lock().unwrap()[..] {
        [Step::Again(_), Step::Again(_), Step::GiveUp(GiveUp::Budget)] => {}
        ref other => panic!("{other:?}"),
    }
}
