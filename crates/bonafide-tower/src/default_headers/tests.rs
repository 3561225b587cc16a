use http::header::{ACCEPT, AUTHORIZATION, COOKIE, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, Uri};
use tower::{Layer as _, ServiceExt as _, service_fn};

use super::*;
use crate::origin::OriginError;

const KEY: HeaderName = HeaderName::from_static("x-api-key");
const API: &str = "https://api.example.com";

fn text(value: &'static str) -> HeaderValue {
    HeaderValue::from_static(value)
}

fn secret(value: &'static str) -> HeaderValue {
    let mut value = text(value);
    value.set_sensitive(true);
    value
}

/// What a request to `url` with `own` headers is sent with, in order of the names.
fn sent(
    values: &DefaultHeaderValues,
    url: &str,
    own: &[(HeaderName, &'static str)],
) -> Vec<String> {
    let mut headers = HeaderMap::new();
    for (name, value) in own {
        headers.append(name, text(value));
    }
    values.apply(&url.parse::<Uri>().unwrap(), &mut headers);
    let line =
        |(name, value): (&HeaderName, &HeaderValue)| format!("{name}: {}", value.to_str().unwrap());
    let mut lines: Vec<String> = headers.iter().map(line).collect();
    lines.sort();
    lines
}

#[test]
fn a_header_is_added_where_the_request_has_none_of_its_name_and_that_of_its_origin_goes_first() {
    let values = DefaultHeaderValues::new()
        .everywhere(ACCEPT, text("a/b"))
        .and_then(|values| values.everywhere(ACCEPT, text("c/d")))
        .and_then(|values| values.at(API, ACCEPT, text("e/f")))
        .and_then(|values| values.secret_at(API, KEY, "k"))
        .and_then(|values| values.at("http://plain.example", KEY, text("public")))
        .unwrap();
    let at = "https://API.example.com:443/v1";
    // URL, headers of the request, headers that are sent
    type Row<'a> = (&'a str, &'a [(HeaderName, &'static str)], &'a [&'a str]);
    let table: &[Row<'_>] = &[
        (
            "https://www.example.com/",
            &[],
            &["accept: a/b", "accept: c/d"],
        ),
        (at, &[], &["accept: e/f", "x-api-key: k"]),
        (at, &[(ACCEPT, "own")], &["accept: own", "x-api-key: k"]),
        (at, &[(KEY, "own")], &["accept: e/f", "x-api-key: own"]),
        (
            "http://api.example.com/",
            &[],
            &["accept: a/b", "accept: c/d"],
        ),
        (
            "https://api.example.com:8443/",
            &[],
            &["accept: a/b", "accept: c/d"],
        ),
        (
            "/v1",
            &[(HOST, "api.example.com")],
            &["accept: a/b", "accept: c/d", "host: api.example.com"],
        ),
        (
            "http://plain.example/",
            &[(ACCEPT, "own")],
            &["accept: own", "x-api-key: public"],
        ),
    ];
    for (url, own, lines) in table {
        assert_eq!(sent(&values, url, own), *lines, "{url}");
    }
}

#[test]
fn what_is_a_connections_or_a_bodys_is_refused_everywhere_and_at_an_origin() {
    for name in [
        "host",
        "proxy-authorization",
        "content-length",
        "transfer-encoding",
        "trailer",
        "connection",
        "keep-alive",
        "proxy-connection",
        "te",
        "upgrade",
        "http2-settings",
        "expect",
    ] {
        let name = HeaderName::from_static(name);
        let refused = DefaultHeaderError::NotForEveryRequest { name: name.clone() };
        assert_eq!(
            refused.to_string(),
            format!("{name} cannot be a default header")
        );
        let new = DefaultHeaderValues::new;
        assert_eq!(
            new().everywhere(name.clone(), text("x")).unwrap_err(),
            refused
        );
        assert_eq!(new().at(API, name.clone(), text("x")).unwrap_err(), refused);
        assert_eq!(new().secret_at(API, name, "x").unwrap_err(), refused);
    }
}

#[test]
fn what_is_secret_needs_an_https_origin() {
    let new = DefaultHeaderValues::new;
    for (name, value) in [
        (AUTHORIZATION, text("s3cret")),
        (COOKIE, text("s3cret")),
        (KEY, secret("s3cret")),
    ] {
        let error = new().everywhere(name.clone(), value.clone()).unwrap_err();
        assert_eq!(
            error,
            DefaultHeaderError::SecretEverywhere { name: name.clone() }
        );
        let error = new()
            .at("http://h.example", name.clone(), value.clone())
            .unwrap_err();
        let host = "h.example".to_owned();
        assert_eq!(
            error,
            DefaultHeaderError::SecretOverPlainHttp {
                name: name.clone(),
                host
            }
        );
        let values = new().at(API, name.clone(), value).unwrap();
        let mut headers = HeaderMap::new();
        values.apply(&"https://api.example.com/".parse().unwrap(), &mut headers);
        assert!(headers[&name].is_sensitive());
        let layer = DefaultHeadersLayer::new(values.clone());
        let shown = format!("{values:?} {layer:?} {:?} {headers:?}", layer.layer(()));
        assert!(
            shown.contains(name.as_str()) && !shown.contains("s3cret"),
            "{shown}"
        );
    }
    assert_eq!(
        new()
            .secret_at("https://h.example/path", KEY, "s3cret")
            .unwrap_err(),
        DefaultHeaderError::NotAnOrigin {
            name: KEY,
            source: OriginError::MoreThanOrigin
        }
    );
    let error = new().secret_at(API, KEY, "s3cret\n").unwrap_err();
    assert_eq!(error, DefaultHeaderError::NotAValue { name: KEY });
    assert!(!error.to_string().contains("s3cret"));
}

#[test]
fn a_client_that_knows_the_server_leaves_the_secret_ones_out_where_it_is_not_verified() {
    let values = DefaultHeaderValues::new()
        .everywhere(ACCEPT, text("a/b"))
        .and_then(|values| values.at(API, AUTHORIZATION, text("s3cret")))
        .and_then(|values| values.at(API, KEY, text("public")))
        .and_then(|values| values.secret_at(API, KEY, "s3cret"))
        .and_then(|values| values.at(API, ACCEPT, text("e/f")))
        .unwrap();
    let names = |headers: &HeaderMap| {
        let mut names: Vec<_> = headers.keys().map(ToString::to_string).collect();
        names.sort();
        names
    };
    let api = API.parse().unwrap();
    let all = ["accept", "authorization", "x-api-key"];
    assert_eq!(names(&values.at_origin(&api)), all);
    // Of a name with a secret value, no value is sent.
    assert_eq!(names(&values.public_at(&api)), ["accept"]);
    let other = "https://www.example.com".parse().unwrap();
    assert_eq!(names(&values.at_origin(&other)), [""; 0]);
    assert!(!values.has_none_at_origins());
}

#[tokio::test]
async fn the_service_adds_them_and_fails_as_the_inner_service_does() {
    let values = DefaultHeaderValues::new().secret_at(API, KEY, "k").unwrap();
    let service = DefaultHeadersLayer::new(values).layer(service_fn(
        async |request: Request<()>| match request.uri().path() {
            "/fails" => Err("inner"),
            _ => Ok(Response::new(request.headers().clone())),
        },
    ));
    let request = |path: &str| Request::get(format!("{API}{path}")).body(()).unwrap();
    let sent = service
        .clone()
        .oneshot(request("/"))
        .await
        .unwrap()
        .into_body();
    assert_eq!(sent[KEY], "k");
    assert_eq!(
        service.oneshot(request("/fails")).await.unwrap_err(),
        "inner"
    );
}
