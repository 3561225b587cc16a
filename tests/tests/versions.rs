//! Clients that use one version of HTTP alone.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its own functions too"
)]

use std::convert::Infallible;
use std::net::SocketAddr;

use bonafide::{Client, ClientBuilder, Delivery, Kind, Phase, Version};
use bonafide_testkit::{Alpn, PlainServer, Recipe, TestCa, TestServer};
use bonafide_tests::trusting;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};

async fn server(ca: &TestCa, alpn: Alpn) -> TestServer {
    TestServer::builder(ca.issue(Recipe::for_host("localhost")))
        .alpn(alpn)
        .handler(|_| async { Response::new("ok") })
        .start()
        .await
}

fn builder(ca: &TestCa) -> ClientBuilder {
    Client::builder().policy(trusting(ca).build().unwrap())
}

#[tokio::test]
async fn a_client_offers_the_versions_that_it_uses_and_refuses_others_before_it_sends() {
    let ca = TestCa::new();
    let any = || builder(&ca);
    let (one, two) = (|| builder(&ca).http1_only(), || builder(&ca).http2_only());
    let (http1, http2) = (Some(Version::HTTP_11), Some(Version::HTTP_2));
    // what the server supports, the client, and the version that they use
    for (alpn, client, expected) in [
        (Alpn::Http1, any(), http1),
        (Alpn::Http1, one(), http1),
        (Alpn::Http2, any(), http2),
        (Alpn::Http2, two(), http2),
        (Alpn::Http1, two(), None),
        (Alpn::Http2, one(), None),
    ] {
        let server = server(&ca, alpn).await;
        let client = client.build().unwrap();
        match (client.get(server.url("/")).send().await, expected) {
            (Ok(response), Some(version)) => assert_eq!(response.version(), version),
            (Err(error), None) => {
                // rustls ends a handshake without a protocol in common (RFC 7301 section 3.2).
                assert_eq!(error.kind(), Kind::Tls, "{error}");
                assert_eq!(error.phase(), Some(Phase::Tls));
                assert_eq!(error.delivery(), Delivery::NotSent);
                assert_eq!(server.request_count(), 0);
            }
            (ended, expected) => unreachable!("{ended:?}, and not {expected:?}"),
        }
    }
}

/// A server that supports HTTP/2 alone, over plain TCP.
async fn plain_http2() -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = service_fn(|_: Request<Incoming>| async {
                Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"ok"))))
            });
            let builder = http2::Builder::new(TokioExecutor::new());
            tokio::spawn(builder.serve_connection(TokioIo::new(stream), service));
        }
    });
    address
}

#[tokio::test]
async fn http2_by_prior_knowledge_is_for_plain_http_where_that_is_allowed() {
    let (ca, address) = (TestCa::new(), plain_http2().await);
    let url = format!("http://{address}/");
    let refused = builder(&ca).http2_only().build().unwrap();
    let error = refused.get(&url).send().await.unwrap_err();
    assert_eq!(error.kind(), Kind::PlainHttpRefused);

    let client = builder(&ca)
        .http2_only()
        .allow_plain_http()
        .build()
        .unwrap();
    let response = client.get(&url).send().await.unwrap();
    assert_eq!(response.version(), Version::HTTP_2);
    assert_eq!(response.text().await.unwrap(), "ok");

    let by_default = builder(&ca).allow_plain_http().build().unwrap();
    let plain = PlainServer::start().await;
    let response = by_default.get(plain.url("/")).send().await.unwrap();
    assert_eq!(response.version(), Version::HTTP_11);
}
