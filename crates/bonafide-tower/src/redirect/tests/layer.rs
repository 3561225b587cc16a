use std::convert::Infallible;
use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::uri::InvalidUri;
use http::{HeaderValue, Method, Request, Response, StatusCode, Version};
use http_body::{Body, Frame};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use tower::{Layer as _, Service, ServiceExt as _, service_fn};

use crate::BoxError;
use crate::redirect::{Hops, RedirectError, RedirectLayer, Redirects, RepeatBody};

/// Answers `/STATUS/LOCATION` with that status and `Location`, else with 200; each clone has to be
/// ready before each call. What it was asked is kept.
struct Scripted<B> {
    asked: Arc<Mutex<Vec<Request<B>>>>,
    is_ready: bool,
    /// How often it says that it is not ready yet.
    delays: usize,
}

impl<B> Default for Scripted<B> {
    fn default() -> Self {
        Self {
            asked: Arc::default(),
            is_ready: false,
            delays: 0,
        }
    }
}

impl<B> Clone for Scripted<B> {
    fn clone(&self) -> Self {
        Self {
            asked: Arc::clone(&self.asked),
            is_ready: false,
            delays: 2,
        }
    }
}

fn redirect<B>(status: StatusCode, location: &str, body: B) -> Response<B> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let location = HeaderValue::from_str(location).unwrap();
    response.headers_mut().insert("location", location);
    response
}

impl<B> Service<Request<B>> for Scripted<B> {
    type Response = Response<()>;
    type Error = io::Error;
    type Future = Ready<Result<Response<()>, io::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
        if self.delays > 0 {
            self.delays -= 1;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.is_ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        assert!(self.is_ready, "called before it was ready");
        self.is_ready = false;
        let path = request.uri().path();
        let answer = if path == "/dead" {
            Err(io::Error::other("dead line"))
        } else {
            Ok(match path[1..].split_once('/') {
                Some((status, location)) => redirect(status.parse().unwrap(), location, ()),
                None => Response::new(()),
            })
        };
        self.asked.lock().unwrap().push(request);
        ready(answer)
    }
}

impl<B> Scripted<B> {
    fn asked(&self) -> Vec<Request<B>> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

fn get(uri: &str) -> Request<()> {
    Request::get(uri).body(()).unwrap()
}

fn hops<R>(response: &Response<R>) -> Vec<(String, u16)> {
    let hops = response.extensions().get::<Hops>();
    hops.map_or(&[][..], Hops::as_slice)
        .iter()
        .map(|hop| (hop.url.to_string(), hop.status.as_u16()))
        .collect()
}

#[tokio::test]
async fn each_request_waits_until_the_inner_service_is_ready_and_the_hops_are_on_the_response() {
    let inner = Scripted::default();
    let mut service = RedirectLayer::new().layer(inner.clone());
    for _ in 0..2 {
        let first = get("https://us:pw@h/302//307/https://there/end");
        let response = service.ready().await.unwrap().call(first).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(
            hops(&response),
            [
                ("https://h/302//307/https://there/end".to_owned(), 302),
                ("https://h/307/https://there/end".to_owned(), 307),
            ]
        );
        let uris: Vec<_> = inner
            .asked()
            .iter()
            .map(|asked| asked.uri().to_string())
            .collect();
        assert_eq!(
            uris,
            [
                "https://us:pw@h/302//307/https://there/end",
                "https://h/307/https://there/end",
                "https://there/end"
            ]
        );
    }
}

#[tokio::test]
async fn a_response_that_no_redirect_led_to_has_no_hops() {
    let service = RedirectLayer::new().layer(Scripted::default());
    for uri in ["https://h/", "https://h/304//a", "https://h/404//a"] {
        let response = service.clone().oneshot(get(uri)).await.unwrap();
        assert!(response.extensions().get::<Hops>().is_none(), "{uri}");
    }
}

#[tokio::test]
async fn version_extensions_and_other_headers_are_those_of_the_first_request() {
    #[derive(Clone, Debug, PartialEq)]
    struct Marked(u8);

    let inner = Scripted::default();
    let service = RedirectLayer::new().layer(inner.clone());
    let request = Request::put("https://h/307/https://there/")
        .version(Version::HTTP_10)
        .header("x-kept", "1")
        .header("authorization", "s3cret")
        .extension(Marked(7))
        .body("text".to_owned())
        .unwrap();
    service.oneshot(request).await.unwrap();
    let asked = inner.asked();
    assert_eq!(asked.len(), 2);
    let second = &asked[1];
    assert_eq!(second.method(), Method::PUT);
    assert_eq!(second.version(), Version::HTTP_10);
    assert_eq!(second.extensions().get(), Some(&Marked(7)));
    assert_eq!(second.headers()["x-kept"], "1");
    assert_eq!(second.headers().len(), 1);
    assert_eq!(second.body(), "text");
}

#[tokio::test]
async fn a_uri_that_is_not_an_https_or_http_url_has_the_redirect_as_its_response() {
    let service = RedirectLayer::new().layer(Scripted::default());
    for uri in ["/302//a", "ftp://h/302//a"] {
        let response = service.clone().oneshot(get(uri)).await.unwrap();
        assert_eq!(response.status(), 302, "{uri}");
        assert!(response.extensions().get::<Hops>().is_none(), "{uri}");
    }
}

#[tokio::test]
async fn a_location_that_no_uri_can_be_made_of_is_unusable() {
    let long = format!("https://h/{}", "y".repeat(70_000));
    let inner = service_fn(move |_: Request<()>| {
        ready(Ok::<_, Infallible>(redirect(StatusCode::FOUND, &long, ())))
    });
    let service = RedirectLayer::new().layer(inner);
    let error = service.oneshot(get("https://h/")).await.unwrap_err();
    match *error.downcast::<RedirectError>().unwrap() {
        RedirectError::Unusable { location, source } => {
            assert_eq!(location.len(), 128 + "\"...\"".len());
            assert!(source.is::<InvalidUri>(), "{source:?}");
        }
        other => panic!("{other:?}"),
    }
}

/// A body that counts how often its repetition is asked for.
#[derive(Clone, Default)]
struct Counted(Arc<AtomicUsize>);

impl RepeatBody for Counted {
    fn empty() -> Self {
        Self::default()
    }

    fn try_repeat(&self) -> Option<Self> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Some(self.clone())
    }
}

#[tokio::test]
async fn where_no_redirect_is_followed_no_repetition_of_the_body_is_asked_for() {
    for (redirects, status, asked) in [(Redirects::none(), 307, 0), (Redirects::up_to(1), 200, 2)] {
        let service = RedirectLayer::new()
            .with_redirects(redirects)
            .layer(Scripted::default());
        let body = Counted::default();
        let request = Request::post("https://h/307//a")
            .body(body.clone())
            .unwrap();
        assert_eq!(service.oneshot(request).await.unwrap().status(), status);
        assert_eq!(body.0.load(Ordering::SeqCst), asked);
    }
}

#[tokio::test]
async fn a_boxed_body_is_repeated_where_it_has_no_content() {
    let boxed = |text: &'static str| BoxBody::new(Full::new(Bytes::from_static(text.as_bytes())));
    for (method, text, status) in [
        (Method::GET, "", 200),
        (Method::POST, "once", 307),
        (Method::POST, "", 200),
    ] {
        let service = RedirectLayer::new().layer(Scripted::default());
        let request = Request::builder()
            .method(method)
            .uri("https://h/307//a")
            .body(boxed(text))
            .unwrap();
        let response = service.oneshot(request).await.unwrap();
        assert_eq!(response.status(), status, "{text}");
    }
    let inner = Scripted::default();
    let service = RedirectLayer::new().layer(inner.clone());
    let request = Request::post("https://h/303//a")
        .body(boxed("once"))
        .unwrap();
    assert_eq!(service.oneshot(request).await.unwrap().status(), 200);
    let second = inner.asked().pop().unwrap();
    assert_eq!(second.method(), Method::GET);
    assert_eq!(second.into_body().collect().await.unwrap().to_bytes(), "");
}

/// A body of which it is known how many are alive, and that must not be read.
struct Unread(Arc<AtomicUsize>);

impl Unread {
    fn new(alive: &Arc<AtomicUsize>) -> Self {
        alive.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(alive))
    }
}

impl Drop for Unread {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Body for Unread {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        panic!("the body was read")
    }
}

#[tokio::test]
async fn the_body_of_a_redirect_is_dropped_unread_before_the_next_request() {
    let alive = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&alive);
    let inner = service_fn(move |request: Request<()>| {
        assert_eq!(counted.load(Ordering::SeqCst), 0, "{}", request.uri());
        let body = Unread::new(&counted);
        ready(Ok::<_, Infallible>(match request.uri().path() {
            "/" => redirect(StatusCode::FOUND, "/a", body),
            _ => Response::new(body),
        }))
    });
    let service = RedirectLayer::new().layer(inner);
    let response = service.oneshot(get("https://h/")).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(alive.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_error_of_the_inner_service_passes_as_it_is_at_every_hop() {
    let service = RedirectLayer::new().layer(Scripted::default());
    for uri in ["https://h/dead", "https://h/302//dead"] {
        let error: BoxError = service.clone().oneshot(get(uri)).await.unwrap_err();
        let error = error.downcast_ref::<io::Error>().unwrap();
        assert_eq!(error.to_string(), "dead line", "{uri}");
    }
}

/// What a program fails with that has no boxed errors.
#[derive(Debug)]
enum Failed {
    Redirect(RedirectError),
    Inner(io::Error),
}

impl From<RedirectError> for Failed {
    fn from(error: RedirectError) -> Self {
        Self::Redirect(error)
    }
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Inner(error)
    }
}

#[tokio::test]
async fn an_error_of_the_callers_own_holds_the_redirect_and_the_inner_error_by_type() {
    let service = RedirectLayer::new()
        .with_error::<Failed>()
        .layer(Scripted::default());
    match service
        .clone()
        .oneshot(get("https://h/302/http://h/"))
        .await
    {
        Err(Failed::Redirect(RedirectError::Insecure { to })) => {
            assert_eq!(to.ascii_serialization(), "http://h");
        }
        other => panic!("{other:?}"),
    }
    match service.oneshot(get("https://h/302//dead")).await {
        Err(Failed::Inner(error)) => assert_eq!(error.to_string(), "dead line"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_future_is_sent_between_threads() {
    let service = RedirectLayer::new().layer(Scripted::default());
    let call = tokio::spawn(service.oneshot(get("https://h/302//a")));
    assert_eq!(call.await.unwrap().unwrap().status(), 200);
}
