//! Headers that bonafide's client sends to one origin alone.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its own functions too"
)]

use std::error::Error as _;

use bonafide::redirect::Redirects;
use bonafide::{Client, ClientBuilder, Kind, StatusCode};
use bonafide_testkit::{Alpn, PlainServer, Recipe, TestCa, TestServer};
use bonafide_tests::trusting;
use bonafide_tower::default_headers::DefaultHeaderError;
use bonafide_tower::origin::OriginError;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};

const TICKET: HeaderName = HeaderName::from_static("x-ticket");

/// Answers with the fields that begin with `x-` and `Accept`; leads `/to/URL` to that URL.
fn echo(request: &Request<Bytes>) -> Response<Bytes> {
    if let Some(url) = request.uri().path().strip_prefix("/to/") {
        let response = Response::builder().status(StatusCode::FOUND);
        return response.header("location", url).body(Bytes::new()).unwrap();
    }
    let shown = |name: &&HeaderName| name.as_str().starts_with("x-") || name.as_str() == "accept";
    let mut lines: Vec<_> = request
        .headers()
        .keys()
        .filter(shown)
        .flat_map(|name| {
            let values = request.headers().get_all(name).iter();
            values.map(move |value| format!("{name}: {}", value.to_str().unwrap()))
        })
        .collect();
    lines.sort();
    Response::new(lines.join("\n").into())
}

async fn server(ca: &TestCa, alpn: Alpn) -> TestServer {
    TestServer::builder(ca.issue(Recipe::for_hosts(["localhost", "127.0.0.1"])))
        .alpn(alpn)
        .handler(|request| std::future::ready(echo(&request)))
        .start()
        .await
}

fn builder(ca: &TestCa) -> ClientBuilder {
    Client::builder().policy(trusting(ca).build().unwrap())
}

async fn sent(client: &Client, url: &str) -> String {
    let response = client.get(url).send().await.unwrap();
    response.text().await.unwrap()
}

#[tokio::test]
async fn a_header_of_an_origin_goes_to_that_origin_alone_and_not_on_with_a_redirect() {
    let ca = TestCa::new();
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(&ca, alpn).await;
        let origin = server.url("");
        let client = builder(&ca)
            .default_header_at(&origin, "accept", "a/b")
            .default_header_at(&origin, "X-Two", "1")
            .default_header_at(&origin, "x-two", "2")
            .secret_header_at(&origin, "x-api-key", "s3cret")
            .build()
            .unwrap();
        let all = "accept: a/b\nx-api-key: s3cret\nx-two: 1\nx-two: 2";
        assert_eq!(sent(&client, &server.url("/")).await, all, "{alpn:?}");
        let here = server.url(&format!("/to/{}", server.url("/")));
        assert_eq!(sent(&client, &here).await, all, "{alpn:?}");
        let other = server.url_for("127.0.0.1", "/");
        for url in [server.url(&format!("/to/{other}")), other] {
            assert_eq!(sent(&client, &url).await, "accept: */*", "{alpn:?}");
        }

        let own = client.get(server.url("/")).header("x-two", "3");
        let own = own.header("x-api-key", "own").send().await.unwrap();
        let own = own.text().await.unwrap();
        assert_eq!(own, "accept: a/b\nx-api-key: own\nx-two: 3");
        let shown = format!(
            "{client:?} {:?}",
            builder(&ca).secret_header_at(&origin, "x-k", "s3cret")
        );
        assert!(
            shown.contains("x-k") && !shown.contains("s3cret"),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn after_a_redirect_from_elsewhere_what_is_private_by_its_name_is_left_out() {
    let ca = TestCa::new();
    let server = server(&ca, Alpn::Http2).await;
    let client = builder(&ca)
        .secret_header_at(&server.url(""), "x-api-key", "s3cret")
        .default_header_at(&server.url(""), "x-two", "2")
        .build()
        .unwrap();
    let back = server.url_for("127.0.0.1", &format!("/to/{}", server.url("/")));
    assert_eq!(sent(&client, &back).await, "accept: */*\nx-two: 2");
}

#[tokio::test]
async fn a_default_header_that_the_caller_made_private_does_not_cross_origins() {
    let ca = TestCa::new();
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(&ca, alpn).await;
        let mut sensitive = HeaderValue::from_static("s3cret");
        sensitive.set_sensitive(true);
        let client = builder(&ca)
            .redirects(Redirects::default().with_private_header(TICKET))
            .default_headers(HeaderMap::from_iter([
                (TICKET, HeaderValue::from_static("s3cret")),
                (HeaderName::from_static("x-marked"), sensitive),
                (
                    HeaderName::from_static("x-two"),
                    HeaderValue::from_static("2"),
                ),
            ]))
            .build()
            .unwrap();
        let (here, other) = (server.url("/"), server.url_for("127.0.0.1", "/"));
        let all = "accept: */*\nx-marked: s3cret\nx-ticket: s3cret\nx-two: 2";
        let same = server.url(&format!("/to/{here}"));
        assert_eq!(sent(&client, &same).await, all, "{alpn:?}");
        // And back: what was left out stays out.
        let there = server.url(&format!("/to/{other}"));
        let back = server.url_for("127.0.0.1", &format!("/to/{here}"));
        let there_and_back = server.url(&format!("/to/{back}"));
        for url in [there, back, there_and_back] {
            let public = "accept: */*\nx-two: 2";
            assert_eq!(sent(&client, &url).await, public, "{alpn:?} {url}");
        }
    }
}

#[tokio::test]
async fn a_header_of_a_request_that_is_marked_as_sensitive_does_not_cross_origins() {
    let ca = TestCa::new();
    let server = server(&ca, Alpn::Http2).await;
    let client = builder(&ca).build().unwrap();
    let mut sensitive = HeaderValue::from_static("s3cret");
    sensitive.set_sensitive(true);
    let send = async |url: String| {
        let request = client.get(url).header("x-marked", sensitive.clone());
        let response = request.header("x-two", "2").send().await.unwrap();
        response.text().await.unwrap()
    };
    let same = server.url(&format!("/to/{}", server.url("/")));
    assert_eq!(send(same).await, "accept: */*\nx-marked: s3cret\nx-two: 2");
    let there = server.url(&format!("/to/{}", server.url_for("127.0.0.1", "/")));
    assert_eq!(send(there).await, "accept: */*\nx-two: 2");
}

#[tokio::test]
async fn over_plain_http_only_what_is_public_can_be_sent() {
    let plain = PlainServer::builder()
        .handler(|request| std::future::ready(echo(&request)))
        .start()
        .await;
    let origin = plain.url("");
    let client = Client::builder()
        .allow_plain_http()
        .default_header_at(&origin, "x-two", "2")
        .build()
        .unwrap();
    assert_eq!(
        sent(&client, &plain.url("/")).await,
        "accept: */*\nx-two: 2"
    );

    let error = Client::builder()
        .secret_header_at("http://h.example", "x-api-key", "s3cret")
        .build()
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Config);
    assert_eq!(
        error.to_string(),
        "a default header cannot be used: the secret header x-api-key cannot be bound to \
         http://h.example: it would be sent unencrypted"
    );
}

#[test]
fn what_cannot_be_a_default_is_an_error_of_the_builder() {
    const ORIGIN: &str = "https://h.example";
    let cause = |builder: ClientBuilder| {
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), Kind::Config);
        error.source().unwrap().downcast_ref().cloned()
    };
    for name in bonafide_tower::default_headers::NOT_FOR_EVERY_REQUEST {
        let mut headers = HeaderMap::new();
        headers.insert(&name, HeaderValue::from_static("x"));
        let everywhere = Client::builder().default_headers(headers);
        let error = everywhere.build().unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("{name} cannot be a default header")
        );
        let at = Client::builder().default_header_at(ORIGIN, &name, "x");
        let refused = DefaultHeaderError::NotForEveryRequest { name };
        assert_eq!(cause(at), Some(refused));
    }
    let path = Client::builder().default_header_at("https://h.example/a", "x-a", "b");
    assert_eq!(
        cause(path),
        Some(DefaultHeaderError::NotAnOrigin {
            name: HeaderName::from_static("x-a"),
            source: OriginError::MoreThanOrigin
        })
    );
    let value = Client::builder().secret_header_at(ORIGIN, "x-a", "s3cret\n");
    assert_eq!(
        cause(value),
        Some(DefaultHeaderError::NotAValue {
            name: HeaderName::from_static("x-a")
        })
    );
    for builder in [
        Client::builder().default_header_at(ORIGIN, "x a", "b"),
        Client::builder().default_header_at(ORIGIN, "x-a", "b\n"),
        Client::builder().secret_header_at(ORIGIN, "x a", "s3cret"),
    ] {
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), Kind::Config);
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
}
