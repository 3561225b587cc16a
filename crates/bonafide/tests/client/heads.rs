//! The bounds of a response's head.

use bonafide::{ClientBuilder, Delivery, Error, Kind, Phase, Response};
use bonafide_testkit::{Alpn, Scripted};

use crate::support::{builder, server};

/// The response with so many fields, each of so many bytes.
async fn get(
    alpn: Alpn,
    fields: usize,
    bytes: usize,
    client: ClientBuilder,
) -> Result<Response, Error> {
    let mut response = Scripted::ok("ok");
    for number in 0..fields {
        response = response.header(&format!("x-{number}"), &"a".repeat(bytes));
    }
    let server = server(alpn).script([response]).start().await;
    let client = client.build().expect("a client");
    client.get(server.url("/")).send().await
}

#[tokio::test]
async fn a_response_with_too_much_in_its_head_is_refused() {
    // Each response has up to four fields of its own: a date, a length and their like.
    for (alpn, fields, bytes, is_read) in [
        (Alpn::Http1, 90, 1, true),
        (Alpn::Http1, 101, 1, false),
        (Alpn::Http1, 1, 60 * 1024, true),
        (Alpn::Http1, 1, 64 * 1024, false),
        (Alpn::Http2, 300, 1, true),
        (Alpn::Http2, 10, 6 * 1024, true),
        (Alpn::Http2, 10, 7 * 1024, false),
    ] {
        let what = format!("{alpn:?}, {fields} fields of {bytes} bytes");
        let outcome = get(alpn, fields, bytes, builder()).await;
        if is_read {
            let response = outcome.unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(response.headers()["x-0"].len(), bytes, "{what}");
            continue;
        }
        let error = outcome.expect_err(&what);
        assert_eq!(
            (error.kind(), error.phase(), error.delivery()),
            (
                Kind::Protocol,
                Some(Phase::Headers),
                Delivery::MaybeProcessed
            ),
            "{what}: {error}"
        );
        assert!(!error.is_retryable(), "{what}: {error}");
    }
}

#[tokio::test]
async fn the_bounds_of_a_head_are_the_callers_to_set() {
    let few = || builder().http1_max_headers(10);
    assert!(get(Alpn::Http1, 5, 1, few()).await.is_ok());
    let error = get(Alpn::Http1, 11, 1, few()).await.expect_err("too many");
    assert_eq!(error.kind(), Kind::Protocol, "{error}");
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let small = || builder().max_header_bytes(16 * 1024);
        assert!(get(alpn, 1, 15 * 1024, small()).await.is_ok(), "{alpn:?}");
        let error = get(alpn, 2, 9 * 1024, small())
            .await
            .expect_err("too large");
        assert_eq!(error.kind(), Kind::Protocol, "{alpn:?}: {error}");
    }
}
