//! Requests to nginx: hosts of one address, kept connections, resumed sessions, client
//! certificates.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use bonafide::verify::pki_types::ServerName;
use bonafide::verify::receipt::IdentityUse;
use bonafide::verify::refusal::Reason;
use bonafide::verify::x509::PresentedName;
use bonafide::verify::{ClientIdentity, NamedGroup, Policy, PolicyHandle, Zone};
use bonafide::{Client, Code, Kind, Phase, Response};
use bonafide_testkit::{Identity, Recipe, TestCa};
use bonafide_tests::{LoggedRequest, Nginx, OpenSslClient, Site, trusting};
use http::Version;
use tokio::net::UnixStream;

const HOSTS: [&str; 2] = ["one.test", "two.test"];

/// A client that finds the hosts of the tests on the loopback.
fn client(policy: &Policy) -> Client {
    client_of(&PolicyHandle::new(policy.clone()))
}

/// The same, with a policy that it shares with others.
fn client_of(policy: &PolicyHandle) -> Client {
    ["one.test", "two.test", "three.test"]
        .into_iter()
        .fold(Client::builder().policy(policy.clone()), |builder, host| {
            builder.resolve(host, (Ipv4Addr::LOCALHOST, 0).into())
        })
        .build()
        .unwrap()
}

/// The host whose certificate is also for the address of the loopback.
fn first_host(ca: &TestCa) -> Identity {
    ca.issue(Recipe::for_hosts(["one.test", "127.0.0.1"]))
}

/// The URLs of `path` at `host` in both versions of HTTP.
fn urls(nginx: &Nginx, host: &str, path: &str) -> [(String, Version); 2] {
    [
        (nginx.http1_url(host, path), Version::HTTP_11),
        (nginx.http2_url(host, path), Version::HTTP_2),
    ]
}

async fn get(client: &Client, url: &str) -> Response {
    let response = client.get(url).send().await.unwrap();
    response.error_for_status().unwrap()
}

fn is_resumed(response: &Response) -> bool {
    response.receipt().unwrap().connection().unwrap().resumed
}

/// The pin and the subject of the verified leaf.
fn leaf(response: &Response) -> (String, String) {
    let path = response.receipt().unwrap().path().unwrap();
    (path.keys()[0].to_string(), path.subjects().next().unwrap())
}

fn connections(requests: &[LoggedRequest]) -> BTreeSet<u64> {
    requests.iter().map(|request| request.connection).collect()
}

#[tokio::test]
async fn each_host_of_one_address_is_proved_by_its_own_certificate() {
    let ca = TestCa::new();
    let identities = [first_host(&ca), ca.issue(Recipe::for_host("two.test"))];
    let sites = [0, 1].map(|n| Site::new(HOSTS[n], &identities[n]));
    let Some(mut nginx) = Nginx::serving(sites).start().await else {
        return;
    };
    let client = client(&trusting(&ca).build().unwrap());
    for (host, identity) in HOSTS.into_iter().zip(&identities) {
        for (url, version) in urls(&nginx, host, "/") {
            let response = get(&client, &url).await;
            let receipt = response.receipt().unwrap();
            assert!(receipt.is_verified(), "{receipt}");
            assert_eq!(receipt.host(), Some(host));
            assert_eq!(leaf(&response), (identity.spki_pin(), format!("CN={host}")));
            assert_eq!(response.version(), version);
            assert_eq!(response.text().await.unwrap(), host);
        }
    }
    let requests = nginx.requests(4).await;
    let seen: Vec<_> = requests
        .iter()
        .map(|request| {
            let sni = request.sni.as_deref().unwrap();
            (request.site.as_str(), sni, request.protocol.as_str())
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("one.test", "one.test", "HTTP/1.1"),
            ("one.test", "one.test", "HTTP/2.0"),
            ("two.test", "two.test", "HTTP/1.1"),
            ("two.test", "two.test", "HTTP/2.0"),
        ]
    );
    assert_eq!(connections(&requests).len(), 4);
}

#[tokio::test]
async fn an_address_is_proved_by_the_certificate_of_the_first_host() {
    let ca = TestCa::new();
    let first = first_host(&ca);
    let second = ca.issue(Recipe::for_host("two.test"));
    let sites = [
        Site::new("one.test", &first),
        Site::new("two.test", &second),
    ];
    let Some(mut nginx) = Nginx::serving(sites).start().await else {
        return;
    };
    let client = client(&trusting(&ca).build().unwrap());
    for (url, _) in urls(&nginx, "127.0.0.1", "/") {
        let response = get(&client, &url).await;
        assert_eq!(response.receipt().unwrap().host(), Some("127.0.0.1"));
        assert_eq!(leaf(&response).0, first.spki_pin());
        assert_eq!(response.text().await.unwrap(), "one.test");
    }
    // RFC 6066, section 3: an address is not sent as a server name.
    for request in nginx.requests(2).await {
        assert_eq!(request.sni, None);
    }
}

#[tokio::test]
async fn a_host_that_nginx_does_not_know_is_refused_for_the_certificate_of_the_first() {
    let ca = TestCa::new();
    let sites = [Site::new("one.test", &first_host(&ca))];
    let Some(nginx) = Nginx::serving(sites).start().await else {
        return;
    };
    let client = client(&trusting(&ca).build().unwrap());
    for (url, _) in urls(&nginx, "three.test", "/") {
        let error = client.get(&url).send().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.phase(), error.code()),
            (Kind::Refused, Some(Phase::Tls), Some(Code::NameMismatch))
        );
        let refusal = error.refusal().unwrap();
        let Reason::NameMismatch { presented, .. } = refusal.reason() else {
            unreachable!("{refusal}");
        };
        let presented: Vec<&str> = presented.iter().map(PresentedName::text).collect();
        assert_eq!(presented, ["one.test", "127.0.0.1"]);
    }
}

#[tokio::test]
async fn requests_one_after_another_share_a_connection() {
    let ca = TestCa::new();
    let sites = [Site::new("one.test", &first_host(&ca))];
    let Some(mut nginx) = Nginx::serving(sites).start().await else {
        return;
    };
    let client = client(&trusting(&ca).build().unwrap());
    for (turn, (url, _)) in urls(&nginx, "one.test", "/").into_iter().enumerate() {
        for _ in 0..5 {
            assert_eq!(get(&client, &url).await.text().await.unwrap(), "one.test");
        }
        let requests = nginx.requests(5 * (turn + 1)).await.split_off(5 * turn);
        let numbers: Vec<_> = requests.iter().map(|request| request.number).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5]);
        assert_eq!(connections(&requests).len(), 1);
    }
}

#[tokio::test]
async fn requests_at_once_share_an_http2_connection() {
    let ca = TestCa::new();
    let sites = [Site::new("one.test", &first_host(&ca))];
    let Some(mut nginx) = Nginx::serving(sites).start().await else {
        return;
    };
    let client = client(&trusting(&ca).build().unwrap());
    let url = nginx.http2_url("one.test", "/");
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let request = client.get(&url).send();
            tokio::spawn(async move { request.await?.text().await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap().unwrap(), "one.test");
    }
    let requests = nginx.requests(64).await;
    let numbers: BTreeSet<_> = requests.iter().map(|request| request.number).collect();
    assert_eq!(numbers, (1..=64).collect());
    assert_eq!(connections(&requests).len(), 1);
}

#[tokio::test]
async fn a_connection_that_nginx_ends_is_followed_by_a_new_one() {
    let ca = TestCa::new();
    let sites = [Site::new("one.test", &first_host(&ca))];
    let builder = Nginx::serving(sites).requests_per_connection(3);
    let Some(mut nginx) = builder.start().await else {
        return;
    };
    let client = client(&trusting(&ca).build().unwrap());
    for (turn, (url, _)) in urls(&nginx, "one.test", "/").into_iter().enumerate() {
        for _ in 0..9 {
            assert_eq!(get(&client, &url).await.text().await.unwrap(), "one.test");
        }
        let requests = nginx.requests(9 * (turn + 1)).await.split_off(9 * turn);
        let numbers: Vec<_> = requests.iter().map(|request| request.number).collect();
        assert_eq!(numbers, [1, 2, 3, 1, 2, 3, 1, 2, 3], "{url}");
        assert_eq!(connections(&requests).len(), 3);
    }
}

#[tokio::test]
async fn a_session_is_resumed_within_a_policy_and_the_receipt_says_so() {
    let ca = TestCa::new();
    for protocols in ["TLSv1.2", "TLSv1.3"] {
        let sites = [Site::new("one.test", &first_host(&ca))];
        let builder = Nginx::serving(sites).protocols(protocols);
        let Some(mut nginx) = builder.start().await else {
            return;
        };
        for (turn, (url, _)) in urls(&nginx, "one.test", "/").into_iter().enumerate() {
            let [policy, stranger] =
                [(); 2].map(|()| PolicyHandle::new(trusting(&ca).build().unwrap()));
            // A client of its own for each request: none finds a connection that it could use.
            let mut receipts = Vec::new();
            let mut resumed = Vec::new();
            for policy in [&policy, &policy, &stranger] {
                let response = get(&client_of(policy), &url).await;
                resumed.push(is_resumed(&response));
                receipts.push(response.receipt().unwrap().clone());
                assert_eq!(response.text().await.unwrap(), "one.test");
            }
            assert_eq!(resumed, [false, true, false], "{protocols} {url}");
            assert!(receipts[1].is_verified());
            assert_eq!(receipts[0].time(), receipts[1].time());
            let requests = nginx.requests(3 * (turn + 1)).await.split_off(3 * turn);
            let seen: Vec<_> = requests
                .iter()
                .map(|request| (request.tls.as_str(), request.resumed))
                .collect();
            assert_eq!(
                seen,
                [(protocols, false), (protocols, true), (protocols, false)]
            );
        }
    }
}

#[tokio::test]
async fn no_request_rides_on_early_data_where_nginx_would_take_it() {
    let Some(openssl) = OpenSslClient::find() else {
        return;
    };
    let ca = TestCa::new();
    let builder = Nginx::serving([Site::new("one.test", &first_host(&ca))])
        .requests_per_connection(1)
        .taking_early_data();
    let Some(mut nginx) = builder.start().await else {
        return;
    };
    // It counts as early only while the rest of the handshake has not come, so that one try may be
    // too slow.
    let mut before = 0;
    loop {
        assert!(openssl.sends_early_data(nginx.http1(), "one.test").await);
        before += 2;
        if nginx.requests(before).await[before - 1].early {
            break;
        }
        assert!(before < 100, "nginx did not report it");
    }
    let client = client(&trusting(&ca).build().unwrap());
    for (url, _) in urls(&nginx, "one.test", "/") {
        for _ in 0..4 {
            assert_eq!(get(&client, &url).await.text().await.unwrap(), "one.test");
            nginx.all_closed().await;
        }
    }
    let requests = nginx.requests(before + 8).await.split_off(before);
    let seen: Vec<_> = requests
        .iter()
        .map(|request| (request.tls.as_str(), request.resumed, request.early))
        .collect();
    let mut expected = [("TLSv1.3", true, false); 8];
    expected[0].1 = false;
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_client_certificate_is_shown_to_the_host_of_its_zone_alone() {
    let ca = TestCa::new();
    let clients = TestCa::new();
    let alice = clients.issue(Recipe::for_host("alice").client());
    let identity = ClientIdentity::from_pem(alice.chain_pem(), alice.key_pem()).unwrap();
    let sites = [
        Site::new("one.test", &first_host(&ca)).demanding_clients_of(&clients),
        Site::new("two.test", &ca.issue(Recipe::for_host("two.test")))
            .demanding_clients_of(&clients),
    ];
    let Some(nginx) = Nginx::serving(sites).start().await else {
        return;
    };
    let zone = Zone::for_host("one.test").identity(identity);
    let client = client(&trusting(&ca).zone(zone).build().unwrap());
    for (url, _) in urls(&nginx, "one.test", "/client") {
        let response = get(&client, &url).await;
        let receipt = response.receipt().unwrap();
        assert_eq!(receipt.zone(), "one.test");
        let connection = receipt.connection().unwrap();
        // The session of the first is resumed by the second, and brings the certificate along.
        match (&connection.client_identity, connection.resumed) {
            (IdentityUse::Shown(record), false) | (IdentityUse::AtHand(Some(record)), true) => {
                assert_eq!(record.subject(), "CN=alice");
            }
            other => unreachable!("{other:?}"),
        }
        assert_eq!(response.text().await.unwrap(), "SUCCESS CN=alice");
    }
    // nginx ends the handshake all the same, and then refuses the request.
    for (url, _) in urls(&nginx, "two.test", "/client") {
        let response = client.get(&url).send().await.unwrap();
        assert_eq!(response.status(), 400);
        let receipt = response.receipt().unwrap();
        assert_eq!(receipt.zone(), "default");
        assert!(receipt.is_verified());
        assert!(receipt.connection().unwrap().client_identity.is_none());
        let text = response.text().await.unwrap();
        assert!(
            text.contains("No required SSL certificate was sent"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_large_body_arrives_whole() {
    let ca = TestCa::new();
    let sites = [Site::new("one.test", &first_host(&ca))];
    let Some(nginx) = Nginx::serving(sites).start().await else {
        return;
    };
    let client = client(&trusting(&ca).build().unwrap());
    for (url, _) in urls(&nginx, "one.test", "/large") {
        let body = get(&client, &url).await.bytes().await.unwrap();
        assert_eq!(body.len(), Site::LARGE_BYTES);
        assert!(body.iter().all(|byte| *byte == b'x'));
    }
}

#[tokio::test]
async fn a_server_of_nginx_without_tls_is_said_to_answer_in_plain_http() {
    let ca = TestCa::new();
    let sites = [Site::new("one.test", &first_host(&ca))];
    let Some(nginx) = Nginx::serving(sites).start().await else {
        return;
    };
    let name = ServerName::try_from("one.test").unwrap();
    // A large ClientHello and a small one.
    for groups in [&[NamedGroup::X25519MLKEM768][..], &[NamedGroup::X25519]] {
        let policy = trusting(&ca).key_exchange_groups(groups.iter().copied());
        let socket = UnixStream::connect(nginx.plain_socket()).await.unwrap();
        let connected = policy.build().unwrap().connect(name.clone(), socket).await;
        let error = connected.unwrap_err();
        assert_eq!(
            (error.code(), error.to_string().as_str()),
            (
                Some(Code::NotTls),
                "BF-NOT-TLS: the server answered in plain HTTP: it does not use TLS on this port"
            )
        );
    }
}
