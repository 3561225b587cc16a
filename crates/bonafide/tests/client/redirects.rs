//! Following redirects, and what must not follow.

use std::convert::Infallible;

use bonafide::redirect::{Choice, Redirects, Scope};
use bonafide::verify::{Anchors, Policy, Zone};
use bonafide::{Body, Client, Code, Kind, Phase};
use bonafide_testkit::{Alpn, PlainServer, Recipe, TestCa, TestServer};
use futures_util::stream;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};

use crate::support::{builder, ca, client, loopback, server};

/// A server that answers `/STATUS/REST` with the status and `Location: REST`, and else with `ok`.
async fn redirecting(identity: bonafide_testkit::Identity) -> TestServer {
    TestServer::builder(identity)
        .handler(|request| async move {
            let target = request
                .uri()
                .path_and_query()
                .map_or("/", |path| path.as_str());
            let mut response = Response::new("ok");
            if let Some((status, location)) = target[1..].split_once('/')
                && let Ok(status) = status.parse::<StatusCode>()
            {
                *response.status_mut() = status;
                let location = location.parse().expect("a header value");
                response.headers_mut().insert("location", location);
            }
            response
        })
        .start()
        .await
}

#[tokio::test]
async fn redirects_are_followed_as_browsers_follow_them() {
    let server = redirecting(loopback()).await;
    let client = client();
    // status, method, location; then method and body that arrive there
    for (status, method, location, then, body) in [
        (301, "GET", "/a", "GET", ""),
        (301, "POST", "/a", "GET", ""),
        (302, "POST", "/a?q", "GET", ""),
        (302, "PUT", "/a", "PUT", "body"),
        (303, "POST", "/a", "GET", ""),
        (303, "PUT", "/a", "GET", ""),
        (307, "POST", "/a", "POST", "body"),
        (308, "PUT", "/a/../b", "PUT", "body"),
        (307, "DELETE", "/%61", "DELETE", "body"),
    ] {
        let sent = if method == "GET" { "" } else { "body" };
        let first = server.url(&format!("/{status}/{location}"));
        let response = client
            .request(
                Method::from_bytes(method.as_bytes()).expect("a method"),
                &first,
            )
            .header("content-type", "text/plain")
            .body(sent)
            .send()
            .await
            .expect("a response");
        assert_eq!(response.status(), StatusCode::OK);
        let hop = &response.redirects()[0];
        assert_eq!(hop.status.as_u16(), status);
        assert_eq!(response.redirects().len(), 1);
        let requests = server.requests();
        let arrived = &requests[requests.len() - 1];
        assert_eq!(
            (arrived.method.as_str(), &arrived.body[..]),
            (then, body.as_bytes()),
            "{status} {method}"
        );
        assert_eq!(arrived.headers.contains_key("content-type"), then == method);
        assert_eq!(arrived.headers.get("referer"), None);
        assert_eq!(response.url().path(), arrived.uri.path());
    }
}

#[tokio::test]
async fn a_body_that_cannot_be_repeated_is_not_sent_twice() {
    let server = redirecting(loopback()).await;
    let streamed = || Body::from_stream(stream::iter([Ok::<_, Infallible>("once")]));
    let response = client()
        .post(server.url("/307//a"))
        .body(streamed())
        .send()
        .await
        .expect("the redirect itself");
    assert_eq!(response.status(), StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(server.request_count(), 1);
    let response = client()
        .post(server.url("/303//a"))
        .body(streamed())
        .send()
        .await
        .expect("a response");
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn redirects_are_followed_up_to_the_limit() {
    let server = TestServer::builder(loopback())
        .handler(|request| async move {
            let number: u32 = request.uri().path()[1..].parse().expect("a number");
            let mut response = Response::new("");
            if number > 0 {
                *response.status_mut() = StatusCode::FOUND;
                let next = format!("/{}", number - 1).parse().expect("a value");
                response.headers_mut().insert("location", next);
            }
            response
        })
        .start()
        .await;
    let client = client();
    let response = client
        .get(server.url("/10"))
        .send()
        .await
        .expect("10 are followed");
    let hops: Vec<_> = response
        .redirects()
        .iter()
        .map(|hop| hop.url.path().to_owned())
        .collect();
    assert_eq!(
        hops,
        (1..=10).rev().map(|n| format!("/{n}")).collect::<Vec<_>>()
    );
    let error = client
        .get(server.url("/11"))
        .send()
        .await
        .expect_err("11 are too many");
    assert_eq!(
        (error.kind(), error.phase()),
        (Kind::TooManyRedirects, Some(Phase::Headers))
    );
    assert_eq!(
        error.to_string(),
        format!(
            "{}: more than 10 redirects, the next one to {}",
            server.url("/1"),
            server.url("")
        )
    );
    let none = builder()
        .redirects(Redirects::none())
        .build()
        .expect("a client");
    let response = none
        .get(server.url("/3"))
        .send()
        .await
        .expect("the redirect itself");
    assert_eq!(response.status(), StatusCode::FOUND);
    let one = builder()
        .redirects(Redirects::up_to(1))
        .build()
        .expect("a client");
    one.get(server.url("/1"))
        .send()
        .await
        .expect("1 is followed");
    let error = one
        .get(server.url("/2"))
        .send()
        .await
        .expect_err("2 are too many");
    assert_eq!(error.kind(), Kind::TooManyRedirects);
    assert_eq!(server.tcp_connections(), 3, "one for each client");
}

#[tokio::test]
async fn https_never_leads_to_http_even_where_http_is_allowed() {
    let plain = PlainServer::start().await;
    let server = redirecting(loopback()).await;
    for client in [
        client(),
        builder().allow_plain_http().build().expect("a client"),
    ] {
        let url = server.url(&format!("/302/{}", plain.url("/x?secret")));
        let error = client.get(&url).send().await.expect_err("refused");
        assert_eq!(
            (error.kind(), error.phase(), error.code()),
            (
                Kind::InsecureRedirect,
                Some(Phase::Headers),
                Some(Code::RedirectToHttp)
            )
        );
        assert!(!error.is_retryable());
        assert_eq!(
            error.to_string(),
            format!(
                "{url}: a redirect from https to {} is refused",
                plain.url("")
            )
        );
        assert!(
            error
                .receipt()
                .expect("the redirecting server's")
                .is_verified()
        );
    }
    assert_eq!(plain.tcp_connections(), 0);
}

#[tokio::test]
async fn http_may_lead_to_https() {
    let server = redirecting(loopback()).await;
    let there = server.url("/there");
    let plain = PlainServer::builder()
        .handler(move |_| {
            let location = there.parse().expect("a value");
            async move {
                let mut response = Response::new("");
                *response.status_mut() = StatusCode::MOVED_PERMANENTLY;
                response.headers_mut().insert("location", location);
                response
            }
        })
        .start()
        .await;
    let client = builder().allow_plain_http().build().expect("a client");
    let response = client.get(plain.url("/")).send().await.expect("a response");
    assert_eq!(response.url().as_str(), server.url("/there"));
    assert!(response.receipt().expect("https").is_verified());
}

#[tokio::test]
async fn credentials_do_not_cross_origins_and_do_not_come_back() {
    let first = redirecting(loopback()).await;
    let second = redirecting(loopback()).await;
    let client = client();
    // Within the origin first, then to another port, and back.
    let back = second.url(&format!("/307/{}", first.url("/end")));
    let start = first.url(&format!("/307//307/{back}"));
    let response = client
        .get(start)
        .basic_auth("user", Some("s3cret"))
        .header("cookie", "a=b")
        .header("proxy-authorization", "Basic eA==")
        .header("x-kept", "1")
        .send()
        .await
        .expect("a response");
    assert_eq!(response.url().as_str(), first.url("/end"));
    let secrets = |request: &bonafide_testkit::server::RecordedRequest| {
        ["authorization", "cookie", "proxy-authorization"]
            .map(|name| request.headers.contains_key(name))
    };
    let at_first: Vec<_> = first.requests().iter().map(secrets).collect();
    assert_eq!(
        at_first,
        [[true, true, false], [true, true, false], [false; 3]],
        "no origin gets the credentials of a proxy"
    );
    let at_second: Vec<_> = second.requests().iter().map(secrets).collect();
    assert_eq!(at_second, [[false; 3]]);
    assert!(
        first
            .requests()
            .iter()
            .all(|request| request.headers.contains_key("x-kept"))
    );
}

#[tokio::test]
async fn the_clients_own_credentials_do_not_cross_origins_either() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let second = server(alpn).start().await;
        let first = redirecting(loopback()).await;
        let mut defaults = HeaderMap::new();
        for name in ["authorization", "cookie", "cookie2", "www-authenticate"] {
            defaults.insert(name, HeaderValue::from_static("s3cret"));
        }
        defaults.insert("x-kept", HeaderValue::from_static("1"));
        let client = builder()
            .default_headers(defaults)
            .build()
            .expect("a client");
        let there = second.url("/there");
        // The second origin is known to the client as one that gets them when it is asked for
        // itself.
        client.get(&there).send().await.expect("a response");
        client
            .get(first.url(&format!("/302/{there}")))
            .send()
            .await
            .expect("a response");
        let arrived: Vec<_> = [&first, &second]
            .iter()
            .flat_map(|server| server.requests())
            .map(|request| {
                [
                    "authorization",
                    "cookie",
                    "cookie2",
                    "www-authenticate",
                    "x-kept",
                ]
                .map(|name| request.headers.contains_key(name))
            })
            .collect();
        let without = [false, false, false, false, true];
        assert_eq!(arrived, [[true; 5], [true; 5], without], "{alpn:?}");
        let hosts = second.requests();
        assert_eq!(
            hosts[0].headers.get("host"),
            hosts[1].headers.get("host"),
            "the Host is the origin's"
        );
    }
}

#[tokio::test]
async fn another_host_at_the_same_address_is_another_origin() {
    let server = redirecting(loopback()).await;
    let there = server
        .url_for("127.0.0.1", "/x")
        .replace("https://", "https://own:pass@");
    let response = client()
        .get(server.url(&format!("/302/{there}")))
        .bearer_auth("token")
        .send()
        .await
        .expect("a response");
    assert_eq!(response.url().as_str(), server.url_for("127.0.0.1", "/x"));
    let arrived = &server.requests()[1];
    assert_eq!(
        arrived.headers.get("authorization"),
        None,
        "neither ours nor the Location's"
    );
}

#[tokio::test]
async fn what_a_redirecting_server_processed_is_not_called_safe_to_repeat() {
    let closed = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        listener.local_addr().expect("its address")
    };
    let server = redirecting(loopback()).await;
    let url = server.url(&format!("/303/https://{closed}/"));
    for (method, retryable) in [
        (Method::POST, false),
        (Method::PATCH, false),
        (Method::PUT, true),
        (Method::GET, true),
    ] {
        let error = client()
            .request(method.clone(), &url)
            .send()
            .await
            .expect_err("no server listens");
        assert_eq!(
            (error.kind(), error.phase(), error.is_retryable()),
            (Kind::Connect, Some(Phase::Connect), retryable),
            "{method}"
        );
    }
    let error = client()
        .post(format!("https://{closed}/"))
        .send()
        .await
        .expect_err("no server listens");
    assert!(error.is_retryable(), "no server processed anything");
}

#[tokio::test]
async fn every_hop_is_judged_by_its_own_zone() {
    let other_ca = TestCa::new();
    let first = redirecting(ca().issue(Recipe::for_host("first.example"))).await;
    let second = redirecting(other_ca.issue(Recipe::for_host("second.example"))).await;
    let with = |policy: Policy| {
        Client::builder()
            .policy(policy)
            .resolve("first.example", first.addr())
            .resolve("second.example", second.addr())
            .resolve("third.example", second.addr())
            .build()
            .expect("a client")
    };
    let start = |to: &str| format!("https://first.example/302/https://{to}/");
    let ours = || Anchors::only(ca().certificate().clone());
    let theirs = || Anchors::only(other_ca.certificate().clone());

    let zones = Policy::builder()
        .anchors(ours())
        .zone(Zone::for_host("second.example").anchors(theirs()))
        .build()
        .expect("a policy");
    let response = with(zones)
        .get(start("second.example"))
        .send()
        .await
        .expect("two zones");
    assert_eq!(response.receipt().expect("https").zone(), "second.example");

    let without = Policy::builder().anchors(ours()).build().expect("a policy");
    let error = with(without)
        .get(start("second.example"))
        .send()
        .await
        .expect_err("not our anchor");
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Refused, Some(Code::UnknownIssuer))
    );
    assert_eq!(
        error.url().expect("the hop").as_str(),
        "https://second.example/"
    );

    let closed = Policy::builder()
        .anchors(ours())
        .zone(Zone::for_host("first.example"))
        .closed()
        .build()
        .expect("a policy");
    let before = second.tcp_connections();
    let error = with(closed)
        .get(start("third.example"))
        .send()
        .await
        .expect_err("not in the policy");
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Refused, Some(Code::HostNotInPolicy))
    );
    assert_eq!(error.phase(), None, "nothing was looked up");
    assert!(!error.receipt().expect("what was checked").is_verified());
    assert_eq!(second.tcp_connections(), before);
}

#[tokio::test]
async fn a_location_that_is_no_url_is_a_typed_error() {
    let server = redirecting(loopback()).await;
    for location in ["https://", "ftp://h/x", "https://a%00b/"] {
        let url = server.url(&format!("/302/{location}"));
        let error = client().get(url).send().await.expect_err("unusable");
        assert_eq!(
            (error.kind(), error.phase()),
            (Kind::Redirect, Some(Phase::Headers)),
            "{location}"
        );
    }
}

#[tokio::test]
async fn a_redirect_does_not_cost_the_connection() {
    let server = TestServer::builder(loopback())
        .alpn(Alpn::Http1)
        .handler(|request| async move {
            let mut response = Response::new("some text about the redirect");
            if request.uri().path() == "/" {
                *response.status_mut() = StatusCode::FOUND;
                response
                    .headers_mut()
                    .insert("location", "/a".parse().expect("a value"));
            }
            response
        })
        .start()
        .await;
    client()
        .get(server.url("/"))
        .send()
        .await
        .expect("a response");
    assert_eq!(server.tcp_connections(), 1);
}

#[tokio::test]
async fn a_response_without_location_is_the_response() {
    let server = server(Alpn::Both)
        .handler(|_| async {
            let mut response = Response::new("");
            *response.status_mut() = StatusCode::FOUND;
            response
        })
        .start()
        .await;
    let response = client()
        .get(server.url("/"))
        .send()
        .await
        .expect("a response");
    assert_eq!(response.status(), StatusCode::FOUND);
}

#[tokio::test]
async fn a_caller_decides_how_far_redirects_lead_and_what_the_next_request_says() {
    let (here, there) = (redirecting(loopback()).await, redirecting(loopback()).await);
    let away = here.url(&format!("/302/{}", there.url("/end")));

    let same_origin = builder().redirects(Redirects::default().with_scope(Scope::SameOrigin));
    let response = same_origin
        .build()
        .expect("a client")
        .get(&away)
        .send()
        .await;
    let response = response.expect("the redirect itself");
    assert_eq!(response.status(), StatusCode::FOUND);
    assert!(response.redirects().is_empty());
    assert_eq!(there.request_count(), 0);

    let asked = builder().redirects(Redirects::default().with_policy(|proposal| {
        if proposal.to.path() == "/login" {
            return Choice::Stop;
        }
        proposal
            .headers
            .insert("x-followed", HeaderValue::from_static("yes"));
        Choice::Follow
    }));
    let client = asked.build().expect("a client");
    let stopped = client
        .get(here.url("/303//login"))
        .send()
        .await
        .expect("the redirect");
    assert_eq!(stopped.status(), StatusCode::SEE_OTHER);
    assert_eq!(stopped.url().path(), "/303//login");
    let request = client.get(&away).header("x-api-key", "s3cret");
    let response = request.send().await.expect("a response");
    assert_eq!(response.url().as_str(), there.url("/end"));
    let arrived = there.requests().pop().expect("a request");
    assert_eq!(arrived.headers["x-followed"], "yes");
    assert!(
        !arrived.headers.contains_key("x-api-key"),
        "{:?}",
        arrived.headers
    );
}

#[tokio::test]
async fn a_policy_of_the_callers_cannot_say_where_a_request_ends() {
    let server = redirecting(loopback()).await;
    let client = builder().redirects(Redirects::default().with_policy(|proposal| {
        proposal
            .headers
            .insert("content-length", HeaderValue::from_static("7"));
        Choice::Follow
    }));
    let client = client.build().expect("a client");
    let error = client
        .get(server.url("/302//end"))
        .send()
        .await
        .expect_err("a wrong length");
    assert_eq!(error.kind(), Kind::Request);
    assert_eq!(server.request_count(), 1);
}

#[tokio::test]
async fn an_error_has_the_redirects_that_led_to_it() {
    let server = redirecting(loopback()).await;
    let error = client()
        .get(server.url("/302//307/http://plain.example/"))
        .send()
        .await;
    let error = error.expect_err("https never leads to http");
    assert_eq!(error.kind(), Kind::InsecureRedirect);
    let followed: Vec<_> = error
        .redirects()
        .iter()
        .map(|hop| hop.status.as_u16())
        .collect();
    assert_eq!(followed, [302]);
    assert_eq!(
        client()
            .get("https://127.0.0.1:1/")
            .send()
            .await
            .expect_err("nothing listens")
            .redirects(),
        []
    );
}
