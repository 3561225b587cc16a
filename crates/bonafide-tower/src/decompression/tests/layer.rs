use std::convert::Infallible;
use std::future::ready;
use std::io;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use tower::{Layer as _, Service, ServiceExt as _, service_fn};

use super::encoding::Sent;
use super::reading::{Next, Script};
use crate::BoxError;
use crate::decompression::{DecodingLimits, Decompression, DecompressionError, DecompressionLayer};

type Sender = Arc<Mutex<HeaderMap>>;

/// Answers with `hello` in this `Content-Encoding`, and keeps the headers it was asked with.
fn answering(
    encoding: &'static str,
    status: StatusCode,
) -> (
    Sender,
    impl Service<Request<()>, Response = Response<Full<Bytes>>, Error = Infallible, Future: Send>
    + Clone,
) {
    let asked = Sender::default();
    let kept = Arc::clone(&asked);
    let service = service_fn(move |request: Request<()>| {
        *kept.lock().unwrap() = request.headers().clone();
        let body = Sent::Gzip.encode(b"hello");
        let mut response = Response::new(Full::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert("content-encoding", HeaderValue::from_static(encoding));
        headers.insert("content-length", HeaderValue::from_static("25"));
        headers.insert("etag", HeaderValue::from_static("\"a\""));
        ready(Ok(response))
    });
    (asked, service)
}

fn get() -> Request<()> {
    Request::get("https://h/").body(()).unwrap()
}

#[tokio::test]
async fn a_body_is_asked_for_in_all_codings_and_decoded() {
    let (asked, inner) = answering("gzip", StatusCode::OK);
    let service = DecompressionLayer::new().layer(inner);
    let response = service.oneshot(get()).await.unwrap();
    assert_eq!(
        asked.lock().unwrap()["accept-encoding"],
        "gzip, deflate, br, zstd"
    );
    let names: Vec<_> = response.headers().keys().collect();
    assert_eq!(names, ["etag"]);
    let body = response.into_body().collect().await.unwrap();
    assert_eq!(body.to_bytes(), "hello");
}

#[tokio::test]
async fn what_the_caller_asks_for_stays_and_the_answer_is_decoded() {
    let (asked, inner) = answering("gzip", StatusCode::OK);
    let mut request = get();
    let value = HeaderValue::from_static("gzip;q=0.5");
    request.headers_mut().insert("accept-encoding", value);
    let service = DecompressionLayer::new().layer(inner);
    let response = service.oneshot(request).await.unwrap();
    assert_eq!(asked.lock().unwrap()["accept-encoding"], "gzip;q=0.5");
    let body = response.into_body().collect().await.unwrap();
    assert_eq!(body.to_bytes(), "hello");
}

#[tokio::test]
async fn a_part_and_an_unknown_coding_come_as_they_are() {
    for (encoding, status) in [
        ("gzip", StatusCode::PARTIAL_CONTENT),
        ("gzip, compress", StatusCode::OK),
    ] {
        let (_, inner) = answering(encoding, status);
        let service = DecompressionLayer::new().layer(inner);
        let response = service.oneshot(get()).await.unwrap();
        assert_eq!(response.headers()["content-encoding"], encoding);
        assert_eq!(response.headers()["content-length"], "25");
        let body = response.into_body().collect().await.unwrap();
        assert_eq!(body.to_bytes(), Sent::Gzip.encode(b"hello"), "{encoding}");
    }
}

#[tokio::test]
async fn a_range_asks_for_no_coding() {
    let (asked, inner) = answering("identity", StatusCode::PARTIAL_CONTENT);
    let mut request = get();
    let range = HeaderValue::from_static("bytes=1-");
    request.headers_mut().insert("range", range);
    let service = DecompressionLayer::new().layer(inner);
    service.oneshot(request).await.unwrap();
    assert!(!asked.lock().unwrap().contains_key("accept-encoding"));
}

#[tokio::test]
async fn the_headers_of_an_answer_to_head_stay() {
    let (_, inner) = answering("gzip", StatusCode::OK);
    let mut request = get();
    *request.method_mut() = Method::HEAD;
    let service = DecompressionLayer::new().layer(inner);
    let response = service.oneshot(request).await.unwrap();
    assert_eq!(response.headers().len(), 3);
}

#[tokio::test]
async fn the_limits_of_the_layer_hold() {
    let (_, inner) = answering("gzip", StatusCode::OK);
    let limits = DecodingLimits::default().with_max_bytes(4);
    for service in [
        DecompressionLayer::new()
            .with_limits(limits)
            .layer(inner.clone()),
        Decompression::new(inner).with_limits(limits),
    ] {
        let response = service.oneshot(get()).await.unwrap();
        let error = response.into_body().collect().await.unwrap_err();
        let error = error.downcast::<DecompressionError>().unwrap();
        let limit_is_4 = matches!(*error, DecompressionError::TooLarge { limit: 4 });
        assert!(limit_is_4, "{error:?}");
    }
}

#[tokio::test]
async fn too_many_codings_are_the_error_of_the_service() {
    let (_, inner) = answering("br, br, br, br, gzip", StatusCode::OK);
    let service = DecompressionLayer::new().layer(inner);
    let error = service.oneshot(get()).await.unwrap_err();
    let error = error.downcast::<DecompressionError>().unwrap();
    let limit_is_4 = matches!(*error, DecompressionError::TooManyCodings { limit: 4 });
    assert!(limit_is_4, "{error:?}");
}

/// An error of a program's own.
#[derive(Debug)]
enum Failed {
    Decompression(DecompressionError),
    Io(io::Error),
}

impl From<DecompressionError> for Failed {
    fn from(error: DecompressionError) -> Self {
        Self::Decompression(error)
    }
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

#[tokio::test]
async fn all_errors_are_of_the_type_that_is_set() {
    let inner = service_fn(|request: Request<()>| {
        let script = Script::of(["rubbish"]);
        let broken = || Next::Fail(io::Error::from(io::ErrorKind::BrokenPipe));
        let body = match request.uri().path() {
            "/dead" => return ready(Err(io::Error::from(io::ErrorKind::TimedOut))),
            "/broken" => Script::default().then(broken()),
            _ => script,
        };
        let mut response = Response::new(body);
        let gzip = HeaderValue::from_static("gzip");
        response.headers_mut().insert("content-encoding", gzip);
        ready(Ok(response))
    });
    let service = DecompressionLayer::new()
        .with_error::<Failed>()
        .layer(inner);
    let call = |path: &str| {
        let request = Request::get(format!("https://h{path}")).body(()).unwrap();
        service.oneshot(request)
    };
    match call("/dead").await {
        Err(Failed::Io(error)) => assert_eq!(error.kind(), io::ErrorKind::TimedOut),
        other => panic!("{other:?}"),
    }
    match call("/broken").await.unwrap().into_body().collect().await {
        Err(Failed::Io(error)) => assert_eq!(error.kind(), io::ErrorKind::BrokenPipe),
        other => panic!("{other:?}"),
    }
    match call("/rubbish").await.unwrap().into_body().collect().await {
        Err(Failed::Decompression(DecompressionError::Corrupt { .. })) => {}
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_error_of_the_inner_service_is_in_the_box_as_it_is() {
    let inner = service_fn(|_: Request<()>| {
        let timed_out = io::Error::from(io::ErrorKind::TimedOut);
        ready(Err::<Response<Full<Bytes>>, _>(timed_out))
    });
    let service = DecompressionLayer::default().layer(inner);
    let error: BoxError = service.oneshot(get()).await.unwrap_err();
    let error = error.downcast::<io::Error>().unwrap();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
}

#[test]
fn debug_shows_the_limits() {
    assert_eq!(
        format!("{:?}", DecompressionLayer::new()),
        "DecompressionLayer { limits: DecodingLimits { max_bytes: None, max_ratio: Some(1000) } }"
    );
}
