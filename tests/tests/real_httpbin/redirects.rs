//! Redirects, by every status, and to where the client does not go.

use bonafide::redirect::Redirects;
use bonafide::{Kind, Method, Response, StatusCode};
use bonafide_tests::{Httpbin, client_over};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{clients, echoed, sent, started};

/// The paths and the statuses of the hops.
fn hops(response: &Response) -> Vec<(String, u16)> {
    let hops = response.redirects().iter();
    hops.map(|hop| (hop.url.path().to_owned(), hop.status.as_u16()))
        .collect()
}

/// The URL at which httpbin leads to `target` with this status.
fn leading_to(httpbin: &Httpbin, target: &str, status: u16) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("url", target)
        .append_pair("status_code", &status.to_string())
        .finish();
    httpbin.url(&format!("/redirect-to?{query}"))
}

#[tokio::test]
async fn a_chain_of_redirects_is_followed_to_its_end() {
    let Some((httpbin, ca)) = started().await else {
        return;
    };
    for (http, client) in clients(&ca) {
        // the first hop, the later ones
        for (kind, next) in [
            ("redirect", "relative-redirect"),
            ("relative-redirect", "relative-redirect"),
            ("absolute-redirect", "absolute-redirect"),
        ] {
            let response = sent(client.get(httpbin.url(&format!("/{kind}/3")))).await;
            assert_eq!(response.url().as_str(), httpbin.url("/get"));
            assert_eq!(response.version(), http.version());
            assert_eq!(
                hops(&response),
                [
                    (format!("/{kind}/3"), 302),
                    (format!("/{next}/2"), 302),
                    (format!("/{next}/1"), 302),
                ]
            );
            let seen: Value = response.json().await.unwrap();
            assert_eq!(seen["headers"].get("Referer"), None);
        }
    }
}

#[tokio::test]
async fn more_redirects_than_the_limit_are_an_error_with_the_chain() {
    let Some((mut httpbin, ca)) = started().await else {
        return;
    };
    let mut asked = 0;
    for (http, client) in clients(&ca) {
        sent(client.get(httpbin.url("/redirect/10"))).await;
        let error = client.get(httpbin.url("/redirect/11")).send().await;
        let error = error.unwrap_err();
        assert_eq!(error.kind(), Kind::TooManyRedirects);
        assert_eq!(error.redirects().len(), 10);

        let builder = client_over(http, &ca).redirects(Redirects::up_to(2));
        let two = builder.build().unwrap();
        sent(two.get(httpbin.url("/redirect/2"))).await;
        let error = two.get(httpbin.url("/redirect/3")).send().await;
        assert_eq!(error.unwrap_err().kind(), Kind::TooManyRedirects);

        let builder = client_over(http, &ca).redirects(Redirects::none());
        let none = builder.build().unwrap();
        let response = none.get(httpbin.url("/redirect/3")).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::FOUND);
        assert_eq!(response.headers()["location"], "/relative-redirect/2");
        asked += 11 + 11 + 3 + 3 + 1;
        assert_eq!(httpbin.requests(asked).await.len(), asked);
    }
}

#[tokio::test]
async fn each_status_keeps_or_changes_the_method_and_the_body() {
    let Some((httpbin, ca)) = started().await else {
        return;
    };
    for (http, client) in clients(&ca) {
        // status, method, the method after it, whether the body is sent again
        for (status, before, after, keeps) in [
            (301, "GET", "GET", true),
            (301, "POST", "GET", false),
            (301, "PUT", "PUT", true),
            (302, "POST", "GET", false),
            (302, "DELETE", "DELETE", true),
            (303, "GET", "GET", true),
            (303, "POST", "GET", false),
            (303, "PUT", "GET", false),
            (307, "POST", "POST", true),
            (307, "PATCH", "PATCH", true),
            (308, "POST", "POST", true),
            (308, "PUT", "PUT", true),
        ] {
            let method = Method::from_bytes(before.as_bytes()).unwrap();
            let url = leading_to(&httpbin, "/anything/target", status);
            let request = client.request(method, url).header("x-kept", "yes");
            let request = match before {
                "GET" => request,
                _ => request.json(&json!({"a": 1})),
            };
            let response = sent(request).await;
            assert_eq!(hops(&response), [("/redirect-to".to_owned(), status)]);
            let seen: Value = response.json().await.unwrap();
            let row = format!("{http:?} {status} {before}");
            assert_eq!(seen["method"], json!(after), "{row}");
            assert_eq!(seen["headers"]["X-Kept"], json!("yes"), "{row}");
            let has_body = keeps && before != "GET";
            let (body, content_type) = match has_body {
                true => (json!({"a": 1}), Some(&json!("application/json"))),
                false => (json!(null), None),
            };
            assert_eq!(seen["json"], body, "{row}");
            assert_eq!(seen["headers"].get("Content-Type"), content_type, "{row}");
        }
    }
}

#[tokio::test]
async fn a_redirect_without_a_usable_target_is_the_response_or_an_error() {
    let Some((mut httpbin, ca)) = started().await else {
        return;
    };
    let mut asked = 0;
    for (_, client) in clients(&ca) {
        // 304 and 305 are not redirects, and 300 leaves the choice to the caller.
        for status in [300, 304, 305] {
            let url = leading_to(&httpbin, "/get", status);
            let response = client.get(url).send().await.unwrap();
            assert_eq!(response.status().as_u16(), status);
        }
        for (target, kind) in [
            ("http://localhost/", Kind::InsecureRedirect),
            ("ftp://localhost/", Kind::Redirect),
            ("https://user@/", Kind::Redirect),
        ] {
            let error = client.get(leading_to(&httpbin, target, 302)).send().await;
            let error = error.unwrap_err();
            assert_eq!(error.kind(), kind, "{target}: {error}");
        }
        asked += 6;
        assert_eq!(httpbin.requests(asked).await.len(), asked);
    }
}

#[tokio::test]
async fn what_authenticates_does_not_go_from_one_httpbin_to_another() {
    let Some((first, ca)) = started().await else {
        return;
    };
    let identity = ca.issue(bonafide_testkit::Recipe::for_host("localhost"));
    let Some(second) = Httpbin::presenting(&identity).await else {
        return;
    };
    for (_, client) in clients(&ca) {
        for (to, kept) in [(&first, true), (&second, false)] {
            let url = leading_to(&first, &to.url("/headers"), 307);
            let request = client.get(url).bearer_auth("t0ken");
            let request = request.header("cookie", "a=b").header("x-other", "stays");
            let seen = echoed(request.header("x-api-key", "k3y")).await;
            let fields = &seen["headers"];
            assert_eq!(fields["X-Other"], json!("stays"));
            for (name, value) in [
                ("Authorization", "Bearer t0ken"),
                ("Cookie", "a=b"),
                ("X-Api-Key", "k3y"),
            ] {
                let value = json!(value);
                assert_eq!(fields.get(name), kept.then_some(&value), "{name}");
            }
        }
    }
}
