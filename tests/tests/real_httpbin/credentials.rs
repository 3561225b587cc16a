//! Basic, bearer and digest authentication.

use std::error::Error as _;

use bonafide::{Client, Kind, StatusCode};
use bonafide_testkit::TestCa;
use bonafide_tests::{Http, Httpbin, client_over};
use bonafide_tower::auth::{
    AuthError, AuthLayer, AuthScheme, Basic, Bearer, Credential, Digest, UnsupportedDigest,
};
use serde_json::json;

use super::{clients, echoed, started};

fn client(http: Http, ca: &TestCa, httpbin: &Httpbin, scheme: impl Into<AuthScheme>) -> Client {
    let credential = Credential::for_origin(&httpbin.origin(), scheme).unwrap();
    client_over(http, ca)
        .hop_layer(AuthLayer::new(credential))
        .build()
        .unwrap()
}

fn digest(user: &str, password: &str) -> Digest {
    Digest::new(user, password).unwrap()
}

#[tokio::test]
async fn a_basic_credential_is_accepted_and_a_wrong_one_is_the_401() {
    let Some((httpbin, ca)) = started().await else {
        return;
    };
    for http in Http::BOTH {
        let basic = Basic::new("user", "pass word").unwrap();
        let client = client(http, &ca, &httpbin, basic);
        let accepted = json!({"authenticated": true, "user": "user"});
        for path in ["basic-auth", "hidden-basic-auth"] {
            let right = httpbin.url(&format!("/{path}/user/pass%20word"));
            assert_eq!(echoed(client.get(right)).await, accepted, "{path}");
        }
        let wrong = httpbin.url("/basic-auth/user/another");
        let response = client.get(&wrong).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        let challenge = &response.headers()["www-authenticate"];
        assert_eq!(challenge, "Basic realm=\"Fake Realm\"");
        let hidden = httpbin.url("/hidden-basic-auth/user/another");
        let response = client.get(hidden).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn credentials_of_one_request_are_accepted() {
    let Some((httpbin, ca)) = started().await else {
        return;
    };
    for (_, client) in clients(&ca) {
        let url = httpbin.url("/basic-auth/user/passwd");
        let request = client.get(&url).basic_auth("user", Some("passwd"));
        assert_eq!(echoed(request).await["authenticated"], json!(true));
        let request = client
            .get(httpbin.url("/bearer"))
            .bearer_auth("mF_9.B5f-4.1JqM");
        let seen = echoed(request).await;
        assert_eq!(
            seen,
            json!({"authenticated": true, "token": "mF_9.B5f-4.1JqM"})
        );
        for path in [
            "/basic-auth/user/passwd",
            "/bearer",
            "/digest-auth/auth/user/passwd",
        ] {
            let response = client.get(httpbin.url(path)).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{path}");
        }
    }
}

#[tokio::test]
async fn a_bearer_token_is_sent_to_its_origin_alone() {
    let Some((httpbin, ca)) = started().await else {
        return;
    };
    let Some((other, _)) = started().await else {
        return;
    };
    for http in Http::BOTH {
        let [here, elsewhere] = [&httpbin, &other].map(|bound| {
            let bearer = Bearer::new("t0ken").unwrap();
            client(http, &ca, bound, bearer)
        });
        let url = httpbin.url("/bearer");
        let seen = echoed(here.get(&url)).await;
        assert_eq!(seen, json!({"authenticated": true, "token": "t0ken"}));
        let response = elsewhere.get(&url).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn httpbins_digest_challenges_are_answered_with_each_algorithm() {
    let Some((mut httpbin, ca)) = started().await else {
        return;
    };
    let mut asked = 0;
    for http in Http::BOTH {
        for path in [
            "/digest-auth/auth/user/passwd",
            "/digest-auth/auth/user/passwd/MD5",
            "/digest-auth/auth/user/passwd/SHA-256",
            // Both qualities are offered.
            "/digest-auth/any/user/passwd/SHA-256",
        ] {
            let client = client(http, &ca, &httpbin, digest("user", "passwd"));
            for _ in 0..3 {
                let seen = echoed(client.get(httpbin.url(path))).await;
                assert_eq!(
                    seen,
                    json!({"authenticated": true, "user": "user"}),
                    "{path}"
                );
            }
            let requests = httpbin.requests(asked + 4).await.split_off(asked);
            let statuses: Vec<_> = requests
                .iter()
                .map(|request| request.split(' ').nth(2).unwrap())
                .collect();
            assert_eq!(statuses, ["401", "200", "200", "200"], "{http:?} {path}");
            asked += 4;
        }
    }
}

#[tokio::test]
async fn a_wrong_password_of_a_digest_is_the_401_after_one_answer() {
    let Some((mut httpbin, ca)) = started().await else {
        return;
    };
    for (number, http) in Http::BOTH.into_iter().enumerate() {
        let client = client(http, &ca, &httpbin, digest("user", "another"));
        let url = httpbin.url("/digest-auth/auth/user/passwd/SHA-256");
        let response = client.get(url).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        let asked = 2 * (number + 1);
        assert_eq!(httpbin.requests(asked).await.len(), asked);
    }
}

#[tokio::test]
async fn a_digest_that_is_not_supported_is_an_error_and_the_password_is_not_sent() {
    let Some((mut httpbin, ca)) = started().await else {
        return;
    };
    for (number, http) in Http::BOTH.into_iter().enumerate() {
        let client = client(http, &ca, &httpbin, digest("user", "passwd"));
        for (path, expected) in [
            (
                "/digest-auth/auth-int/user/passwd/SHA-256",
                UnsupportedDigest::Protection,
            ),
            (
                "/digest-auth/auth-int/user/passwd",
                UnsupportedDigest::Protection,
            ),
            (
                "/digest-auth/auth/user/passwd/SHA-512",
                UnsupportedDigest::Algorithm,
            ),
        ] {
            let error = client.get(httpbin.url(path)).send().await.unwrap_err();
            assert_eq!(error.kind(), Kind::Layer, "{path}: {error}");
            let source = error.source().unwrap().downcast_ref::<AuthError>();
            let Some(AuthError::UnsupportedDigest { reason, .. }) = source else {
                unreachable!("{path}: {error:?}");
            };
            assert_eq!(*reason, expected, "{path}");
        }
        let asked = 3 * (number + 1);
        assert_eq!(httpbin.requests(asked).await.len(), asked);
    }
}

#[tokio::test]
async fn a_server_that_falls_back_to_a_weaker_digest_does_not_get_an_answer() {
    let Some((httpbin, ca)) = started().await else {
        return;
    };
    for http in Http::BOTH {
        // The nonce of before would be accepted, but for the password.
        for weaker in [
            "/digest-auth/auth/user/another/MD5",
            "/basic-auth/user/passwd",
        ] {
            let client = client(http, &ca, &httpbin, digest("user", "passwd"));
            let strong = httpbin.url("/digest-auth/auth/user/passwd/SHA-256");
            echoed(client.get(strong)).await;
            let error = client.get(httpbin.url(weaker)).send().await.unwrap_err();
            assert_eq!(error.kind(), Kind::Layer, "{weaker}: {error}");
            let source = error.source().unwrap().downcast_ref::<AuthError>();
            let is_downgrade = matches!(source, Some(AuthError::Downgraded { .. }));
            assert!(is_downgrade, "{weaker}: {error:?}");
        }
    }
}
