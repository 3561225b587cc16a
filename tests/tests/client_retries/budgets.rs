//! How many retries the calls to one authority have in common.

use std::time::Duration;

use bonafide::Body;
use bonafide::retry::{Budget, BudgetKey, GiveUp};
use bonafide_testkit::TestCa;
use bonafide_tests::trusting;
use bonafide_verify::Zone;
use http::Request;
use tokio::time::{sleep, timeout};
use tower::ServiceExt as _;

use crate::stage::{Log, Reply, Script, builder};

/// As many retries as that, and no more.
const fn at_most(retries: u32) -> Budget {
    Budget::new(retries, 0)
}

#[tokio::test(start_paused = true)]
async fn each_authority_has_a_budget_for_all_calls_of_all_clones() {
    let ca = TestCa::new();
    let script = Script::new([Reply::Status(503)]);
    let log = Log::default();
    let client = builder(&ca)
        .retry_budget(at_most(3))
        .retry_observer(log.clone());
    let client = script.instead_of_servers(client).build().unwrap();
    // URL, attempts
    for (url, attempts) in [
        ("https://one.example/", 3),
        ("https://one.example:443/other", 2),
        ("https://ONE.example/", 1),
        ("https://one.example:8443/", 3),
        ("https://two.example/", 3),
    ] {
        let response = client.clone().get(url).send().await.unwrap();
        assert_eq!(response.attempts(), attempts, "{url}");
        let why = match attempts {
            3 => GiveUp::Attempts,
            _ => GiveUp::Budget,
        };
        assert_eq!(log.why(), Some(why), "{url}");
    }
}

#[tokio::test(start_paused = true)]
async fn calls_fill_the_budget_of_their_authority_again() {
    let ca = TestCa::new();
    let script = Script::new([Reply::Status(503)]);
    let client = builder(&ca).retry_budget(Budget::new(2, 50));
    let client = script.instead_of_servers(client).build().unwrap();
    let mut attempts = Vec::new();
    for _ in 0..6 {
        let response = client.get("https://localhost/").send().await.unwrap();
        attempts.push(response.attempts());
    }
    // Two retries at once, and then one for every two calls.
    assert_eq!(attempts, [3, 1, 2, 1, 2, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_call_in_backoff_counts_and_one_that_is_dropped_there_leaves_nothing_behind() {
    let ca = TestCa::new();
    let script = Script::new([Reply::Later("30".to_owned()), Reply::Status(503)]);
    let log = Log::default();
    let client = builder(&ca)
        .retry_budget(at_most(1))
        .retry_observer(log.clone());
    let client = script.instead_of_servers(client).build().unwrap();
    let tasks = || {
        tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks()
    };
    let before = tasks();
    let call = client.get("https://localhost/").send();
    assert!(timeout(Duration::from_secs(29), call).await.is_err());
    assert_eq!((script.asked().len(), tasks()), (1, before));

    let response = client.get("https://localhost/").send().await.unwrap();
    assert_eq!(response.attempts(), 1, "the dropped call has the retry");
    assert_eq!(log.why(), Some(GiveUp::Budget));
    sleep(Duration::from_secs(60)).await;
    assert_eq!(
        script.asked().len(),
        2,
        "nothing is sent for a dropped call"
    );
}

#[tokio::test(start_paused = true)]
async fn a_replaced_policy_leaves_the_budget_and_another_zone_has_its_own() {
    let ca = TestCa::new();
    let script = Script::new([Reply::Status(503)]);
    let client = builder(&ca).retry_budget(at_most(2));
    let client = script.instead_of_servers(client).build().unwrap();
    let policy = client.policy().unwrap().clone();
    let attempts = async || {
        let response = client.get("https://localhost/").send().await.unwrap();
        response.attempts()
    };
    assert_eq!((attempts().await, attempts().await), (3, 1));
    policy.replace(trusting(&ca).build().unwrap()).unwrap();
    assert_eq!(attempts().await, 1);
    let zoned = trusting(&ca).zone(Zone::for_host("localhost"));
    policy.replace(zoned.build().unwrap()).unwrap();
    assert_eq!((attempts().await, attempts().await), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn a_request_may_name_its_budget() {
    let ca = TestCa::new();
    let script = Script::new([Reply::Status(503)]);
    let client = builder(&ca).retry_budget(at_most(2));
    let client = script.instead_of_servers(client).build().unwrap();
    // tenant, attempts
    for (tenant, attempts) in [("a", 3), ("b", 3), ("a", 1), ("b", 1)] {
        let request = Request::get("https://localhost/").extension(BudgetKey::new(tenant));
        let request = request.body(Body::empty()).unwrap();
        let response = client.clone().oneshot(request).await.unwrap();
        let response = bonafide::Response::from(response);
        assert_eq!(response.attempts(), attempts, "{tenant}");
    }
}
