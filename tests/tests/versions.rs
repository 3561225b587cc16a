//! Clients that use one version of HTTP alone.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its own functions too"
)]

use std::convert::Infallible;
use std::net::SocketAddr;

use bonafide::versions::Versions;
use bonafide::{Body, Client, ClientBuilder, Delivery, Kind, Phase, RequestBuilder, Version};
use bonafide_testkit::{Alpn, PlainServer, Recipe, TestCa, TestServer};
use bonafide_tests::trusting;
use http::header::LOCATION;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tower::ServiceExt as _;
use tower::layer::util::Identity;

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

/// A server that supports both versions, redirects `/` to `/there`, and counts its connections.
async fn both(ca: &TestCa) -> TestServer {
    TestServer::builder(ca.issue(Recipe::for_host("localhost")))
        .alpn(Alpn::Both)
        .handler(|request| async move {
            let mut response = Response::new("ok");
            if request.uri().path() == "/" {
                *response.status_mut() = StatusCode::FOUND;
                let there = HeaderValue::from_static("/there");
                response.headers_mut().insert(LOCATION, there);
            }
            response
        })
        .start()
        .await
}

#[tokio::test]
async fn a_request_chooses_its_version_whatever_the_client_uses_and_keeps_it_over_redirects() {
    let ca = TestCa::new();
    let server = both(&ca).await;
    let clients = [
        builder(&ca),
        builder(&ca).http1_only(),
        builder(&ca).http2_only(),
        builder(&ca)
            .layer(Identity::new())
            .hop_layer(Identity::new()),
    ];
    for client in clients {
        let client = client.build().unwrap();
        let get = || client.get(server.url("/"));
        // Twice, since the second finds the connections of the first.
        for _ in 0..2 {
            for (request, version) in [
                (get().http1_only(), Version::HTTP_11),
                (get().http2_only(), Version::HTTP_2),
            ] {
                let response = request.send().await.unwrap();
                assert_eq!(response.url().path(), "/there");
                assert_eq!(response.version(), version);
                response.bytes().await.unwrap();
            }
        }
    }
    assert_eq!(
        server.tcp_connections(),
        8,
        "one for each client and version"
    );
}

#[tokio::test]
async fn a_request_of_the_http_crate_chooses_its_version_by_an_extension() {
    let ca = TestCa::new();
    let server = both(&ca).await;
    let client = builder(&ca).build().unwrap();
    let of_http =
        |request: RequestBuilder| Request::<Body>::try_from(request.build().unwrap()).unwrap();
    let request = || of_http(client.get(server.url("/there")));
    let send = async |request| client.clone().oneshot(request).await.unwrap().version();
    // The default of the `http` crate, which says nothing.
    assert_eq!(request().version(), Version::HTTP_11);
    assert_eq!(send(request()).await, Version::HTTP_2);
    let mut over_http1 = request();
    over_http1.extensions_mut().insert(Versions::Http1);
    assert_eq!(send(over_http1).await, Version::HTTP_11);

    let built = of_http(client.get(server.url("/there")).http1_only());
    assert_eq!(send(built).await, Version::HTTP_11);
}

#[tokio::test]
async fn what_is_offered_follows_the_request_and_not_the_client() {
    let ca = TestCa::new();
    for (alpn, client, refused) in [
        (Alpn::Http2, builder(&ca), Versions::Http1),
        (Alpn::Http1, builder(&ca).http1_only(), Versions::Http2),
    ] {
        let server = server(&ca, alpn).await;
        let client = client.build().unwrap();
        let get = || client.get(server.url("/"));
        get().send().await.unwrap();
        let request = match refused {
            Versions::Http1 => get().http1_only(),
            _ => get().http2_only(),
        };
        let error = request.send().await.unwrap_err();
        assert_eq!((error.kind(), error.phase()), (Kind::Tls, Some(Phase::Tls)));
        assert_eq!(error.delivery(), Delivery::NotSent);
        assert_eq!(server.request_count(), 1);
    }
}

#[tokio::test]
async fn a_request_over_plain_http_uses_http2_by_prior_knowledge_where_it_says_so() {
    let (ca, address) = (TestCa::new(), plain_http2().await);
    let url = format!("http://{address}/");
    let refused = builder(&ca).build().unwrap();
    let error = refused.get(&url).http2_only().send().await.unwrap_err();
    assert_eq!(error.kind(), Kind::PlainHttpRefused);
    let client = builder(&ca).allow_plain_http().build().unwrap();
    let response = client.get(&url).http2_only().send().await.unwrap();
    assert_eq!(response.version(), Version::HTTP_2);
}

#[tokio::test]
async fn connections_that_the_caller_closes_serve_no_further_request() {
    let ca = TestCa::new();
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(&ca, alpn).await;
        let client = builder(&ca).build().unwrap();
        for expected in [1, 2] {
            let response = client.get(server.url("/")).send().await.unwrap();
            assert_eq!(response.text().await.unwrap(), "ok");
            assert_eq!(server.tcp_connections(), expected, "{alpn:?}");
            client.close_idle_connections();
        }
    }
}
