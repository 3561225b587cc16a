//! What is known of a response, whatever it passed on its way to the caller.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bonafide::retry::Attempts;
use bonafide::{Body, Bytes, ClientBuilder, Receipt, Response, StatusCode, Timings};
use bonafide_testkit::server::TestBody;
use bonafide_testkit::{Alpn, TestCa, TestServer};
use futures_util::stream;
use http::{HeaderMap, HeaderName, HeaderValue, Request, header};
use http_body::Frame;
use http_body_util::StreamBody;
use tower::ServiceExt as _;
use tower::layer::util::Identity;

use crate::stage::{ALPNS, builder, serving};

const SUM: HeaderName = HeaderName::from_static("x-sum");

/// Leads `/from` to `/to`, and answers 503 to the first request to that, and then in two pieces and
/// with a trailer.
async fn server(ca: &TestCa, alpn: Alpn) -> TestServer {
    let asked = Arc::new(AtomicUsize::new(0));
    let handler = serving(ca, alpn).handler(move |request| {
        let is_from = request.uri().path() == "/from";
        let is_first = !is_from && asked.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            let response = http::Response::builder();
            if is_from {
                let response = response.status(StatusCode::FOUND).header("location", "/to");
                return response.body(TestBody::from("")).unwrap();
            }
            if is_first {
                let response = response.status(StatusCode::SERVICE_UNAVAILABLE);
                return response.body(TestBody::from("")).unwrap();
            }
            let trailers = HeaderMap::from_iter([(SUM, HeaderValue::from_static("9"))]);
            let frames = [
                Frame::data(Bytes::from_static(b"ca\n")),
                Frame::data(Bytes::from_static(b"ke")),
                Frame::trailers(trailers),
            ];
            let body = StreamBody::new(stream::iter(frames.map(Ok::<_, Infallible>)));
            let response = response.header(header::TRAILER, SUM);
            response.body(TestBody::from_body(body)).unwrap()
        }
    });
    handler.start().await
}

/// A client, and how many layers it has around calls and around hops.
type Layered = fn(ClientBuilder) -> ClientBuilder;

const LAYERED: [Layered; 4] = [
    |client| client,
    |client| client.layer(Identity::new()),
    |client| client.hop_layer(Identity::new()),
    |client| client.layer(Identity::new()).hop_layer(Identity::new()),
];

#[tokio::test]
async fn a_response_that_passed_layers_the_service_and_conversions_has_all_that_is_known_of_it() {
    let ca = TestCa::new();
    for alpn in ALPNS {
        for (index, layered) in LAYERED.into_iter().enumerate() {
            for as_service in [false, true] {
                let row = format!("{alpn:?}, layers {index}, as a service: {as_service}");
                let server = server(&ca, alpn).await;
                let client = layered(builder(&ca)).build().unwrap();
                let get = client.get(server.url("/from")).header("te", "trailers");
                let response = if as_service {
                    let request = Request::<Body>::try_from(get.build().unwrap()).unwrap();
                    Response::from(client.oneshot(request).await.unwrap())
                } else {
                    let response = get.send().await.unwrap();
                    Response::from(http::Response::from(response))
                };
                assert_eq!(response.url().as_str(), server.url("/to"), "{row}");
                assert_eq!(response.redirects().len(), 1, "{row}");
                assert_eq!(response.redirects()[0].url.path(), "/from", "{row}");
                assert_eq!(response.attempts(), 3, "{row}");
                assert_eq!(response.remote_addr(), Some(server.addr()), "{row}");
                let extensions = response.extensions();
                let receipt = extensions.get::<Arc<Receipt>>().unwrap();
                assert!(Arc::ptr_eq(receipt, response.receipt().unwrap()), "{row}");
                let attempts = extensions.get::<Attempts>().unwrap();
                assert_eq!(attempts.made(), response.attempts(), "{row}");
                assert!(extensions.get::<Timings>().is_some(), "{row}");
                let (body, trailers) = response.bytes_with_trailers().await.unwrap();
                assert_eq!(body, "ca\nke", "{row}");
                assert_eq!(trailers.unwrap()[SUM], "9", "{row}");
            }
        }
    }
}
