//! What httpbin sends: sizes, ranges, streams, charsets, fields.

use bonafide::{Kind, StatusCode};
use bonafide_tests::client_over;
use futures_util::TryStreamExt as _;
use serde_json::{Value, json};

use super::{clients, echoed, sent, started};

#[tokio::test]
async fn a_body_has_the_size_that_was_asked_for() {
    let Some((httpbin, ca)) = started().await else {
        return;
    };
    for (http, client) in clients(&ca) {
        for size in [0_usize, 1, 1_000, 102_400] {
            let whole = sent(client.get(httpbin.url(&format!("/bytes/{size}?seed=7")))).await;
            assert_eq!(whole.content_length(), Some(size as u64), "{http:?}");
            let whole = whole.bytes().await.unwrap();
            assert_eq!(whole.len(), size);
            // The same bytes without a length, in small pieces.
            let path = format!("/stream-bytes/{size}?seed=7&chunk_size=999");
            let streamed = sent(client.get(httpbin.url(&path))).await;
            assert_eq!(streamed.headers().get("content-length"), None);
            let pieces: Vec<_> = streamed.bytes_stream().try_collect().await.unwrap();
            assert_eq!(pieces.concat(), whole, "{http:?} {size}");
        }
        let low = client_over(http, &ca).max_body_bytes(999).build().unwrap();
        for path in ["/bytes/1000", "/stream-bytes/1000"] {
            let response = low.get(httpbin.url(path)).send().await.unwrap();
            let error = response.bytes().await.unwrap_err();
            assert_eq!(error.kind(), Kind::TooLarge, "{path}: {error}");
        }
        let response = low.get(httpbin.url("/bytes/999")).send().await.unwrap();
        assert_eq!(response.bytes().await.unwrap().len(), 999);
    }
}

#[tokio::test]
async fn ranges_of_httpbin_are_its_alphabet_in_parts() {
    let Some((httpbin, ca)) = started().await else {
        return;
    };
    let alphabet = "abcdefghijklmnopqrstuvwxyzabcd";
    for (http, client) in clients(&ca) {
        // the range, the status, its content range, the part
        for (range, status, content_range, part) in [
            ("bytes=0-4", 206, "bytes 0-4/30", 0..5),
            ("bytes=25-", 206, "bytes 25-29/30", 25..30),
            ("bytes=-3", 206, "bytes 27-29/30", 27..30),
            ("bytes=0-29", 200, "bytes 0-29/30", 0..30),
            ("bytes=30-", 416, "bytes */30", 0..0),
        ] {
            let request = client.get(httpbin.url("/range/30"));
            let response = request.header("range", range).send().await.unwrap();
            assert_eq!(response.status().as_u16(), status, "{http:?} {range}");
            assert_eq!(response.headers()["content-range"], content_range);
            assert_eq!(response.headers()["etag"], "range30");
            assert_eq!(response.content_length(), Some(part.len() as u64));
            assert_eq!(response.text().await.unwrap(), alphabet[part]);
        }
    }
}

#[tokio::test]
async fn lines_of_json_arrive_in_order_and_whole() {
    let Some((httpbin, ca)) = started().await else {
        return;
    };
    for (http, client) in clients(&ca) {
        let response = sent(client.get(httpbin.url("/stream/20"))).await;
        assert_eq!(response.version(), http.version());
        assert_eq!(response.content_length(), None);
        let text = response.text().await.unwrap();
        let ids: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].clone())
            .collect();
        assert_eq!(ids, (0..20).map(|id| json!(id)).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn texts_are_decoded_and_what_is_not_json_says_so() {
    let Some((httpbin, ca)) = started().await else {
        return;
    };
    for (_, client) in clients(&ca) {
        let text = sent(client.get(httpbin.url("/encoding/utf8"))).await;
        let text = text.text().await.unwrap();
        assert!(
            text.contains("∮ E⋅da = Q,  n → ∞, ∑ f(i) = ∏ g(i)"),
            "{text}"
        );
        let json: Value = sent(client.get(httpbin.url("/json")))
            .await
            .json()
            .await
            .unwrap();
        assert_eq!(json["slideshow"]["title"], json!("Sample Slide Show"));
        let html = sent(client.get(httpbin.url("/html"))).await;
        let error = html.json::<Value>().await.unwrap_err();
        assert_eq!(error.kind(), Kind::Decode);
        let encoded = sent(client.get(httpbin.url("/base64/Ym9uYWZpZGU=")));
        assert_eq!(encoded.await.text().await.unwrap(), "bonafide");
        let png = sent(client.get(httpbin.url("/image/png"))).await;
        assert_eq!(png.headers()["content-type"], "image/png");
        assert!(png.bytes().await.unwrap().starts_with(b"\x89PNG\r\n"));
    }
}

#[tokio::test]
async fn fields_of_a_response_arrive_each_with_all_its_values() {
    let Some((httpbin, ca)) = started().await else {
        return;
    };
    for (_, client) in clients(&ca) {
        let url = httpbin.url("/response-headers?x-one=1&x-two=a&x-two=b%20c&x-empty=");
        let response = sent(client.get(url)).await;
        let values = |name: &str| -> Vec<&str> {
            let values = response.headers().get_all(name).iter();
            values.map(|value| value.to_str().unwrap()).collect()
        };
        assert_eq!(values("x-one"), ["1"]);
        assert_eq!(values("x-two"), ["a", "b c"]);
        assert_eq!(values("x-empty"), [""]);
        assert_eq!(values("x-none"), Vec::<&str>::new());
    }
}

#[tokio::test]
async fn a_page_with_an_entity_tag_is_not_sent_to_who_has_it() {
    let Some((httpbin, ca)) = started().await else {
        return;
    };
    for (_, client) in clients(&ca) {
        let url = httpbin.url("/etag/v7");
        assert_eq!(sent(client.get(&url)).await.headers()["etag"], "v7");
        for (name, tag, status) in [
            ("if-none-match", "\"v7\"", 304),
            ("if-none-match", "\"v8\"", 200),
            ("if-match", "\"v7\"", 200),
            ("if-match", "\"v8\"", 412),
        ] {
            let response = client.get(&url).header(name, tag).send().await.unwrap();
            assert_eq!(response.status().as_u16(), status, "{name}: {tag}");
        }
        let cached = sent(client.get(httpbin.url("/cache/60"))).await;
        assert_eq!(cached.headers()["cache-control"], "public, max-age=60");
        let request = client.get(httpbin.url("/cache"));
        let response = request.header("if-modified-since", "now").send().await;
        let response = response.unwrap();
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(response.bytes().await.unwrap().len(), 0);
    }
}

#[tokio::test]
async fn every_status_is_the_response_and_an_error_where_the_caller_says_so() {
    let Some((httpbin, ca)) = started().await else {
        return;
    };
    for (_, client) in clients(&ca) {
        for status in [
            200, 201, 202, 204, 206, 400, 402, 404, 406, 407, 418, 451, 500, 503, 599,
        ] {
            let request = client.get(httpbin.url(&format!("/status/{status}")));
            let response = request.send().await.unwrap();
            assert_eq!(response.status().as_u16(), status);
            let outcome = response.error_for_status();
            let seen = outcome
                .err()
                .map(|error| (error.kind(), error.status().map(|status| status.as_u16())));
            let expected = (status >= 400).then_some((Kind::Status, Some(status)));
            assert_eq!(seen, expected, "{status}");
        }
        let seen = echoed(client.get(httpbin.url("/uuid"))).await;
        assert_eq!(seen["uuid"].as_str().unwrap().len(), 36);
    }
}
