//! What a `RequestBuilder` makes of what the caller says.

use std::collections::BTreeMap;
use std::convert::Infallible;

use bonafide::verify::{Anchors, ConfigError, CustomCa, Policy};
use bonafide::{Body, Client, Delivery, Error, Kind, Method, RequestBuilder};
use bonafide_testkit::Alpn;
use bonafide_testkit::server::TestBody;
use futures_util::stream;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, header};
use serde::ser::Error as _;
use serde::{Serialize, Serializer};

use crate::support::{client, server};

const URL: &str = "https://shop.example/orders";

fn built(request: RequestBuilder) -> Request<Body> {
    let request = request.build().expect("a request");
    Request::try_from(request).expect("a URI")
}

#[test]
fn each_method_makes_a_request_of_its_name_with_an_empty_body() {
    let client = client();
    for (request, method) in [
        (client.get(URL), Method::GET),
        (client.head(URL), Method::HEAD),
        (client.post(URL), Method::POST),
        (client.put(URL), Method::PUT),
        (client.patch(URL), Method::PATCH),
        (client.delete(URL), Method::DELETE),
        (client.request(Method::OPTIONS, URL), Method::OPTIONS),
    ] {
        let request = built(request);
        assert_eq!(
            (request.method(), request.uri().to_string()),
            (&method, URL.to_owned())
        );
        assert!(request.headers().is_empty(), "{:?}", request.headers());
        assert_eq!(request.body().as_bytes(), Some(&b""[..]));
    }
}

#[derive(Serialize)]
struct Search {
    word: &'static str,
    page: Option<u8>,
}

#[test]
fn pairs_are_added_to_the_query_that_is_there() {
    let client = client();
    let map: BTreeMap<_, _> = [("b", "2"), ("a", "1")].into();
    let search = |page| Search { word: "a&b", page };
    let of = |url: &str| client.get(url);
    for (request, query) in [
        (of(URL), None),
        (of(URL).query(&[] as &[(&str, &str)]), None),
        (of(URL).query(&[("a", "1"), ("a", "2")]), Some("a=1&a=2")),
        (of(URL).query(&map), Some("a=1&b=2")),
        (of(URL).query(&search(Some(7))), Some("word=a%26b&page=7")),
        (of(URL).query(&search(None)), Some("word=a%26b")),
        (
            of("https://shop.example/?x=1").query(&map),
            Some("x=1&a=1&b=2"),
        ),
        (of("https://shop.example/?").query(&map), Some("a=1&b=2")),
        (
            of("https://shop.example/?x=1#top").query(&[("y", "")]),
            Some("x=1&y="),
        ),
    ] {
        assert_eq!(built(request).uri().query(), query);
    }
}

#[test]
fn a_content_type_of_the_callers_stays_and_another_one_is_added() {
    let client = client();
    let pairs = [("k", "v")];
    let own = |request: RequestBuilder| request.header(header::CONTENT_TYPE, "text/own");
    for (request, content_type, body) in [
        (
            client.post(URL).json(&pairs),
            Some("application/json"),
            r#"[["k","v"]]"#,
        ),
        (
            own(client.post(URL)).json(&pairs),
            Some("text/own"),
            r#"[["k","v"]]"#,
        ),
        (
            client.post(URL).form(&pairs),
            Some("application/x-www-form-urlencoded"),
            "k=v",
        ),
        (own(client.post(URL)).form(&pairs), Some("text/own"), "k=v"),
        (client.post(URL).body("text"), None, "text"),
    ] {
        let request = built(request);
        let values = request.headers().get_all(header::CONTENT_TYPE);
        let values: Vec<_> = values.iter().collect();
        assert_eq!(values, content_type.into_iter().collect::<Vec<_>>());
        assert_eq!(request.body().as_bytes(), Some(body.as_bytes()));
    }
}

/// A value that fails to be serialized.
struct Unwilling;

impl Serialize for Unwilling {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom("unwilling"))
    }
}

#[test]
fn a_value_that_cannot_be_serialized_is_an_error_of_the_request() {
    let client = client();
    for (request, what) in [
        (client.post(URL).json(&Unwilling), "the JSON body"),
        (client.post(URL).form(&Unwilling), "the form"),
        (client.post(URL).query(&Unwilling), "the query"),
    ] {
        let error = request.build().expect_err(what);
        assert_eq!((error.kind(), error.phase()), (Kind::Request, None));
        assert!(error.is_builder() && !error.is_retryable());
        let text = format!("{URL}: {what} cannot be serialized: unwilling");
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn headers_are_added_one_by_one_and_replaced_as_a_map() {
    let mut map = HeaderMap::new();
    map.append("x-two", HeaderValue::from_static("a"));
    map.append("x-two", HeaderValue::from_static("b"));
    let request = client().get(URL);
    let request = request.header("x-one", "1").header("x-one", "2");
    let request = request.header("x-two", "old").headers(map);
    let request = built(request.header("x-two", "c"));
    let values = |name| request.headers().get_all(name).iter().collect::<Vec<_>>();
    assert_eq!(values("x-one"), ["1", "2"]);
    assert_eq!(values("x-two"), ["a", "b", "c"]);
}

#[test]
fn credentials_are_marked_as_sensitive_and_a_callers_mark_stays() {
    let client = client();
    let mut marked = HeaderValue::from_static("marked");
    marked.set_sensitive(true);
    for (request, name, is_sensitive) in [
        (
            client.get(URL).basic_auth("user", Some("pass")),
            "authorization",
            true,
        ),
        (
            client.get(URL).basic_auth("user", None),
            "authorization",
            true,
        ),
        (client.get(URL).bearer_auth("token"), "authorization", true),
        (
            client.get("https://user:pass@shop.example/"),
            "authorization",
            true,
        ),
        (client.get(URL).header("x-key", marked), "x-key", true),
        (client.get(URL).header("x-key", "plain"), "x-key", false),
        (client.get(URL).header("api_key", "s3cret"), "api_key", true),
        (
            client.get(URL).headers(HeaderMap::from_iter([(
                HeaderName::from_static("x-api-key"),
                HeaderValue::from_static("s3cret"),
            )])),
            "x-api-key",
            true,
        ),
    ] {
        let request = request.build().expect("a request");
        assert_eq!(
            request.headers()[name].is_sensitive(),
            is_sensitive,
            "{request:?}"
        );
        assert_eq!(request.url().authority(), "shop.example");
    }
}

#[test]
fn a_request_is_cloned_with_all_it_has_if_its_body_can_be_repeated() {
    let client = client();
    let once = stream::iter([Ok::<_, Infallible>("once")]);
    let again = || stream::iter([Ok::<_, Infallible>("again")]);
    let post = |body: Body| client.post(URL).header("x-one", "1").body(body);
    assert!(post(Body::from_stream(once)).try_clone().is_none());
    assert!(client.get("no URL").try_clone().is_none());
    assert!(post(Body::replayable(again)).try_clone().is_some());
    for body in ["", "text"] {
        let request = post(body.into());
        let copy = built(request.try_clone().expect("a copy"));
        let request = built(request);
        assert_eq!(copy.method(), request.method());
        assert_eq!(copy.uri(), request.uri());
        assert_eq!(copy.headers(), request.headers());
        assert_eq!(copy.body().as_bytes(), Some(body.as_bytes()));
    }
}

#[tokio::test]
async fn the_body_of_a_response_can_be_the_body_of_a_request() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(alpn)
            .handler(|request| async move {
                let sent = request.into_body();
                let empty = sent.is_empty();
                Response::new(if empty {
                    TestBody::from("pipe")
                } else {
                    TestBody::from(sent)
                })
            })
            .start()
            .await;
        let client = client();
        let response = client.get(server.url("/from")).send().await;
        let body = response.expect("a response").into_body();
        let response = client.post(server.url("/to")).body(body).send().await;
        assert_eq!(
            response.expect("a response").text().await.expect("a body"),
            "pipe"
        );
    }
}

/// One error type for what builds a policy and what builds a client.
fn client_of(ca: CustomCa) -> Result<Client, Error> {
    let policy = Policy::builder().anchors(Anchors::only(ca)).build()?;
    Client::builder().policy(policy).build()
}

#[test]
fn a_policy_that_cannot_be_built_is_an_error_of_the_configuration() {
    let error = client_of(CustomCa::pem("corp", "")).expect_err("no anchor");
    let found = (error.kind(), error.phase(), error.delivery());
    assert_eq!(found, (Kind::Config, None, Delivery::NotSent));
    assert!(error.is_builder() && !error.is_retryable());
    let source = std::error::Error::source(&error).expect("a source");
    let source = source.downcast_ref::<ConfigError>().expect("its type");
    assert!(matches!(source, ConfigError::NoAnchors { .. }), "{source}");
    assert_eq!(
        error.to_string(),
        format!("the policy cannot be used: {source}")
    );
}
