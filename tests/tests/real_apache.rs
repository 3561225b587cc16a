//! Requests to Apache httpd: ranges, conditions, digest authentication, redirects.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its own functions too"
)]

use std::time::Duration;

use bonafide::{Client, Response, StatusCode};
use bonafide_testkit::{Recipe, TestCa};
use bonafide_tests::{Apache, Http, client_over, page};
use bonafide_tower::auth::{AuthLayer, Credential, Digest};
use tokio::time::sleep;

async fn started(ca: &TestCa) -> Option<Apache> {
    Apache::presenting(&ca.issue(Recipe::for_host("localhost"))).await
}

/// A client with this password for the user of the private pages.
fn knowing(password: &str, http: Http, ca: &TestCa, apache: &Apache) -> Client {
    let digest = Digest::new(Apache::USER, password).unwrap();
    let credential = Credential::for_origin(&apache.url(""), digest).unwrap();
    client_over(http, ca)
        .hop_layer(AuthLayer::new(credential))
        .build()
        .unwrap()
}

fn field<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    let value = response.headers().get(name)?;
    Some(value.to_str().unwrap())
}

#[tokio::test]
async fn a_range_of_a_page_is_the_bytes_that_were_asked_for() {
    let ca = TestCa::new();
    let Some(apache) = started(&ca).await else {
        return;
    };
    for http in Http::BOTH {
        let client = client_over(http, &ca).build().unwrap();
        // What would be compressed without the range is not.
        for path in ["/page.txt", "/br/page.txt", "/gzip/page.txt"] {
            for (range, content_range, part) in [
                ("bytes=0-19", "bytes 0-19/60000", 0..20),
                ("bytes=59980-", "bytes 59980-59999/60000", 59_980..60_000),
                ("bytes=-20", "bytes 59980-59999/60000", 59_980..60_000),
                ("bytes=20-39", "bytes 20-39/60000", 20..40),
            ] {
                let request = client.get(apache.url(path)).header("range", range);
                let response = request.send().await.unwrap();
                assert_eq!(response.status(), StatusCode::PARTIAL_CONTENT, "{range}");
                assert_eq!(response.version(), http.version());
                assert_eq!(field(&response, "content-range"), Some(content_range));
                assert_eq!(field(&response, "content-encoding"), None);
                assert_eq!(response.content_length(), Some(20));
                assert_eq!(response.text().await.unwrap(), page()[part], "{range}");
            }
        }
        let request = client.get(apache.url("/page.txt"));
        let response = request.header("range", "bytes=60000-").send().await;
        let response = response.unwrap();
        assert_eq!(response.status(), StatusCode::RANGE_NOT_SATISFIABLE);
        // Apache does not say how long the page is.
        assert_eq!(field(&response, "content-range"), None);
    }
}

#[tokio::test]
async fn a_range_of_a_file_in_gzip_is_left_as_it_is() {
    let ca = TestCa::new();
    let Some(apache) = started(&ca).await else {
        return;
    };
    for http in Http::BOTH {
        let client = client_over(http, &ca).build().unwrap();
        let url = apache.url("/page.txt.gz");
        let whole = client.get(&url).header("accept-encoding", "gzip").send();
        let whole = whole.await.unwrap().bytes().await.unwrap();
        let mut joined = Vec::new();
        for range in ["bytes=0-999", "bytes=1000-"] {
            let response = client.get(&url).header("range", range).send();
            let response = response.await.unwrap();
            assert_eq!(response.status(), StatusCode::PARTIAL_CONTENT);
            assert_eq!(field(&response, "content-encoding"), Some("x-gzip"));
            joined.extend(response.bytes().await.unwrap());
        }
        assert_eq!(joined, whole);
        // The whole file as a range is a 206 too.
        let all = client.get(&url).header("range", "bytes=0-").send();
        let all = all.await.unwrap();
        assert_eq!(all.status(), StatusCode::PARTIAL_CONTENT);
        assert_eq!(all.bytes().await.unwrap(), whole);
    }
}

#[tokio::test]
async fn several_ranges_are_one_body_of_parts() {
    let ca = TestCa::new();
    let Some(apache) = started(&ca).await else {
        return;
    };
    for http in Http::BOTH {
        let client = client_over(http, &ca).build().unwrap();
        let request = client.get(apache.url("/page.txt"));
        let response = request.header("range", "bytes=0-3,20-26").send().await;
        let response = response.unwrap();
        assert_eq!(response.status(), StatusCode::PARTIAL_CONTENT);
        let content_type = field(&response, "content-type").unwrap();
        let (kind, boundary) = content_type.split_once("; boundary=").unwrap();
        assert_eq!(kind, "multipart/byteranges");
        let boundary = boundary.to_owned();
        let part = |range: &str, text: &str| {
            format!(
                "\r\n--{boundary}\r\nContent-type: text/plain\r\n\
                 Content-range: bytes {range}/60000\r\n\r\n{text}"
            )
        };
        assert_eq!(
            response.text().await.unwrap(),
            part("0-3", "line") + &part("20-26", "line   ") + &format!("\r\n--{boundary}--\r\n")
        );
    }
}

#[tokio::test]
async fn conditions_are_answered_by_the_validators_of_the_page() {
    let ca = TestCa::new();
    let Some(apache) = started(&ca).await else {
        return;
    };
    for http in Http::BOTH {
        let client = client_over(http, &ca).build().unwrap();
        let url = apache.url("/page.txt");
        let head = client.head(&url).send().await.unwrap();
        assert_eq!(field(&head, "content-length"), Some("60000"));
        let validators = ["etag", "last-modified"].map(|name| field(&head, name).unwrap());
        let [etag, date] = validators.map(str::to_owned);
        assert_eq!(date, "Tue, 14 Nov 2023 22:13:20 GMT");
        assert_eq!(head.bytes().await.unwrap().len(), 0);
        // the fields, the status, the bytes
        for (fields, status, bytes) in [
            (vec![("if-none-match", &*etag)], 304, 0),
            (vec![("if-modified-since", &*date)], 304, 0),
            (vec![("if-none-match", "\"another\"")], 200, 60_000),
            (vec![("if-match", &*etag)], 200, 60_000),
            (vec![("if-range", &*etag), ("range", "bytes=0-9")], 206, 10),
            (
                vec![("if-range", "\"another\""), ("range", "bytes=0-9")],
                200,
                60_000,
            ),
        ] {
            let request = client.get(&url);
            let request = fields.iter().fold(request, |request, (name, value)| {
                request.header(*name, *value)
            });
            let response = request.send().await.unwrap();
            assert_eq!(response.status().as_u16(), status, "{fields:?}");
            assert_eq!(response.bytes().await.unwrap().len(), bytes, "{fields:?}");
        }
        let request = client.get(&url).header("if-match", "\"another\"");
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::PRECONDITION_FAILED);
    }
}

#[tokio::test]
async fn apaches_digest_challenge_is_answered_once_and_its_proof_is_right() {
    let ca = TestCa::new();
    for http in Http::BOTH {
        let Some(mut apache) = started(&ca).await else {
            return;
        };
        let client = knowing(Apache::PASSWORD, http, &ca, &apache);
        // One challenge, then one nonce for all: Apache sends the next with each response.
        for path in [
            "/private/page.txt",
            "/private/page.txt?a=b%20c&d",
            "/private/folder/index.txt",
        ] {
            let response = client.get(apache.url(path)).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            let proof = field(&response, "authentication-info").unwrap();
            assert!(proof.contains("rspauth=\""), "{proof}");
            let expected = match path.contains("folder") {
                true => "the folder's index\n".to_owned(),
                false => page(),
            };
            assert_eq!(response.text().await.unwrap(), expected);
        }
        let version = match http {
            Http::One => "HTTP/1.1",
            Http::Two => "HTTP/2.0",
        };
        let seen = [
            ("/private/page.txt", 401),
            ("/private/page.txt", 200),
            ("/private/page.txt", 200),
            ("/private/folder/index.txt", 200),
        ];
        let seen = seen.map(|(path, status)| format!("GET {path} {status} {version}"));
        assert_eq!(apache.requests(4).await, seen);
    }
}

#[tokio::test]
async fn a_nonce_that_apache_calls_stale_is_replaced_without_the_caller() {
    let ca = TestCa::new();
    let Some(mut apache) = started(&ca).await else {
        return;
    };
    let client = knowing(Apache::PASSWORD, Http::Two, &ca, &apache);
    for number in 0..2 {
        let response = client.get(apache.url("/brief/page.txt")).send().await;
        assert_eq!(response.unwrap().status(), StatusCode::OK);
        if number == 0 {
            sleep(Duration::from_millis(2_100)).await;
        }
    }
    let statuses: Vec<_> = apache
        .requests(4)
        .await
        .iter()
        .map(|request| request.split(' ').nth(2).unwrap().to_owned())
        .collect();
    assert_eq!(statuses, ["401", "200", "401", "200"]);
}

#[tokio::test]
async fn a_wrong_password_is_tried_once_and_apaches_401_is_the_response() {
    let ca = TestCa::new();
    for http in Http::BOTH {
        let Some(mut apache) = started(&ca).await else {
            return;
        };
        let url = apache.url("/private/page.txt");
        let client = knowing("another", http, &ca, &apache);
        let response = client.get(&url).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        let challenge = field(&response, "www-authenticate").unwrap();
        assert!(challenge.starts_with("Digest realm=\"apache of the tests\""));
        assert_eq!(apache.requests(2).await.len(), 2);

        let without = client_over(http, &ca).build().unwrap();
        let response = without.get(&url).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(apache.requests(3).await.len(), 3);
    }
}

#[tokio::test]
async fn apaches_redirect_to_a_folder_is_followed_with_its_port() {
    let ca = TestCa::new();
    let Some(apache) = started(&ca).await else {
        return;
    };
    for http in Http::BOTH {
        let client = client_over(http, &ca).build().unwrap();
        let response = client.get(apache.url("/folder?a=b")).send().await.unwrap();
        assert_eq!(response.url().as_str(), apache.url("/folder/?a=b"));
        let hops: Vec<_> = response
            .redirects()
            .iter()
            .map(|hop| (hop.url.as_str().to_owned(), hop.status.as_u16()))
            .collect();
        assert_eq!(hops, [(apache.url("/folder?a=b"), 301)]);
        assert_eq!(response.text().await.unwrap(), "the folder's index\n");
    }
}
