use std::collections::HashSet;

use http::{HeaderValue, Method, Request, Response};
use tower::{Layer as _, ServiceExt as _};

use super::scripted::{Answer, LOST, Scripted, typed};
use crate::retry::{Attempts, IdempotencyKey, Keys, Retry};

const KEY: &str = "idempotency-key";

fn attempts<B>(response: &Response<B>) -> &Attempts {
    response.extensions().get().unwrap()
}

/// The keys with which the inner service was asked.
fn keys(inner: &Scripted<()>) -> Vec<Option<HeaderValue>> {
    let asked = inner.asked();
    let keys = asked
        .iter()
        .map(|it| it.request.headers().get(KEY).cloned());
    keys.collect()
}

#[test]
fn a_key_is_a_random_uuid_in_quotation_marks() {
    let made: HashSet<_> = (0..1_000)
        .map(|_| IdempotencyKey::random().unwrap())
        .collect();
    assert_eq!(made.len(), 1_000);
    for key in made {
        let text = key.value().to_str().unwrap();
        let uuid = text.strip_prefix('"').unwrap().strip_suffix('"').unwrap();
        let parts: Vec<_> = uuid.split('-').collect();
        assert_eq!(
            parts.iter().map(|it| it.len()).collect::<Vec<_>>(),
            [8, 4, 4, 4, 12]
        );
        assert!(
            uuid.bytes()
                .all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f' | b'-'))
        );
        assert!(
            parts[2].starts_with('4') && parts[3].starts_with(['8', '9', 'a', 'b']),
            "{uuid}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_made_stays_the_same_for_all_attempts_and_is_returned() {
    let inner = Scripted::new([LOST, Answer::Status(503), Answer::Status(200)]);
    let retry = Retry::standard().with_keys(Keys::MadeForEachCall);
    let service = typed().with_retry(retry).layer(inner.clone());
    let post = || Request::post("https://h/").body(()).unwrap();
    let response = service.clone().oneshot(post()).await.unwrap();
    let first = attempts(&response).key().unwrap().clone();
    assert_eq!(attempts(&response).made(), 3);
    assert_eq!(keys(&inner), vec![Some(first.value().clone()); 3]);

    let response = service.oneshot(post()).await.unwrap();
    let second = attempts(&response).key().unwrap();
    assert_ne!(*second, first);
    assert_eq!(keys(&inner), [Some(second.value().clone())]);
}

#[tokio::test(start_paused = true)]
async fn a_key_is_made_where_it_is_asked_for_and_the_method_is_not_idempotent() {
    for (keys_made, method, is_made) in [
        (Keys::CallersOnly, Method::POST, false),
        (Keys::MadeForEachCall, Method::POST, true),
        (Keys::MadeForEachCall, Method::PATCH, true),
        (Keys::MadeForEachCall, Method::GET, false),
        (Keys::MadeForEachCall, Method::PUT, false),
    ] {
        let inner = Scripted::new([Answer::Status(200)]);
        let retry = Retry::standard().with_keys(keys_made);
        let service = typed().with_retry(retry).layer(inner.clone());
        let request = Request::builder().method(&method).uri("https://h/");
        let response = service.oneshot(request.body(()).unwrap()).await.unwrap();
        assert_eq!(attempts(&response).key().is_some(), is_made, "{method}");
        assert_eq!(keys(&inner)[0].is_some(), is_made, "{method}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_callers_own_key_is_sent_as_it_is_and_makes_a_post_repeatable() {
    let own = HeaderValue::from_static("order 7");
    let post = Request::post("https://h/");
    let requests = [
        post.header(KEY, "order 7"),
        Request::post("https://h/").extension(IdempotencyKey::from_value(own.clone())),
        // What stands in the header is the key.
        Request::post("https://h/")
            .header(KEY, "order 7")
            .extension(IdempotencyKey::random().unwrap()),
    ];
    for request in requests {
        let inner = Scripted::new([Answer::Status(503), LOST, Answer::Status(200)]);
        let retry = Retry::standard().with_keys(Keys::MadeForEachCall);
        let service = typed().with_retry(retry).layer(inner.clone());
        let response = service.oneshot(request.body(()).unwrap()).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(attempts(&response).key().unwrap().value(), own);
        assert_eq!(keys(&inner), vec![Some(own.clone()); 3]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_key_and_two_keys_make_nothing_repeatable() {
    for values in [&[""][..], &["a", "b"], &["a", "a"]] {
        let inner = Scripted::new([Answer::Status(503)]);
        let service = typed().layer(inner.clone());
        let mut request = Request::post("https://h/").body(()).unwrap();
        for value in values {
            let value = HeaderValue::from_static(value);
            request.headers_mut().append(KEY, value);
        }
        let response = service.oneshot(request).await.unwrap();
        assert_eq!((response.status().as_u16(), inner.count()), (503, 1));
        assert_eq!(attempts(&response).key(), None);
    }
}
