//! Cookies that httpbin sets and takes back.

use std::time::SystemTime;

use bonafide::Client;
use bonafide_testkit::TestCa;
use bonafide_tests::{Http, client_over};
use bonafide_tower::cookies::{CookiesLayer, Jar};
use bonafide_tower::store::Partition;
use serde_json::{Value, json};

use super::{echoed, sent, started};

fn client(http: Http, ca: &TestCa, jar: &Jar) -> Client {
    client_over(http, ca)
        .hop_layer(CookiesLayer::new(jar.clone()))
        .build()
        .unwrap()
}

/// The names of the cookies in the jar.
fn names(jar: &Jar) -> Vec<String> {
    let all = jar.all(&Partition::default(), SystemTime::now());
    let mut names: Vec<String> = all
        .iter()
        .map(|cookie| cookie.name().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_cookie_that_httpbin_sets_on_a_redirect_is_sent_with_the_next_hop() {
    let Some((httpbin, ca)) = started().await else {
        return;
    };
    for http in Http::BOTH {
        let jar = Jar::new();
        let client = client(http, &ca, &jar);
        let response = sent(client.get(httpbin.url("/cookies/set/flavour/oatmeal"))).await;
        assert_eq!(response.url().as_str(), httpbin.url("/cookies"));
        assert_eq!(response.redirects().len(), 1);
        let seen: Value = response.json().await.unwrap();
        assert_eq!(seen, json!({"cookies": {"flavour": "oatmeal"}}));
        let all = jar.all(&Partition::default(), SystemTime::now());
        // httpbin sees that it stands behind TLS.
        assert!(all[0].is_secure());
        assert_eq!((all[0].domain(), all[0].path()), ("localhost", "/"));
    }
}

#[tokio::test]
async fn cookies_are_replaced_and_deleted_as_httpbin_says() {
    let Some((httpbin, ca)) = started().await else {
        return;
    };
    for http in Http::BOTH {
        let jar = Jar::new();
        let client = client(http, &ca, &jar);
        for (path, expected) in [
            ("/cookies", json!({})),
            ("/cookies/set?a=1&b=2", json!({"a": "1", "b": "2"})),
            ("/cookies/set?b=three", json!({"a": "1", "b": "three"})),
            ("/cookies/delete?a", json!({"b": "three"})),
            (
                "/cookies/set/quoted/x%20y",
                json!({"b": "three", "quoted": "x y"}),
            ),
            ("/cookies/delete?b&quoted", json!({})),
        ] {
            let seen = echoed(client.get(httpbin.url(path))).await;
            assert_eq!(seen["cookies"], expected, "{http:?} {path}");
        }
        assert_eq!(names(&jar), Vec::<String>::new());
    }
}

#[tokio::test]
async fn clients_share_the_cookies_of_one_jar_and_of_no_other() {
    let Some((httpbin, ca)) = started().await else {
        return;
    };
    let [first, second] = [(); 2].map(|()| Jar::new());
    echoed(client(Http::One, &ca, &first).get(httpbin.url("/cookies/set/user/first"))).await;
    let url = httpbin.url("/cookies");
    let seen = echoed(client(Http::Two, &ca, &first).get(&url)).await;
    assert_eq!(seen["cookies"], json!({"user": "first"}));
    let seen = echoed(client(Http::Two, &ca, &second).get(&url)).await;
    assert_eq!(seen["cookies"], json!({}));
    let plain = client_over(Http::Two, &ca).build().unwrap();
    let seen = echoed(plain.get(httpbin.url("/cookies/set/user/plain"))).await;
    assert_eq!(seen["cookies"], json!({}), "a client without a jar");
}

#[tokio::test]
async fn a_cookie_header_of_the_caller_is_sent_as_it_is() {
    let Some((httpbin, ca)) = started().await else {
        return;
    };
    for http in Http::BOTH {
        let jar = Jar::new();
        let client = client(http, &ca, &jar);
        echoed(client.get(httpbin.url("/cookies/set/of/jar"))).await;
        let request = client
            .get(httpbin.url("/cookies"))
            .header("cookie", "of=caller; b=2");
        let seen = echoed(request).await;
        assert_eq!(seen["cookies"], json!({"of": "caller", "b": "2"}));
        assert_eq!(names(&jar), ["of"]);
    }
}
