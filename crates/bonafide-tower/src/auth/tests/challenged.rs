use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use tower::{Layer as _, ServiceExt as _, service_fn};

use super::inner::{Inner, get, ok, unauthorized};
use crate::BoxError;
use crate::auth::{
    Answering, AuthError, AuthLayer, AuthScheme, Authenticator, Basic, Challenged, Credential,
    Digest, RefreshingToken, Token, TokenError,
};

const URL: &str = "https://example.com/a";
const SHA256: &str = "Digest realm=r, nonce=n, qop=auth, algorithm=SHA-256";

fn credential(scheme: impl Into<AuthScheme>) -> Credential {
    Credential::for_origin("https://example.com", scheme).unwrap()
}

fn digest() -> Credential {
    credential(Digest::new("user", "password").unwrap())
}

/// Whether a request has an answer to a challenge with this nonce.
fn has_nonce<B>(request: &Request<B>, nonce: &str) -> bool {
    let value = request.headers().get(AUTHORIZATION);
    let value = value.map_or("", |value| value.to_str().unwrap());
    value.contains(&format!("nonce=\"{nonce}\""))
}

/// Fetches `t1`, `t2` and so on.
fn numbered() -> (RefreshingToken, Arc<AtomicUsize>) {
    let fetches = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&fetches);
    let token = RefreshingToken::new(move || {
        let number = counted.fetch_add(1, Ordering::SeqCst) + 1;
        async move { Ok(Token::new(format!("t{number}"))?) }
    });
    (token, fetches)
}

#[tokio::test]
async fn a_password_or_token_that_was_refused_is_not_sent_again() {
    let inner = Inner::new(|_| unauthorized(&[SHA256, "Basic realm=r"]));
    let basic = credential(Basic::new("user", "password").unwrap());
    let response = get(basic, &inner, URL).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(inner.values().len(), 1);
}

#[tokio::test]
async fn a_challenge_is_answered_and_later_requests_use_its_nonce() {
    let inner = Inner::new(|request| match has_nonce(request, "n") {
        true => ok(),
        false => unauthorized(&[SHA256]),
    });
    let credential = digest();
    for _ in 0..2 {
        let response = get(credential.clone(), &inner, URL).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
    }
    let values = inner.values();
    let counts: Vec<_> = values
        .iter()
        .map(|value| {
            value
                .as_deref()
                .and_then(|value| value.split("nc=").nth(1)?.get(..8))
        })
        .collect();
    assert_eq!(counts, [None, Some("00000001"), Some("00000002")]);
}

#[tokio::test]
async fn two_challenges_to_a_request_are_answered_and_a_third_one_is_the_response() {
    let count = AtomicUsize::new(0);
    let inner = Inner::new(move |_| {
        let number = count.fetch_add(1, Ordering::SeqCst);
        let stale = format!("Digest realm=r, nonce=n{number}, qop=auth, stale=true");
        unauthorized(&[&stale])
    });
    let response = get(digest(), &inner, URL).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    let asked = inner.take();
    assert_eq!(asked.len(), 3);
    assert!(has_nonce(&asked[1], "n0") && has_nonce(&asked[2], "n1"));
}

#[tokio::test]
async fn a_server_that_asks_for_basic_gets_no_password_from_digest() {
    let inner = Inner::new(|_| unauthorized(&["Basic realm=r"]));
    let credential = digest();
    let response = get(credential.clone(), &inner, URL).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(inner.values(), [None]);

    let offering = Inner::new(|request| match has_nonce(request, "n") {
        true => ok(),
        false => unauthorized(&[SHA256]),
    });
    get(credential.clone(), &offering, URL).await.unwrap();
    let error = get(credential, &inner, URL).await.unwrap_err();
    let error = error.downcast::<AuthError>().unwrap();
    assert!(matches!(*error, AuthError::Downgraded { .. }), "{error:?}");
    assert!(
        inner
            .values()
            .iter()
            .flatten()
            .all(|value| value.starts_with("Digest "))
    );
}

#[tokio::test]
async fn a_body_that_cannot_be_repeated_makes_the_401_the_response_and_the_next_request_the_answer()
{
    let (token, fetches) = numbered();
    for (credential, refused, accepted) in [
        (digest(), None, "Digest "),
        (credential(token), Some("Bearer t1"), "Bearer t2"),
    ] {
        let inner = Inner::new(move |request| {
            let value = request.headers().get(AUTHORIZATION);
            match value.is_some_and(|value| value.to_str().unwrap().starts_with(accepted)) {
                true => ok(),
                false => unauthorized(&[SHA256]),
            }
        });
        for status in [StatusCode::UNAUTHORIZED, StatusCode::OK] {
            let body: BoxBody<Bytes, Infallible> = Full::<Bytes>::from("once").boxed();
            let request = Request::post(URL).body(body).unwrap();
            let service = AuthLayer::new(credential.clone()).layer(inner.clone());
            let response = service.oneshot(request).await.unwrap();
            assert_eq!(response.status(), status, "{accepted}");
        }
        let values = inner.values();
        assert_eq!(values.len(), 2);
        assert_eq!(values[0].as_deref(), refused);
    }
    assert_eq!(fetches.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn the_body_of_a_request_is_sent_again_with_the_answer() {
    let inner = Inner::new(
        |request: &Request<Full<Bytes>>| match has_nonce(request, "n") {
            true => ok(),
            false => unauthorized(&[SHA256]),
        },
    );
    let request = Request::put(URL).body(Full::from("body")).unwrap();
    let service = AuthLayer::new(digest()).layer(inner.clone());
    assert_eq!(
        service.oneshot(request).await.unwrap().status(),
        StatusCode::OK
    );
    let asked = inner.take();
    assert_eq!(asked.len(), 2);
    for request in asked {
        assert_eq!(request.method(), Method::PUT);
        assert_eq!(
            request.into_body().collect().await.unwrap().to_bytes(),
            "body"
        );
    }
}

#[tokio::test]
async fn a_token_that_was_refused_is_fetched_once_more_and_then_the_answer_is_the_response() {
    let (token, fetches) = numbered();
    let inner = Inner::new(|request| match request.headers()[AUTHORIZATION].to_str() {
        Ok("Bearer t2") => ok(),
        _ => unauthorized(&["Bearer error=\"invalid_token\""]),
    });
    let credential = credential(token);
    let response = get(credential.clone(), &inner, URL).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let sent = |value: &str| Some(format!("Bearer {value}"));
    assert_eq!(inner.values(), [sent("t1"), sent("t2")]);

    let refusing = Inner::new(|_| unauthorized(&[]));
    let response = get(credential, &refusing, URL).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(refusing.values(), [sent("t2"), sent("t3")]);
    assert_eq!(fetches.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_request_without_a_token_is_not_sent() {
    let token = RefreshingToken::new(async || Err(BoxError::from("out of order")));
    let inner = Inner::new(|_| ok());
    let error = get(credential(token), &inner, URL).await.unwrap_err();
    let error = error.downcast::<AuthError>().unwrap();
    assert_eq!(
        error.to_string(),
        "no bearer token could be obtained for the request"
    );
    match *error {
        AuthError::Token {
            source: TokenError::Source { source },
        } => {
            assert_eq!(source.to_string(), "out of order");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(inner.take().len(), 0);
}

/// Answers challenges of `Hawk` and keeps what it was asked.
struct Hawk(Arc<Mutex<Vec<Challenged>>>);

impl Authenticator for Hawk {
    fn answer(&self, challenged: Challenged) -> Answering {
        let is_asked = challenged
            .challenges
            .iter()
            .any(|one| one.is_scheme("Hawk"));
        let fails = challenged.uri.path() == "/fails";
        self.0.lock().unwrap().push(challenged);
        Box::pin(async move {
            tokio::task::yield_now().await;
            match fails {
                true => Err("no clock".into()),
                false => Ok(is_asked.then(|| HeaderValue::from_static("Hawk id"))),
            }
        })
    }

    fn ahead(&self, _: &Method, uri: &http::Uri) -> Option<HeaderValue> {
        (uri.path() == "/ahead").then(|| HeaderValue::from_static("Hawk ahead"))
    }
}

#[tokio::test]
async fn an_authenticator_answers_the_challenges_of_its_origin_at_most_twice() {
    let asked = Arc::default();
    let credential = credential(AuthScheme::custom(Hawk(Arc::clone(&asked))));
    let inner = Inner::new(|_| unauthorized(&["Hawk, Other"]));
    get(credential.clone(), &inner, "https://other.example/")
        .await
        .unwrap();
    assert_eq!(asked.lock().unwrap().len(), 0);
    inner.take();

    let response = get(credential.clone(), &inner, URL).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    let id = || Some("Hawk id".to_owned());
    assert_eq!(inner.values(), [None, id(), id()]);
    assert!(inner.take()[1].headers()[AUTHORIZATION].is_sensitive());
    let first = asked.lock().unwrap().remove(0);
    assert_eq!(
        (first.method, first.uri.path(), first.answered),
        (Method::GET, "/a", 0)
    );
    assert_eq!(first.challenges.len(), 2);

    // It has no answer to this one: the response is whole.
    let other = Inner::new(|_| unauthorized(&["Other"]));
    let response = get(credential.clone(), &other, "https://example.com/ahead")
        .await
        .unwrap();
    assert_eq!(
        response.into_body().collect().await.unwrap().to_bytes(),
        "no"
    );
    assert_eq!(other.values(), [Some("Hawk ahead".to_owned())]);

    let error = get(credential, &other, "https://example.com/fails")
        .await
        .unwrap_err();
    match *error.downcast::<AuthError>().unwrap() {
        AuthError::Authenticator { source } => assert_eq!(source.to_string(), "no clock"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_error_of_the_inner_service_passes_as_it_is() {
    #[derive(Debug)]
    enum Own {
        Auth(AuthError),
        Inner(io::Error),
    }
    impl From<AuthError> for Own {
        fn from(error: AuthError) -> Self {
            Self::Auth(error)
        }
    }
    impl From<io::Error> for Own {
        fn from(error: io::Error) -> Self {
            Self::Inner(error)
        }
    }
    let layer = AuthLayer::new(digest()).with_error::<Own>();
    let inner = Inner::new(|_| unauthorized(&["Digest realm=r"]));
    for (url, is_inner) in [
        ("https://example.com/dead", true),
        ("https://other.example/dead", true),
        (URL, false),
    ] {
        let request = Request::get(url).body(Full::<Bytes>::default()).unwrap();
        match layer
            .layer(inner.clone())
            .oneshot(request)
            .await
            .unwrap_err()
        {
            Own::Inner(error) => assert_eq!(
                (error.to_string(), is_inner),
                ("dead line".to_owned(), true)
            ),
            Own::Auth(error) => {
                assert!(!is_inner && matches!(error, AuthError::UnsupportedDigest { .. }));
            }
        }
    }
}

/// A body that gives pieces of 1 KiB, up to `pieces`, and then nothing, or never ends.
struct Pieces {
    left: usize,
    read: Arc<AtomicUsize>,
    stalls: bool,
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left == 0 {
            return match self.stalls {
                true => Poll::Pending,
                false => Poll::Ready(None),
            };
        }
        self.left -= 1;
        self.read.fetch_add(1, Ordering::SeqCst);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[0; 1024])))))
    }
}

#[tokio::test(start_paused = true)]
async fn the_body_of_a_challenge_is_read_up_to_a_bound_of_bytes_and_of_time() {
    // pieces, whether it stalls after them, pieces that are read
    for (pieces, stalls, expected) in [(3, false, 3), (1_000, false, 64), (3, true, 3)] {
        let read = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&read);
        let inner = service_fn(move |request: Request<Full<Bytes>>| {
            let mut response = Response::new(Pieces {
                left: pieces,
                read: Arc::clone(&counted),
                stalls,
            });
            if !has_nonce(&request, "n") {
                response
                    .headers_mut()
                    .insert("www-authenticate", HeaderValue::from_static(SHA256));
                *response.status_mut() = StatusCode::UNAUTHORIZED;
            }
            std::future::ready(Ok::<_, BoxError>(response))
        });
        let began = tokio::time::Instant::now();
        let request = Request::get(URL).body(Full::default()).unwrap();
        let response = AuthLayer::new(digest())
            .layer(inner)
            .oneshot(request)
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(read.load(Ordering::SeqCst), expected);
        let waited = if stalls {
            Duration::from_secs(1)
        } else {
            Duration::ZERO
        };
        assert_eq!(began.elapsed(), waited);
    }
}

#[tokio::test]
async fn the_future_is_sent_between_threads() {
    let (token, _) = numbered();
    let inner = Inner::new(|_| ok());
    let credential = credential(token);
    let sending = tokio::spawn(async move { get(credential, &inner, URL).await.map(drop) });
    sending.await.unwrap().unwrap();
}
