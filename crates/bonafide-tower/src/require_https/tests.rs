use std::future::ready;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bonafide_verify::Code;
use http::{Request, Response, Uri};
use tower::{Layer as _, ServiceExt as _, service_fn};

use super::{NotHttps, RequireHttpsLayer};
use crate::BoxError;

/// Sends a request for `uri` and tells what came of it and how many requests got through.
async fn ask(uri: &str) -> (Result<Response<()>, BoxError>, usize) {
    let seen = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&seen);
    let service = RequireHttpsLayer::new().layer(service_fn(move |_: Request<()>| {
        counted.fetch_add(1, Ordering::SeqCst);
        ready(Ok::<_, io::Error>(Response::new(())))
    }));
    let mut request = Request::new(());
    *request.uri_mut() = uri.parse::<Uri>().unwrap();
    (service.oneshot(request).await, seen.load(Ordering::SeqCst))
}

fn not_https(answer: Result<Response<()>, BoxError>) -> NotHttps {
    *answer.unwrap_err().downcast::<NotHttps>().unwrap()
}

#[tokio::test]
async fn https_in_any_case_of_letters_reaches_the_inner_service() {
    for uri in [
        "https://example.com/",
        "HTTPS://example.com",
        "hTTps://[::1]:1/",
    ] {
        let (answer, seen) = ask(uri).await;
        assert_eq!(answer.unwrap().status(), 200, "{uri}");
        assert_eq!(seen, 1, "{uri}");
    }
}

#[tokio::test]
async fn plain_http_is_refused_before_the_inner_service_and_named_without_what_may_be_secret() {
    for uri in [
        "http://name:password@example.com:80/token?key=value",
        "HTTP://example.com",
    ] {
        let (answer, seen) = ask(uri).await;
        let refusal = not_https(answer);
        let host = "example.com".to_owned();
        assert_eq!(refusal, NotHttps::PlainHttp { host }, "{uri}");
        assert_eq!(refusal.code(), Some(Code::PlainHttp));
        assert_eq!(
            refusal.to_string(),
            "BF-PLAIN-HTTP: example.com was asked for over plain http"
        );
        assert_eq!(seen, 0, "{uri}");
    }
}

#[tokio::test]
async fn other_schemes_and_uris_without_one_are_refused() {
    let other = |scheme: &str| NotHttps::OtherScheme {
        scheme: scheme.to_owned(),
    };
    for (uri, expected) in [
        ("ftp://example.com/", other("ftp")),
        ("wss://example.com/", other("wss")),
        ("httpss://example.com/", other("httpss")),
        ("/path", NotHttps::NoScheme),
        ("example.com:443", NotHttps::NoScheme),
        ("*", NotHttps::NoScheme),
    ] {
        let (answer, seen) = ask(uri).await;
        let refusal = not_https(answer);
        assert_eq!(refusal, expected, "{uri}");
        assert_eq!(refusal.code(), None, "{uri}");
        assert_eq!(seen, 0, "{uri}");
    }
}

#[tokio::test]
async fn an_error_of_the_inner_service_passes_as_it_is() {
    let failing = service_fn(|_: Request<()>| {
        ready(Err::<Response<()>, _>(io::Error::other("the line is dead")))
    });
    let request = Request::get("https://example.com/").body(()).unwrap();
    let service = RequireHttpsLayer::new().layer(failing);
    let error = service.oneshot(request).await.unwrap_err();
    let error = error.downcast_ref::<io::Error>().unwrap();
    assert_eq!(error.to_string(), "the line is dead");
}
