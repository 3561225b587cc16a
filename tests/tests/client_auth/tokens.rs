//! Tokens that are fetched.

use std::future::{Ready, pending, ready};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bonafide::auth::{AuthError, Credential, RefreshingToken, Token};
use bonafide::{Client, Delivery, Kind, StatusCode};
use bonafide_testkit::{Alpn, TestCa};
use futures_util::future::join_all;

use crate::stage::{all, ask, builder, cause, echo, served};

#[tokio::test]
async fn a_thousand_requests_at_once_fetch_one_token_and_one_more_after_it_was_revoked() {
    let ca = TestCa::new();
    let good = Arc::new(Mutex::new("Bearer t1"));
    let accepted = Arc::clone(&good);
    let server = served(&ca, Alpn::Http2, move |request| {
        let mut response = echo(request);
        if response.body() != *accepted.lock().unwrap() {
            *response.status_mut() = StatusCode::UNAUTHORIZED;
        }
        response
    })
    .await;
    for client in 0..2 {
        let fetches = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&fetches);
        let token = RefreshingToken::new(move || {
            let number = counted.fetch_add(1, Ordering::SeqCst) + 1;
            async move { Ok(Token::new(format!("t{number}"))?) }
        });
        let credential = Credential::for_origin(&server.url(""), token).unwrap();
        let client = &all(|| builder(&ca).credential(credential.clone()))[client];
        for (fetched, sent) in [(1, "Bearer t1"), (2, "Bearer t2")] {
            *good.lock().unwrap() = sent;
            let url = server.url("/");
            for answer in join_all((0..1_000).map(|_| ask(client, &url))).await {
                assert_eq!(answer, sent);
            }
            assert_eq!(fetches.load(Ordering::SeqCst), fetched);
        }
    }
}

/// A token that never comes.
fn never() -> RefreshingToken {
    let source = || pending::<Result<Token, bonafide_tower::BoxError>>();
    RefreshingToken::new(source).with_limit(None)
}

#[tokio::test(start_paused = true)]
async fn a_credential_that_does_not_come_is_waited_for_up_to_a_limit() {
    let of = |token: RefreshingToken| {
        let credential = Credential::for_origin("https://localhost:1", token).unwrap();
        Client::builder().credential(credential).build().unwrap()
    };
    let get = |client: &Client| client.get("https://localhost:1/");
    let start = tokio::time::Instant::now();
    let error = get(&of(never())).send().await.unwrap_err();
    assert_eq!(start.elapsed().as_secs(), 60);
    assert_eq!(error.kind(), Kind::Timeout);
    assert_eq!(
        error.to_string(),
        "https://localhost:1/: the credential took longer than 60s"
    );
    assert_eq!(error.delivery(), Delivery::NotSent);
    let second = Duration::from_secs(1);
    let error = get(&of(never())).timeout(second).send().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "https://localhost:1/: the request took longer than 1s"
    );
    assert_eq!(error.delivery(), Delivery::NotSent);

    let failing = RefreshingToken::new(|| -> Ready<Result<Token, bonafide_tower::BoxError>> {
        ready(Err("the authorization server is down".into()))
    });
    let error = get(&of(failing)).send().await.unwrap_err();
    assert!(matches!(cause(&error), AuthError::Token { .. }), "{error}");
    assert_eq!(error.delivery(), Delivery::NotSent);
}
