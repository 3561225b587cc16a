//! Methods, queries, fields and bodies, as they arrive.

use std::time::Duration;

use bonafide::multipart::{Form, Part};
use bonafide::{Body, Kind, Method};
use bonafide_tests::{Http, client_over};
use futures_util::stream;
use http::{HeaderMap, HeaderValue};
use serde_json::json;

use super::{clients, echoed, sent, started};

#[tokio::test]
async fn each_method_arrives_at_httpbin_with_its_body() {
    let Some((httpbin, ca)) = started().await else {
        return;
    };
    for (http, client) in clients(&ca) {
        let url = httpbin.url("/anything/a%20b?x=1&x=2&y=%C3%A9");
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let request = client.request(method.clone(), &url).body("some text");
            let seen = echoed(request.header("content-type", "text/plain")).await;
            assert_eq!(seen["method"], json!(method.as_str()), "{http:?}");
            assert_eq!(seen["data"], json!("some text"), "{http:?} {method}");
            assert_eq!(seen["args"], json!({"x": ["1", "2"], "y": "é"}));
            assert_eq!(seen["headers"]["Content-Length"], json!("9"));
            assert_eq!(seen["headers"]["Content-Type"], json!("text/plain"));
        }
        let head = sent(client.head(httpbin.url("/get"))).await;
        assert_eq!(head.version(), http.version());
        assert_ne!(head.headers()["content-length"], "0");
        assert_eq!(head.bytes().await.unwrap().len(), 0);
        let refused = client.get(httpbin.url("/post")).send().await.unwrap();
        assert_eq!(refused.status(), 405);
        let error = refused.error_for_status().unwrap_err();
        assert_eq!(error.kind(), Kind::Status);
    }
}

#[tokio::test]
async fn what_the_client_adds_to_a_request_is_little() {
    let Some((httpbin, ca)) = started().await else {
        return;
    };
    for (_, client) in clients(&ca) {
        let mut seen = echoed(client.get(httpbin.url("/headers"))).await;
        let fields = seen["headers"].as_object_mut().unwrap();
        // gunicorn notes the version of HTTP/2 as a field.
        fields.remove("Version");
        let host = httpbin.origin().replace("https://", "");
        assert_eq!(
            seen["headers"],
            json!({
                "Accept": "*/*",
                "Accept-Encoding": "gzip, deflate, br, zstd",
                "Host": host,
                "User-Agent": concat!("bonafide/", env!("CARGO_PKG_VERSION")),
            })
        );
    }
}

#[tokio::test]
async fn fields_queries_and_user_agents_of_the_caller_arrive() {
    let Some((httpbin, ca)) = started().await else {
        return;
    };
    for (http, _) in clients(&ca) {
        let defaults = HeaderMap::from_iter([
            (http::header::ACCEPT, HeaderValue::from_static("text/x")),
            (http::header::FROM, HeaderValue::from_static("default")),
        ]);
        let client = client_over(http, &ca)
            .user_agent("caller/1")
            .default_headers(defaults)
            .build()
            .unwrap();
        let request = client
            .get(httpbin.url("/get?a=0"))
            .query(&[("b", "1 & 2"), ("c", "é")])
            .header("x-request", "one")
            .header("from", "the request");
        let seen = echoed(request).await;
        assert_eq!(seen["args"], json!({"a": "0", "b": "1 & 2", "c": "é"}));
        assert_eq!(seen["url"], json!(httpbin.url("/get?a=0&b=1+%26+2&c=é")));
        for (name, value) in [
            ("User-Agent", "caller/1"),
            ("Accept", "text/x"),
            ("From", "the request"),
            ("X-Request", "one"),
        ] {
            assert_eq!(seen["headers"][name], json!(value), "{name}");
        }
    }
}

#[tokio::test]
async fn json_and_forms_are_read_by_httpbin_as_they_were_meant() {
    let Some((httpbin, ca)) = started().await else {
        return;
    };
    for (_, client) in clients(&ca) {
        let value = json!({"text": "a \"b\" é", "list": [1, 2.5, null, true]});
        let seen = echoed(client.post(httpbin.url("/post")).json(&value)).await;
        assert_eq!(seen["json"], value);
        assert_eq!(seen["form"], json!({}));
        assert_eq!(seen["headers"]["Content-Type"], json!("application/json"));

        let pairs = [("a", "1"), ("b", "x & y=z"), ("a", "é +")];
        let seen = echoed(client.put(httpbin.url("/put")).form(&pairs)).await;
        assert_eq!(seen["form"], json!({"a": ["1", "é +"], "b": "x & y=z"}));
        assert_eq!(seen["json"], json!(null));
        assert_eq!(
            seen["headers"]["Content-Type"],
            json!("application/x-www-form-urlencoded")
        );
    }
}

#[tokio::test]
async fn a_multipart_form_arrives_part_by_part() {
    let Some((httpbin, ca)) = started().await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "from a file\n").unwrap();
    for (http, client) in clients(&ca) {
        let form = Form::new()
            .text("plain", "some text")
            .text("a \"quoted\"\r\nname", "é\r\n--not-a-boundary")
            .part("file", Part::file(&path).await.unwrap())
            .part(
                "bytes",
                Part::new(vec![0, 159, 146, 150])
                    .file_name("a\"b\r\n.bin")
                    .content_type("application/octet-stream")
                    .unwrap(),
            );
        let seen = echoed(client.post(httpbin.url("/post")).multipart(form)).await;
        assert_eq!(
            seen["form"],
            // httpbin reads the %22 of a name as a quote.
            json!({"plain": "some text", "a \"quoted\"%0D%0Aname": "é\r\n--not-a-boundary"}),
            "{http:?}"
        );
        assert_eq!(
            seen["files"],
            json!({
                "file": "from a file\n",
                "bytes": "data:application/octet-stream;base64,AJ+Slg==",
            })
        );
        let content_type = seen["headers"]["Content-Type"].as_str().unwrap();
        assert!(content_type.starts_with("multipart/form-data; boundary="));
        assert_eq!(seen["headers"].get("Transfer-Encoding"), None);
    }
}

#[tokio::test]
async fn a_stream_arrives_whole_with_and_without_a_length() {
    let Some((httpbin, ca)) = started().await else {
        return;
    };
    for (http, client) in clients(&ca) {
        let text = "0123456789".repeat(30_000);
        let pieces = || {
            let text = text.clone();
            let pieces = text
                .into_bytes()
                .chunks(7_001)
                .map(<[u8]>::to_vec)
                .collect::<Vec<_>>();
            stream::iter(pieces.into_iter().map(Ok::<_, std::io::Error>))
        };
        for (body, length) in [
            (Body::from_stream(pieces()), None),
            (Body::sized_stream(pieces(), 300_000), Some("300000")),
            (Body::from(text.clone()), Some("300000")),
        ] {
            let request = client.post(httpbin.url("/post")).body(body);
            let seen = echoed(request.header("content-type", "text/plain")).await;
            assert_eq!(seen["data"].as_str().unwrap(), text, "{http:?} {length:?}");
            let declared = seen["headers"].get("Content-Length");
            assert_eq!(declared.map(|value| value.as_str().unwrap()), length);
        }
    }
}

#[tokio::test]
async fn a_body_that_waits_for_the_go_ahead_of_httpbin_is_sent() {
    let Some((httpbin, ca)) = started().await else {
        return;
    };
    for http in Http::BOTH {
        // Without the 100 of gunicorn, the body would leave after the limit of the call.
        let client = client_over(http, &ca)
            .expect_continue_timeout(Duration::from_secs(60))
            .timeout(Duration::from_secs(20))
            .build()
            .unwrap();
        let request = client.post(httpbin.url("/post")).expect_continue();
        let seen = echoed(request.json(&json!({"a": 1}))).await;
        assert_eq!(seen["json"], json!({"a": 1}));
        // The field is not sent over HTTP/2.
        let expected = (http == Http::One).then(|| json!("100-continue"));
        assert_eq!(seen["headers"].get("Expect"), expected.as_ref());
    }
}
