use std::future::ready;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::{Request, Response, Uri};
use tower::{Layer as _, ServiceExt as _, service_fn};

use super::{NotHttps, RequireHttpsLayer};
use crate::BoxError;

/// Sends a request for `uri`; returns its outcome and how many requests the inner service received.
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
        assert_eq!(
            refusal.to_string(),
            "BF-PLAIN-HTTP: the request to example.com uses plain http"
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

#[cfg(any(feature = "connector", feature = "require-verified"))]
#[test]
fn plain_http_alone_has_a_code_and_its_text_begins_with_it() {
    use bonafide_verify::Code;

    let plain = NotHttps::PlainHttp {
        host: "example.com".to_owned(),
    };
    let code = plain.code().unwrap();
    assert_eq!(code, Code::PlainHttp);
    assert!(plain.to_string().starts_with(&format!("{code}: ")));
    let scheme = "ftp".to_owned();
    assert_eq!(NotHttps::OtherScheme { scheme }.code(), None);
    assert_eq!(NotHttps::NoScheme.code(), None);
}

/// The error of a program without boxed errors.
#[derive(Debug)]
enum Failed {
    NotHttps(NotHttps),
    Inner(io::Error),
}

impl From<NotHttps> for Failed {
    fn from(refusal: NotHttps) -> Self {
        Self::NotHttps(refusal)
    }
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Inner(error)
    }
}

#[tokio::test]
async fn an_error_of_the_callers_own_holds_the_refusal_and_the_inner_error_by_type() {
    let failing =
        service_fn(|_: Request<()>| ready(Err::<Response<()>, _>(io::Error::other("dead line"))));
    let service = RequireHttpsLayer::new()
        .with_error::<Failed>()
        .layer(failing);
    let request = |uri| Request::get(uri).body(()).unwrap();
    match service.oneshot(request("http://example.com/")).await {
        Err(Failed::NotHttps(NotHttps::PlainHttp { host })) => assert_eq!(host, "example.com"),
        other => panic!("{other:?}"),
    }
    match service.oneshot(request("https://example.com/")).await {
        Err(Failed::Inner(error)) => assert_eq!(error.to_string(), "dead line"),
        other => panic!("{other:?}"),
    }
}
