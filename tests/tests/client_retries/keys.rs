//! Idempotency keys: made once a call, the same in all attempts, and returned with the result.

use bonafide::retry::{IdempotencyKey, Keys, Outcome};
use bonafide::{Client, Kind, StatusCode};
use bonafide_testkit::TestCa;
use http::{HeaderValue, Method};

use crate::stage::{Lost, Reply, Script, builder, deaf, keys, plain, quick};

fn making(ca: &TestCa, script: &Script) -> Client {
    let rule = quick().with_keys(Keys::MadeForEachCall);
    let client = script.instead_of_servers(plain(ca).retry(rule));
    client.build().unwrap()
}

#[tokio::test]
async fn a_key_is_made_once_a_call_and_stays_over_all_attempts_and_hops() {
    let ca = TestCa::new();
    let script = Script::new([
        Reply::Status(503),
        Reply::Away("/there"),
        Reply::Status(502),
        Reply::Status(200),
    ]);
    let client = making(&ca, &script);
    let post = || client.post("https://localhost/orders").body("one cake");
    let response = post().send().await.unwrap();
    assert_eq!(
        (response.status(), response.attempts()),
        (StatusCode::OK, 4)
    );
    let sent = keys(&script.asked());
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert_eq!(response.idempotency_key(), Some(&sent[0]));

    let another = post().send().await.unwrap();
    let key = another.idempotency_key().cloned();
    assert!(key.is_some() && key.as_ref() != Some(&sent[0]), "{key:?}");
}

#[tokio::test]
async fn a_key_is_made_for_what_is_not_idempotent_and_only_where_the_rule_says_so() {
    let ca = TestCa::new();
    for (method, made) in [
        (Method::GET, false),
        (Method::PUT, false),
        (Method::PATCH, true),
    ] {
        let script = Script::new([Reply::Status(200)]);
        let request = making(&ca, &script).request(method.clone(), "https://localhost/");
        let response = request.send().await.unwrap();
        assert_eq!(response.idempotency_key().is_some(), made, "{method}");
        assert_eq!(keys(&script.asked()).len(), usize::from(made), "{method}");
    }
    let script = Script::new([Reply::Status(503)]);
    let client = script.instead_of_servers(builder(&ca)).build().unwrap();
    let response = client.post("https://localhost/").send().await.unwrap();
    assert_eq!((response.idempotency_key(), response.attempts()), (None, 1));
}

#[tokio::test]
async fn the_callers_key_is_sent_and_returned_and_replaces_one_that_was_set() {
    let ca = TestCa::new();
    let key = IdempotencyKey::from_value(HeaderValue::from_static("\"order-7\""));
    let script = Script::new([Reply::Status(503), Reply::Status(200)]);
    let response = making(&ca, &script)
        .post("https://localhost/orders")
        .header("idempotency-key", "\"order-6\"")
        .idempotency_key(key.clone())
        .send()
        .await
        .unwrap();
    assert_eq!(response.attempts(), 2);
    assert_eq!(response.idempotency_key(), Some(&key));
    assert_eq!(keys(&script.asked()), std::slice::from_ref(&key));

    // Without a rule it is sent as well: the caller may repeat the request itself.
    let script = Script::new([Reply::Status(503)]);
    let client = script.instead_of_servers(plain(&ca)).build().unwrap();
    let request = client.post("https://localhost/orders");
    request.idempotency_key(key.clone()).send().await.unwrap();
    assert_eq!(keys(&script.asked()), [key]);
}

#[tokio::test]
async fn the_error_of_a_call_returns_its_key() {
    let ca = TestCa::new();
    // Nothing was sent; no rule would repeat it without a key either.
    let (url, _socket) = deaf();
    let rule = quick().with_keys(Keys::MadeForEachCall);
    let client = plain(&ca).retry(rule).build().unwrap();
    let error = client.post(&url).body("x").send().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (Kind::Connect, 3));
    assert!(error.idempotency_key().is_some());

    // It may have been processed; the key alone has it repeated.
    let script = Script::new([Reply::Lost]);
    let client = plain(&ca).retry(rule).retry_classifier(lost_is_a_failure);
    let client = script.instead_of_servers(client).build().unwrap();
    let post = client.post("https://localhost/orders").body("one cake");
    let error = post.send().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (Kind::Layer, 3));
    let sent = keys(&script.asked());
    assert_eq!(error.idempotency_key(), Some(&sent[0]));
    assert_eq!((sent.len(), script.asked().len()), (1, 3));
}

fn lost_is_a_failure(attempt: Result<&http::response::Parts, &bonafide::Error>) -> Outcome {
    use std::error::Error as _;

    use bonafide::Delivery;
    use bonafide::retry::{ByDelivery, Classify as _};

    match attempt {
        Err(error) if error.source().is_some_and(|cause| cause.is::<Lost>()) => {
            Outcome::Failed(Delivery::MaybeProcessed)
        }
        other => ByDelivery.classify(other),
    }
}
