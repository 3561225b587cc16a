//! What goes out and what comes back.

use std::net::{Ipv6Addr, SocketAddr};
use std::sync::Arc;

use bonafide::{ConnectionInfo, Kind, Receipt};
use bonafide_testkit::{Alpn, Recipe, TestServer};
use http::{HeaderMap, HeaderValue, Response, StatusCode, Version, header};

use crate::support::{builder, ca, client, loopback, server};

#[tokio::test]
async fn every_response_has_a_receipt_fresh_and_pooled_over_both_protocols() {
    for (alpn, version) in [
        (Alpn::Http1, Version::HTTP_11),
        (Alpn::Http2, Version::HTTP_2),
    ] {
        let server = server(alpn).start().await;
        let client = client();
        for reused in [false, true] {
            let response = client
                .get(server.url("/a?b=c"))
                .send()
                .await
                .expect("a response");
            assert_eq!(response.status(), StatusCode::OK);
            assert_eq!(response.version(), version);
            assert_eq!(response.remote_addr(), Some(server.addr()));
            assert_eq!(response.url().as_str(), server.url("/a?b=c"));
            assert_eq!(response.content_length(), Some(2));
            assert_eq!(response.redirects(), []);
            assert_eq!(response.timings().expect("it was sent").reused(), reused);
            assert!(
                response
                    .timings()
                    .expect("it was sent")
                    .opening()
                    .tls
                    .is_some()
            );
            let receipt = response.receipt().expect("verified");
            assert!(receipt.is_verified());
            assert_eq!(receipt.host(), Some("localhost"));
            let in_extensions = response
                .extensions()
                .get::<Arc<Receipt>>()
                .expect("the receipt");
            assert!(Arc::ptr_eq(receipt, in_extensions));
            let connection = response
                .extensions()
                .get::<Arc<ConnectionInfo>>()
                .expect("the connection");
            assert_eq!(connection.version(), version);
            assert_eq!(response.text().await.expect("a body"), "ok");
        }
        assert_eq!(server.tls_handshakes(), 1);
        server.shutdown().await;
    }
}

#[tokio::test]
async fn a_request_arrives_as_it_was_built() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(alpn).start().await;
        let mut more = HeaderMap::new();
        more.insert("x-set", "new".parse().expect("a value"));
        client()
            .post(server.url("/path"))
            .query(&[("a", "1 2"), ("b", "\u{fc}")])
            .query(&[("c", "3")])
            .header("x-twice", "1")
            .header("x-twice", "2")
            .header("x-set", "old")
            .headers(more)
            .bearer_auth("token")
            .json(&serde_json::json!({"n": [1, 2]}))
            .send()
            .await
            .expect("a response");
        client()
            .put(server.url("/form"))
            .basic_auth("user", Some("pass"))
            .form(&[("k", "v w")])
            .send()
            .await
            .expect("a response");
        let requests = server.requests();
        let [json, form] = &requests[..] else {
            panic!("two requests, not {requests:?}")
        };
        assert_eq!(json.method, "POST");
        assert_eq!(
            json.uri.path_and_query().expect("a path"),
            "/path?a=1+2&b=%C3%BC&c=3"
        );
        let twice: Vec<_> = json.headers.get_all("x-twice").iter().collect();
        assert_eq!(twice, ["1", "2"]);
        assert_eq!(
            json.headers.get_all("x-set").iter().collect::<Vec<_>>(),
            ["new"]
        );
        assert_eq!(json.headers[header::AUTHORIZATION], "Bearer token");
        assert_eq!(json.headers[header::CONTENT_TYPE], "application/json");
        assert_eq!(json.headers[header::CONTENT_LENGTH], "11");
        assert_eq!(json.headers[header::ACCEPT], "*/*");
        assert_eq!(
            json.headers[header::USER_AGENT],
            concat!("bonafide/", env!("CARGO_PKG_VERSION"))
        );
        assert_eq!(json.headers.get(header::REFERER), None);
        assert_eq!(json.body, r#"{"n":[1,2]}"#);
        assert_eq!(json.sni.as_deref(), Some("localhost"));
        assert_eq!(form.method, "PUT");
        assert_eq!(form.headers[header::AUTHORIZATION], "Basic dXNlcjpwYXNz");
        assert_eq!(
            form.headers[header::CONTENT_TYPE],
            "application/x-www-form-urlencoded"
        );
        assert_eq!(form.body, "k=v+w");
        server.shutdown().await;
    }
}

#[tokio::test]
async fn the_clients_headers_give_way_to_the_requests() {
    let server = server(Alpn::Http1).start().await;
    let mut headers = HeaderMap::new();
    headers.insert("x-default", "client".parse().expect("a value"));
    let client = builder()
        .user_agent("shop/1.0")
        .default_headers(headers)
        .build()
        .expect("a client");
    client
        .get(server.url("/"))
        .send()
        .await
        .expect("a response");
    client
        .get(server.url("/"))
        .header("x-default", "request")
        .send()
        .await
        .expect("a response");
    let requests = server.requests();
    assert_eq!(requests[0].headers[header::USER_AGENT], "shop/1.0");
    assert_eq!(requests[0].headers["x-default"], "client");
    let own: Vec<_> = requests[1].headers.get_all("x-default").iter().collect();
    assert_eq!(own, ["request"]);
}

#[tokio::test]
async fn hosts_may_be_addresses() {
    let v4 = TestServer::http2(loopback()).await;
    let v6 = TestServer::builder(loopback())
        .bind(SocketAddr::from((Ipv6Addr::LOCALHOST, 0)))
        .start()
        .await;
    for (server, host, shown) in [(&v4, "127.0.0.1", "127.0.0.1"), (&v6, "::1", "[::1]")] {
        let url = server.url_for(host, "/");
        let response = client().get(&url).send().await.expect("a response");
        assert_eq!(response.url().as_str(), url);
        assert_eq!(response.url().host_str(), Some(shown));
        assert_eq!(response.remote_addr(), Some(server.addr()));
        let request = &server.requests()[0];
        assert_eq!(request.sni, None, "RFC 6066 section 3: no addresses in SNI");
    }
}

#[tokio::test]
async fn a_given_address_is_used_and_the_certificate_still_has_to_be_for_the_host() {
    let identity = ca().issue(Recipe::for_host("shop.example"));
    let server = TestServer::builder(identity)
        .alpn(Alpn::Http1)
        .start()
        .await;
    let client = builder()
        .resolve("shop.example", server.addr())
        .resolve("other.example", server.addr())
        .build()
        .expect("a client");
    // The trailing dot is for the name lookup; neither SNI nor the certificate has it.
    for url in [
        "https://shop.example/",
        "https://SHOP.example:443/",
        "https://shop.example./",
    ] {
        let response = client.get(url).send().await.expect(url);
        assert_eq!(response.remote_addr(), Some(server.addr()));
    }
    for request in server.requests() {
        assert_eq!(request.sni.as_deref(), Some("shop.example"));
    }
    let error = client
        .get("https://other.example/")
        .send()
        .await
        .expect_err("not for that name");
    assert_eq!(error.kind(), Kind::Refused);
    assert_eq!(error.code(), Some(bonafide::Code::NameMismatch));
}

#[tokio::test]
async fn credentials_in_a_url_are_sent_and_never_shown() {
    let server = server(Alpn::Http1)
        .handler(|_| async {
            let mut response = Response::new("");
            *response.status_mut() = StatusCode::FORBIDDEN;
            response
        })
        .start()
        .await;
    let url = server.url("/x").replace("https://", "https://user:s3cret@");
    let response = client().get(url).send().await.expect("a response");
    assert_eq!(response.url().as_str(), server.url("/x"));
    assert!(!format!("{response:?}").contains("s3cret"));
    let error = response.error_for_status().expect_err("403");
    assert_eq!(
        (error.kind(), error.status()),
        (Kind::Status, Some(StatusCode::FORBIDDEN))
    );
    assert_eq!(
        error.to_string(),
        format!("{}: 403 Forbidden", server.url("/x"))
    );
    assert!(error.receipt().expect("verified").is_verified());
    assert_eq!(
        server.requests()[0].headers[header::AUTHORIZATION],
        "Basic dXNlcjpzM2NyZXQ="
    );
}

#[tokio::test]
async fn responses_without_a_body_leave_the_connection_to_the_next_request() {
    let server = server(Alpn::Http1)
        .handler(|request| async move {
            let mut response = Response::new("");
            if request.uri().path() == "/204" {
                *response.status_mut() = StatusCode::NO_CONTENT;
            }
            response
        })
        .start()
        .await;
    let client = client();
    client
        .head(server.url("/head"))
        .send()
        .await
        .expect("a response");
    client
        .get(server.url("/204"))
        .send()
        .await
        .expect("a response");
    let dropped_unread = client
        .get(server.url("/"))
        .send()
        .await
        .expect("a response");
    drop(dropped_unread);
    client
        .get(server.url("/"))
        .send()
        .await
        .expect("a response");
    assert_eq!(server.tcp_connections(), 1);
}

#[tokio::test]
async fn the_response_to_head_has_no_body_and_says_in_its_headers_how_long_it_would_be() {
    let server = server(Alpn::Both)
        .handler(|request| async move {
            let body = if request.method() == "HEAD" {
                ""
            } else {
                "five5"
            };
            let mut response = Response::new(body);
            let length = HeaderValue::from_static("5");
            response.headers_mut().insert("content-length", length);
            response
        })
        .start()
        .await;
    let client = client();
    for request in [
        client.head(server.url("/")).http1_only(),
        client.head(server.url("/")).http2_only(),
    ] {
        let head = request.send().await.expect("a response");
        assert_eq!(head.content_length(), Some(0));
        assert_eq!(head.headers()["content-length"], "5");
    }
    let whole = client.get(server.url("/")).send().await;
    assert_eq!(whole.expect("a response").content_length(), Some(5));
}

#[test]
fn a_client_is_built_without_a_runtime_and_its_handles_can_be_shared() {
    fn shared<T: Send + Sync + Clone + 'static>(_: &T) {}
    fn sent<T: Send>(_: &T) {}
    let client = bonafide::Client::new();
    shared(&client);
    sent(&client.get("https://localhost/").send());
    assert_eq!(size_of::<bonafide::Error>(), size_of::<usize>());
}

#[test]
fn builders_requests_and_responses_can_be_kept_in_shared_state() {
    fn kept<T: Send + Sync + std::fmt::Debug + 'static>() {}
    kept::<bonafide::ClientBuilder>();
    kept::<bonafide::RequestBuilder>();
    kept::<bonafide::Request>();
    kept::<bonafide::Response>();
    kept::<bonafide::Body>();
    kept::<bonafide::BodyReader>();
    kept::<bonafide::BytesStream>();
    kept::<bonafide::Lines>();
    kept::<bonafide::Proxy>();
    kept::<bonafide::Error>();
}

/// The future is moved a few times with every request, so that its size is time.
#[test]
fn a_request_under_way_takes_less_than_two_kilobytes() {
    let request = bonafide::Client::new().get("https://localhost/").send();
    let bytes = size_of_val(&request);
    assert!(bytes < 2048, "{bytes}");
}

#[tokio::test]
async fn debug_names_headers_and_keeps_their_values() {
    let server = server(Alpn::Both)
        .handler(|_| async {
            let mut response = Response::new("");
            let cookie = HeaderValue::from_static("sid=s3cret");
            response.headers_mut().append("set-cookie", cookie.clone());
            response.headers_mut().append("set-cookie", cookie);
            response
        })
        .start()
        .await;
    let mut defaults = HeaderMap::new();
    defaults.insert("cookie", HeaderValue::from_static("s3cret"));
    let builder = builder().default_headers(defaults);
    let of_builder = format!("{builder:?}");
    let client = builder.build().expect("a client");
    let of_client = format!("{client:?}");
    let request = client.get(server.url("/")).header("x-api-key", "s3cret");
    let of_request = format!("{request:?}");
    let response = request.send().await.expect("a response");
    let of_response = format!("{response:?}");
    for (shown, headers) in [
        (
            &of_builder,
            r#"default_headers: ["accept", "user-agent", "cookie"]"#,
        ),
        (&of_client, "Client {"),
        (&of_request, r#"headers: ["x-api-key"]"#),
        (&of_response, r#""set-cookie""#),
    ] {
        assert!(shown.contains(headers), "{shown}");
        assert!(!shown.contains("s3cret"), "{shown}");
    }
    assert_eq!(of_response.matches("set-cookie").count(), 1);
}
