use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request, StatusCode};
use http_body_util::Full;
use tower::{Layer as _, ServiceBuilder, ServiceExt as _};

use super::inner::{Inner, get, ok, unauthorized};
use crate::auth::{AuthError, AuthLayer, Basic, Bearer, Credential, Keyring, Peer};
use crate::origin::Origin;
use crate::redirect::RedirectLayer;

fn bearer(token: &str) -> Bearer {
    Bearer::new(token).unwrap()
}

#[tokio::test]
async fn a_credential_goes_to_its_origin_and_nowhere_else() {
    // binding, URL, whether the credential is sent
    for (origin, url, is_sent) in [
        ("https://example.com", "https://example.com/a?b", true),
        ("https://example.com", "https://example.com:443/", true),
        ("https://EXAMPLE.com/", "HTTPS://Example.COM/", true),
        ("https://example.com", "http://example.com/", false),
        ("https://example.com", "http://example.com:443/", false),
        ("https://example.com", "https://example.com:444/", false),
        ("https://example.com:444", "https://example.com:444/", true),
        ("https://example.com", "https://example.com./", false),
        ("https://example.com.", "https://example.com./", true),
        ("https://example.com", "https://www.example.com/", false),
        (
            "https://example.com",
            "https://example.com.evil.example/",
            false,
        ),
        (
            "https://example.com",
            "https://example.com@evil.example/",
            false,
        ),
        (
            "https://example.com",
            "https://evil.example/example.com",
            false,
        ),
        (
            "https://b\u{fc}cher.example",
            "https://xn--bcher-kva.example/",
            true,
        ),
        (
            "https://b\u{fc}cher.example",
            "https://bucher.example/",
            false,
        ),
        ("https://127.0.0.1", "https://[::ffff:7f00:1]/", true),
        ("https://[::1]", "https://[0:0::1]/", true),
    ] {
        let inner = Inner::new(|_| ok());
        let credential = Credential::for_origin(origin, bearer("t")).unwrap();
        get(credential, &inner, url).await.unwrap();
        let value = is_sent.then(|| "Bearer t".to_owned());
        assert_eq!(inner.values(), [value], "{origin} {url}");
    }
}

#[tokio::test]
async fn a_credential_of_a_zone_goes_to_its_hosts_over_https_and_the_narrowest_one_is_sent() {
    let keyring = Keyring::from_iter([
        Credential::for_origin("https://a.example.com:444", bearer("origin")).unwrap(),
        Credential::for_zone("a.example.com", bearer("host")).unwrap(),
        Credential::for_zone("*.example.com", bearer("label")).unwrap(),
        Credential::for_zone("**.example.com", bearer("old")).unwrap(),
        Credential::for_zone("**.example.com", bearer("tree")).unwrap(),
    ]);
    for (url, token) in [
        ("https://a.example.com:444/", Some("origin")),
        ("https://a.example.com/", Some("host")),
        ("https://a.example.com.:8443/", Some("host")),
        ("https://b.example.com/", Some("label")),
        ("https://example.com/", Some("tree")),
        ("https://a.b.example.com/", Some("tree")),
        ("http://a.example.com/", None),
        ("https://aexample.com/", None),
        ("https://example.com.evil.example/", None),
    ] {
        let inner = Inner::new(|_| ok());
        get(keyring.clone(), &inner, url).await.unwrap();
        // A client that knows the origin finds the same.
        let uri = url.parse().unwrap();
        let origin = Origin::of(&uri).unwrap();
        let bindings = (keyring.find(&uri), keyring.find_for(&origin));
        assert_eq!(
            bindings.0.map(Credential::binding),
            bindings.1.map(Credential::binding)
        );
        let value = token.map(|token| format!("Bearer {token}"));
        assert_eq!(inner.values(), [value], "{url}");
    }
}

#[tokio::test]
async fn an_authorization_of_the_callers_own_is_not_touched_and_its_401_is_the_response() {
    let inner = Inner::new(|_| unauthorized(&["Digest realm=r, nonce=n, qop=auth"]));
    let digest = crate::auth::Digest::new("user", "password").unwrap();
    let credential = Credential::for_origin("https://example.com", digest).unwrap();
    let mut request = Request::get("https://example.com/")
        .body(Full::<Bytes>::default())
        .unwrap();
    let own = HeaderValue::from_static("Own value");
    request.headers_mut().insert(AUTHORIZATION, own);
    let service = AuthLayer::new(credential).layer(inner.clone());
    let response = service.oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(inner.values(), [Some("Own value".to_owned())]);
}

#[tokio::test]
async fn a_redirect_to_another_origin_carries_no_credential() {
    let inner = Inner::new(|request| {
        let mut answer = ok();
        let location = match request.uri().path() {
            "/start" => "/same",
            "/same" => "https://other.example/",
            _ => return answer,
        };
        *answer.status_mut() = StatusCode::FOUND;
        answer
            .headers_mut()
            .insert("location", HeaderValue::from_static(location));
        answer
    });
    let keyring = Keyring::from_iter([
        Credential::for_origin("https://example.com", bearer("first")).unwrap(),
        Credential::for_origin("https://third.example", bearer("third")).unwrap(),
    ]);
    let client = ServiceBuilder::new()
        .layer(RedirectLayer::new())
        .layer(AuthLayer::new(keyring))
        .service(inner.clone());
    let request = Request::get("https://example.com/start")
        .body(Full::<Bytes>::default())
        .unwrap();
    let response = client.oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let first = || Some("Bearer first".to_owned());
    assert_eq!(inner.values(), [first(), first(), None]);
}

#[tokio::test]
async fn each_request_waits_until_the_inner_service_is_ready_and_keeps_the_rest_of_its_head() {
    let inner = Inner::new(|_| ok());
    let basic = Basic::new("user", "password").unwrap();
    let credential = Credential::for_origin("https://example.com", basic).unwrap();
    let mut request = Request::post("https://example.com/a?b")
        .body(Full::<Bytes>::from("body"))
        .unwrap();
    *request.version_mut() = http::Version::HTTP_2;
    request
        .headers_mut()
        .insert("x-own", HeaderValue::from_static("1"));
    request.extensions_mut().insert(7_u8);
    let service = AuthLayer::new(credential).layer(inner.clone());
    service.oneshot(request).await.unwrap();
    let asked = inner.take();
    let asked = &asked[0];
    assert_eq!(
        (asked.method().as_str(), asked.uri()),
        ("POST", &"https://example.com/a?b".parse().unwrap())
    );
    assert_eq!(asked.version(), http::Version::HTTP_2);
    assert_eq!(
        (&asked.headers()["x-own"], asked.headers().len()),
        (&HeaderValue::from_static("1"), 2)
    );
    assert_eq!(asked.extensions().get(), Some(&7_u8));
    assert!(asked.headers()[AUTHORIZATION].is_sensitive());
}

#[test]
fn a_client_that_knows_the_peer_sends_nothing_without_the_proof_that_the_credential_requires() {
    const HOST: &str = "https://a.example.org";
    const ADDRESS: &str = "https://[2001:db8::1]";
    let of_zone = |zone: &str| Credential::for_zone(zone, bearer("t")).unwrap();
    let of_origin = |origin: &str| Credential::for_origin(origin, bearer("t")).unwrap();
    let verified = |zone| Peer::Verified { zone };
    let pinned = |zone| Peer::Pinned { zone };
    // credential, origin, peer, the name of the error
    for (credential, origin, peer, refused) in [
        (of_origin(HOST), HOST, Peer::Unverified, "Unverified"),
        (of_origin(HOST), HOST, verified("default"), ""),
        (of_origin(HOST), HOST, pinned("default"), ""),
        (
            of_origin(HOST).pinned(),
            HOST,
            verified("default"),
            "Unpinned",
        ),
        (of_origin(HOST).pinned(), HOST, pinned("default"), ""),
        (
            of_zone("**.example.org"),
            HOST,
            Peer::Unverified,
            "Unverified",
        ),
        (
            of_zone("**.example.org"),
            HOST,
            verified("**.example.org"),
            "",
        ),
        (
            of_zone("**.example.org"),
            HOST,
            pinned("*.example.org"),
            "OtherZone",
        ),
        (
            of_zone("**.example.org"),
            HOST,
            verified("default"),
            "OtherZone",
        ),
        (
            of_zone("a.example.org"),
            HOST,
            verified("a.example.org"),
            "",
        ),
        (
            of_zone("a.example.org").pinned(),
            HOST,
            verified("a.example.org"),
            "Unpinned",
        ),
        (
            of_zone("[2001:db8::1]"),
            ADDRESS,
            verified("2001:db8::1"),
            "",
        ),
        (
            of_zone("[2001:db8::1]"),
            ADDRESS,
            verified("2001:db8::2"),
            "OtherZone",
        ),
    ] {
        let origin: Origin = origin.parse().unwrap();
        let name = match credential.check_peer(&origin, peer) {
            Ok(()) => "",
            Err(AuthError::Unverified { origin: named }) if named == origin => "Unverified",
            Err(AuthError::OtherZone { origin: named, .. }) if named == origin => "OtherZone",
            Err(AuthError::Unpinned { origin: named }) if named == origin => "Unpinned",
            Err(other) => panic!("{other:?}"),
        };
        assert_eq!(name, refused, "{credential:?} at {origin} to {peer:?}");
    }
    let other = of_zone("**.example.org").check_peer(&HOST.parse().unwrap(), verified("default"));
    assert_eq!(
        other.unwrap_err().to_string(),
        "the credential of the zone **.example.org was not sent to https://a.example.org, which \
         the zone default judged"
    );
}
