//! One host has one zone, however a URL spells it.

use std::net::{Ipv6Addr, SocketAddr, SocketAddrV6};

use bonafide::verify::{Anchors, Policy, Zone};
use bonafide::{Client, Code, Kind, Phase};
use bonafide_testkit::{Alpn, Recipe, TestCa, TestServer};

use crate::support::{builder, ca, client, server};

/// A policy that trusts `theirs` for `host` alone, and the authority of the tests for all others.
fn apart(host: &str, theirs: &TestCa) -> Policy {
    let theirs = Anchors::only(theirs.certificate().clone());
    Policy::builder()
        .anchors(Anchors::only(ca().certificate().clone()))
        .zone(Zone::for_host(host).anchors(theirs))
        .build()
        .expect("a policy")
}

#[tokio::test]
async fn a_mapped_address_is_the_address_in_it_for_zone_connection_and_host() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let theirs = TestCa::new();
        let identity = theirs.issue(Recipe::for_host("127.0.0.1"));
        let server = TestServer::builder(identity).alpn(alpn).start().await;
        let client = Client::builder()
            .policy(apart("127.0.0.1", &theirs))
            .build()
            .expect("a client");
        let port = server.port();
        for host in [
            "127.0.0.1",
            "[::ffff:127.0.0.1]",
            "[::FFFF:7f00:1]",
            "127.1",
        ] {
            let response = client
                .get(format!("https://{host}:{port}/"))
                .send()
                .await
                .expect(host);
            assert_eq!(response.receipt().expect("https").zone(), "127.0.0.1");
            assert_eq!(
                response.url().as_str(),
                format!("https://127.0.0.1:{port}/")
            );
        }
        assert_eq!(server.tcp_connections(), 1, "one pool key");
        for request in server.requests() {
            let host = match alpn {
                Alpn::Http1 => request.headers["host"].to_str().expect("text"),
                _ => request.uri.authority().expect("an authority").as_str(),
            };
            assert_eq!(host, format!("127.0.0.1:{port}"));
        }
    }
}

#[tokio::test]
async fn no_spelling_of_a_pinned_host_is_judged_by_the_anchors_of_all_others() {
    let impostor = TestServer::builder(ca().issue(Recipe::for_hosts(["127.0.0.1", "localhost"])))
        .start()
        .await;
    let port = impostor.port();
    for (zone, spellings) in [
        (
            "127.0.0.1",
            &[
                "127.0.0.1",
                "127.1",
                "2130706433",
                "[::ffff:127.0.0.1]",
                "[::ffff:7f00:1]",
            ][..],
        ),
        (
            "localhost",
            &[
                "localhost",
                "LOCALHOST",
                "localhost.",
                "l%6fcalhost",
                "\u{ff4c}ocalhost",
            ],
        ),
    ] {
        let client = Client::builder()
            .policy(apart(zone, &TestCa::new()))
            .resolve("localhost", impostor.addr())
            .build()
            .expect("a client");
        for host in spellings {
            let error = client
                .get(format!("https://{host}:{port}/"))
                .send()
                .await
                .expect_err(host);
            assert_eq!(
                (error.kind(), error.code()),
                (Kind::Refused, Some(Code::UnknownIssuer)),
                "{host}"
            );
            assert_eq!(error.receipt().expect("judged").zone(), zone, "{host}");
        }
    }
    assert_eq!(impostor.request_count(), 0);
}

#[tokio::test]
async fn an_absolute_name_shares_the_zone_and_keeps_its_own_connection() {
    let theirs = TestCa::new();
    let server = TestServer::builder(theirs.issue(Recipe::for_host("shop.example")))
        .alpn(Alpn::Http2)
        .start()
        .await;
    let client = Client::builder()
        .policy(apart("shop.example", &theirs))
        .resolve("shop.example.", server.addr())
        .build()
        .expect("a client");
    for url in ["https://shop.example/", "https://Shop.Example./"] {
        let response = client.get(url).send().await.expect(url);
        assert_eq!(response.receipt().expect("https").zone(), "shop.example");
    }
    assert_eq!(server.tcp_connections(), 2);
    for request in server.requests() {
        assert_eq!(request.sni.as_deref(), Some("shop.example"));
    }
}

#[tokio::test]
async fn port_0_is_refused_before_anything_is_looked_up() {
    let server = server(Alpn::Http1).start().await;
    let client = builder()
        .resolve("shop.example", server.addr())
        .allow_plain_http()
        .build()
        .expect("a client");
    for (url, shown) in [
        ("https://shop.example:0/a", "https://shop.example:0/a"),
        ("http://shop.example:000", "http://shop.example:0/"),
        ("https://[::1]:0", "https://[::1]:0/"),
    ] {
        let error = client.get(url).send().await.expect_err(url);
        assert_eq!((error.kind(), error.phase()), (Kind::Url, None), "{url}");
        assert_eq!(
            error.to_string(),
            format!("{shown}: port 0 cannot be connected to")
        );
    }
    assert_eq!(server.tcp_connections(), 0);
}

#[tokio::test]
async fn a_zone_id_in_a_url_is_refused_and_a_scope_that_is_given_is_dialled() {
    let error = client()
        .get("https://[fe80::1%25eth0]/")
        .send()
        .await
        .expect_err("RFC 6874 is obsolete");
    assert_eq!(error.kind(), Kind::Url);
    assert!(
        error.to_string().contains("`ClientBuilder::resolve`"),
        "{error}"
    );
    // No interface has this number.
    let scoped = SocketAddrV6::new(
        Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1),
        9,
        0,
        0x7fff_fff0,
    );
    let error = builder()
        .resolve("device.example", SocketAddr::V6(scoped))
        .build()
        .expect("a client")
        .get("https://device.example/")
        .send()
        .await
        .expect_err("no such interface");
    assert_eq!(
        (error.kind(), error.phase()),
        (Kind::Connect, Some(Phase::Connect))
    );
    let start = format!("https://device.example/: could not connect to {scoped}: ");
    assert!(error.to_string().starts_with(&start), "{error}");
}
