//! Responses that nginx, Apache, Caddy and httpbin have encoded.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its own functions too"
)]

use bonafide::decompression::DecodingLimits;
use bonafide::{Client, Kind, StatusCode};
use bonafide_testkit::{Identity, Recipe, TestCa};
use bonafide_tests::{Apache, Caddy, Http, Httpbin, Nginx, Site, client_over, page};
use serde_json::{Value, json};

fn identity(ca: &TestCa) -> Identity {
    ca.issue(Recipe::for_host("localhost"))
}

/// The page arrives decoded, without the fields of what was sent. A caller that asks for the coding
/// by hand gets what was sent, under the name that the server has for the coding.
async fn is_decoded(client: &Client, http: Http, url: &str, coding: &str) {
    let response = client.get(url).send().await.unwrap();
    assert_eq!(
        (response.status(), response.version()),
        (StatusCode::OK, http.version())
    );
    for name in ["content-encoding", "content-length"] {
        assert_eq!(response.headers().get(name), None, "{url}: {name}");
    }
    assert_eq!(response.text().await.unwrap(), page(), "{url}");

    let request = client.get(url).header("accept-encoding", coding);
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-encoding"], coding, "{url}");
    let sent = response.bytes().await.unwrap();
    assert!(sent.len() < page().len() / 3, "{url}: {}", sent.len());
}

#[tokio::test]
async fn what_apache_compresses_is_decoded() {
    let ca = TestCa::new();
    let Some(apache) = Apache::presenting(&identity(&ca)).await else {
        return;
    };
    for http in Http::BOTH {
        let client = client_over(http, &ca).build().unwrap();
        for (path, coding) in [
            ("/br/page.txt", "br"),
            ("/gzip/page.txt", "gzip"),
            ("/page.txt.gz", "x-gzip"),
        ] {
            is_decoded(&client, http, &apache.url(path), coding).await;
        }
        let response = client.get(apache.url("/page.txt")).send().await.unwrap();
        assert_eq!(response.content_length(), Some(60_000));
        assert_eq!(response.text().await.unwrap(), page());
    }
}

#[tokio::test]
async fn what_caddy_compresses_is_decoded() {
    let ca = TestCa::new();
    let Some(caddy) = Caddy::presenting(&identity(&ca)).await else {
        return;
    };
    for http in Http::BOTH {
        let client = client_over(http, &ca).build().unwrap();
        for coding in ["zstd", "gzip"] {
            let url = caddy.url(&format!("/{coding}/page.txt"));
            is_decoded(&client, http, &url, coding).await;
            is_decoded(&client, http, &caddy.url("/both/page.txt"), coding).await;
        }
    }
}

#[tokio::test]
async fn what_nginx_compresses_is_decoded() {
    let ca = TestCa::new();
    let site = Site::new("localhost", &identity(&ca));
    let Some(nginx) = Nginx::serving([site]).start().await else {
        return;
    };
    for (http, url) in [
        (Http::One, nginx.http1_url("localhost", "/page")),
        (Http::Two, nginx.http2_url("localhost", "/page")),
    ] {
        let client = client_over(http, &ca).build().unwrap();
        is_decoded(&client, http, &url, "gzip").await;
    }
}

#[tokio::test]
async fn what_httpbin_compresses_is_decoded() {
    let ca = TestCa::new();
    let Some(httpbin) = Httpbin::presenting(&identity(&ca)).await else {
        return;
    };
    for http in Http::BOTH {
        let client = client_over(http, &ca).build().unwrap();
        for (path, flag, coding) in [
            ("/gzip", "gzipped", "gzip"),
            ("/brotli", "brotli", "br"),
            ("/deflate", "deflated", "deflate"),
        ] {
            let response = client.get(httpbin.url(path)).send().await.unwrap();
            assert_eq!(response.version(), http.version());
            assert_eq!(response.headers().get("content-encoding"), None, "{path}");
            let body: Value = response.json().await.unwrap();
            assert_eq!(body[flag], json!(true), "{path}");
            let asked = body["headers"]["Accept-Encoding"].as_str().unwrap();
            assert_eq!(asked, "gzip, deflate, br, zstd");

            // httpbin asks for no Accept-Encoding before it compresses.
            let off = client_over(http, &ca).no_decompression().build().unwrap();
            let response = off.get(httpbin.url(path)).send().await.unwrap();
            assert_eq!(response.headers()["content-encoding"], coding);
            let length = response.content_length();
            let sent = response.bytes().await.unwrap();
            assert_eq!(length, Some(sent.len() as u64));
            assert!(serde_json::from_slice::<Value>(&sent).is_err(), "{path}");
        }
    }
}

#[tokio::test]
async fn the_limits_of_decoding_hold_for_what_servers_compress() {
    let ca = TestCa::new();
    let Some(apache) = Apache::presenting(&identity(&ca)).await else {
        return;
    };
    let limits = DecodingLimits::default().with_max_bytes(59_999);
    for http in Http::BOTH {
        let builder = client_over(http, &ca);
        let low = builder.decoding_limits(limits).build().unwrap();
        let exact = client_over(http, &ca).max_body_bytes(60_000);
        let exact = exact.build().unwrap();
        for path in ["/br/page.txt", "/gzip/page.txt", "/page.txt.gz"] {
            let response = low.get(apache.url(path)).send().await.unwrap();
            let error = response.bytes().await.unwrap_err();
            assert_eq!(error.kind(), Kind::Decode, "{error}");
            let response = exact.get(apache.url(path)).send().await.unwrap();
            assert_eq!(response.bytes().await.unwrap().len(), 60_000);
        }
    }
}
