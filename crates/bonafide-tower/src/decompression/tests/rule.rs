use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use crate::decompression::{Coding, DecompressionError, Plan, accept_encoding};

fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
    let fields = fields.iter().map(|&(name, value)| {
        let value = HeaderValue::from_str(value).unwrap();
        (HeaderName::from_static(name), value)
    });
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.append(name, value);
    }
    headers
}

fn codings(values: &[&str]) -> Vec<Coding> {
    let fields: Vec<_> = values
        .iter()
        .map(|&value| ("content-encoding", value))
        .collect();
    let plan = Plan::new(&Method::GET, StatusCode::OK, &headers(&fields)).unwrap();
    assert_eq!(plan.is_empty(), plan.codings().count() == 0);
    plan.codings().collect()
}

#[test]
fn all_codings_are_asked_for_unless_the_caller_has_asked_or_wants_a_range() {
    let all = Some(HeaderValue::from_static("gzip, deflate, br, zstd"));
    let cases = [
        (Method::GET, &[][..], all.clone()),
        (Method::HEAD, &[], all.clone()),
        (Method::POST, &[("accept", "*/*")], all),
        (Method::GET, &[("accept-encoding", "identity")], None),
        (Method::GET, &[("accept-encoding", "")], None),
        (Method::GET, &[("range", "bytes=0-1")], None),
        (Method::CONNECT, &[], None),
    ];
    for (method, fields, expected) in cases {
        let asked = accept_encoding(&method, &headers(fields));
        assert_eq!(asked, expected, "{method} {fields:?}");
    }
}

#[test]
fn codings_are_decoded_in_reverse_order_over_all_fields_and_in_any_case() {
    use Coding::{Brotli, Deflate, Gzip, Zstd};

    let cases: [(&[&str], &[Coding]); 14] = [
        (&["gzip"], &[Gzip]),
        (&["x-gzip"], &[Gzip]),
        (&["X-GZip"], &[Gzip]),
        (&["br"], &[Brotli]),
        (&["BR"], &[Brotli]),
        (&["zstd"], &[Zstd]),
        (&["deflate"], &[Deflate]),
        (&["gzip, br"], &[Brotli, Gzip]),
        (&["gzip ,\t br"], &[Brotli, Gzip]),
        (&["gzip", "zstd, br"], &[Brotli, Zstd, Gzip]),
        (&[",gzip,,"], &[Gzip]),
        (&["identity, gzip, identity"], &[Gzip]),
        (&["gzip, gzip, gzip, gzip"], &[Gzip, Gzip, Gzip, Gzip]),
        (
            &["identity, gzip, identity, gzip, identity, gzip, gzip"],
            &[Gzip, Gzip, Gzip, Gzip],
        ),
    ];
    for (values, expected) in cases {
        assert_eq!(codings(values), expected, "{values:?}");
    }
}

#[test]
fn a_coding_that_is_not_decoded_leaves_the_whole_body_encoded() {
    let unknown: [&[&str]; 9] = [
        &["compress"],
        &["gzip, compress"],
        &["compress, gzip"],
        &["gzip", "compress"],
        &["gzip;q=1"],
        &["gzip gzip"],
        &["gzip2"],
        &["identity"],
        &[""],
    ];
    for values in unknown {
        assert_eq!(codings(values), [], "{values:?}");
    }
    let mut headers = HeaderMap::new();
    let value = HeaderValue::from_bytes(b"gzip\xff").unwrap();
    headers.insert("content-encoding", value);
    let plan = Plan::new(&Method::GET, StatusCode::OK, &headers).unwrap();
    assert_eq!(plan, Plan::default());
}

#[test]
fn more_than_four_codings_are_an_error_unless_one_is_unknown() {
    for value in ["gzip,gzip,gzip,gzip,gzip", "br,identity,br,br,br,br,br"] {
        let headers = headers(&[("content-encoding", value)]);
        let error = Plan::new(&Method::GET, StatusCode::OK, &headers).unwrap_err();
        let limit_is_4 = matches!(error, DecompressionError::TooManyCodings { limit: 4 });
        assert!(limit_is_4, "{error:?}");
    }
    assert_eq!(codings(&["compress,gzip,gzip,gzip,gzip,gzip"]), []);
}

#[test]
fn only_a_response_with_its_whole_content_is_decoded() {
    let decoded = [
        (Method::GET, 200),
        (Method::POST, 201),
        (Method::GET, 203),
        (Method::GET, 207),
        (Method::GET, 302),
        (Method::GET, 404),
        (Method::GET, 416),
        (Method::GET, 503),
        (Method::CONNECT, 407),
    ];
    let left = [
        (Method::HEAD, 200),
        (Method::HEAD, 404),
        (Method::GET, 101),
        (Method::GET, 204),
        (Method::GET, 205),
        (Method::GET, 206),
        (Method::GET, 304),
        (Method::CONNECT, 200),
    ];
    let headers = headers(&[("content-encoding", "gzip"), ("content-length", "20")]);
    for (cases, is_decoded) in [(&decoded[..], true), (&left, false)] {
        for (method, status) in cases {
            let status = StatusCode::from_u16(*status).unwrap();
            let plan = Plan::new(method, status, &headers).unwrap();
            assert_eq!(plan.is_empty(), !is_decoded, "{method} {status}");
        }
    }
}

#[test]
fn a_response_that_declares_no_content_is_left_as_it_is() {
    let headers = headers(&[("content-encoding", "gzip"), ("content-length", "0")]);
    let plan = Plan::new(&Method::GET, StatusCode::OK, &headers).unwrap();
    assert_eq!(plan, Plan::default());
}

#[test]
fn a_response_that_is_not_decoded_may_have_any_number_of_codings() {
    let headers = headers(&[("content-encoding", "br,br,br,br,br,br")]);
    let plan = Plan::new(&Method::HEAD, StatusCode::OK, &headers).unwrap();
    assert_eq!(plan, Plan::default());
}

#[test]
fn the_headers_of_the_encoded_body_go_away_only_when_it_is_decoded() {
    let all = [
        ("content-encoding", "gzip"),
        ("content-encoding", "br"),
        ("content-length", "20"),
        ("content-type", "text/plain"),
        ("content-md5", "Q2hlY2sgSW50ZWdyaXR5IQ=="),
        ("content-digest", "sha-256=:AA==:"),
        ("etag", "\"a\""),
        ("repr-digest", "sha-256=:AA==:"),
        ("vary", "accept-encoding"),
    ];
    let mut edited = headers(&all);
    let plan = Plan::new(&Method::GET, StatusCode::OK, &edited).unwrap();
    plan.edit_headers(&mut edited);
    assert_eq!(edited, headers(&all[3..]));

    let mut left = headers(&all);
    Plan::default().edit_headers(&mut left);
    assert_eq!(left, headers(&all));
}
