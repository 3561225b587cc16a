//! Servers that are not trusted, and what the errors say.

use std::error::Error as _;

use bonafide::verify::{Anchors, CustomCa, Policy};
use bonafide::{Client, Code, Kind, Phase, Refusal};
use bonafide_testkit::certificate::Catalogue;
use bonafide_testkit::{Alpn, ClientAuth, Ending, Recipe, TestCa, TestServer};
use tokio::net::TcpListener;

use crate::support::{builder, ca, client, loopback, policy, server};

#[tokio::test]
async fn a_server_that_is_not_believed_gets_no_byte_of_the_request() {
    let catalogue = Catalogue::new();
    let policy = Policy::builder()
        .anchors(Anchors::only(catalogue.ca().certificate().clone()))
        .build()
        .expect("a policy");
    for case in catalogue.cases() {
        let server = TestServer::builder(case.identity.clone()).start().await;
        let client = Client::builder()
            .policy(policy.clone())
            .resolve(case.host, server.addr())
            .build()
            .expect("a client");
        let url = format!("https://{}/", case.host);
        let outcome = client.post(&url).body("secret").send().await;
        if case.accepted {
            let response = outcome.unwrap_or_else(|error| panic!("{}: {error}", case.name));
            assert!(
                response.receipt().expect("https").is_verified(),
                "{}",
                case.name
            );
            continue;
        }
        let error = match outcome {
            Ok(_) => panic!("{} was trusted although {}", case.name, case.why),
            Err(error) => error,
        };
        assert_eq!(
            (error.kind(), error.phase()),
            (Kind::Refused, Some(Phase::Tls)),
            "{}",
            case.name
        );
        assert!(error.is_refused() && error.is_connect() && !error.is_retryable());
        let refusal: &Refusal = error.refusal().expect("a refusal");
        assert_eq!(Some(refusal.code()), error.code());
        assert!(!error.receipt().expect("what was checked").is_verified());
        assert!(format!("{error:?}").contains("receipt: true"), "{error:?}");
        let explanation = error.explain().expect("an explanation");
        assert_eq!(explanation.code, refusal.code().as_str());
        assert_eq!(explanation.presented.len(), case.identity.chain().len());
        assert_eq!(error.url().expect("the URL").as_str(), url);
        assert_eq!(error.to_string(), format!("{url}: refused: {refusal}"));
        assert!(!error.to_string().contains('\n'));
        assert_eq!(server.request_count(), 0, "{}", case.name);
        server.shutdown().await;
    }
}

#[tokio::test]
async fn every_error_is_one_line_that_names_the_cause() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let closed = listener.local_addr().expect("its address");
    drop(listener);
    let trusted = server(Alpn::Http1).start().await;
    let stranger = TestCa::named("stranger");
    let strange = TestServer::http1(stranger.issue(Recipe::for_host("localhost"))).await;
    let gone = server(Alpn::Http1)
        .ending(Ending::CloseAfterRequest)
        .start()
        .await;
    let silent = server(Alpn::Http1)
        .ending(Ending::CloseInHandshake)
        .start()
        .await;
    let client = client();
    let refused = std::io::Error::from_raw_os_error(111).to_string();
    // url, kind, phase, code, text after the URL ("…" stands for anything)
    let table = [
        (
            format!("https://{closed}/"),
            Kind::Connect,
            Some(Phase::Connect),
            None,
            format!("could not connect to {closed}: {refused}"),
        ),
        (
            "https://no-such-host.invalid/".to_owned(),
            Kind::Resolve,
            Some(Phase::Resolve),
            None,
            "could not resolve \"no-such-host.invalid\": …".to_owned(),
        ),
        (
            strange.url("/"),
            Kind::Refused,
            Some(Phase::Tls),
            Some(Code::UnknownIssuer),
            "refused: BF-UNKNOWN-ISSUER: …".to_owned(),
        ),
        (
            gone.url("/"),
            Kind::Closed,
            Some(Phase::Headers),
            None,
            "the connection closed before a response came: connection closed before message completed".to_owned(),
        ),
        (
            "http://localhost/".to_owned(),
            Kind::PlainHttpRefused,
            None,
            Some(Code::PlainHttp),
            "plain http is refused: use https, or build the client with `allow_plain_http`".to_owned(),
        ),
        (
            "https://a_b..example/".to_owned(),
            Kind::Url,
            None,
            None,
            "\"a_b..example\" is not a valid host name: …".to_owned(),
        ),
    ];
    for (url, kind, phase, code, text) in table {
        let error = client.get(&url).send().await.expect_err(&url);
        assert_eq!(
            (error.kind(), error.phase(), error.code()),
            (kind, phase, code),
            "{error}"
        );
        let shown = error.to_string();
        let expected = format!("{url}: {text}");
        match expected.strip_suffix('…') {
            Some(start) => assert!(
                shown.starts_with(start) && shown.len() > start.len(),
                "{shown}"
            ),
            None => assert_eq!(shown, expected),
        }
        assert!(!shown.contains('\n'), "{shown}");
    }
    // Whether the close arrives as an end or as a reset is up to the kernel.
    let error = client
        .get(silent.url("/"))
        .send()
        .await
        .expect_err("no handshake");
    assert_eq!(
        (error.kind(), error.phase()),
        (Kind::Tls, Some(Phase::Tls)),
        "{error}"
    );
    let response = client.get(trusted.url("/")).send().await;
    assert!(response.is_ok(), "the client itself is sound: {response:?}");
}

#[tokio::test]
async fn the_cause_can_be_walked_down_to_the_operating_system() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let closed = listener.local_addr().expect("its address");
    drop(listener);
    let error = client()
        .get(format!("https://{closed}/"))
        .send()
        .await
        .expect_err("closed");
    let mut cause = error.source();
    let mut found = None;
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            found = Some(io.kind());
        }
        cause = error.source();
    }
    assert_eq!(found, Some(std::io::ErrorKind::ConnectionRefused));
    assert!(error.is_retryable());
}

#[tokio::test]
async fn a_server_that_misses_a_client_certificate_says_so_with_a_code() {
    let authority = ca().certificate().clone();
    let server = TestServer::builder(loopback())
        .client_auth(ClientAuth::Required(authority))
        .start()
        .await;
    let error = client()
        .get(server.url("/"))
        .send()
        .await
        .expect_err("no certificate");
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Tls, Some(Code::ClientCertificate))
    );
    assert_eq!(server.request_count(), 0);
}

#[tokio::test]
async fn requests_that_cannot_be_built_say_why_when_they_are_sent() {
    let client = client();
    for (request, text) in [
        (
            client.get("not a url"),
            "the URL is not valid: relative URL without a base",
        ),
        (
            client.get("https://localhost/").header("bad name", "x"),
            "https://localhost/: the header's name is not valid: invalid HTTP header name",
        ),
        (
            client.get("https://localhost/").header("x", "a\nb"),
            "https://localhost/: the header's value is not valid: failed to parse header value",
        ),
        (
            client.get("https://localhost/").bearer_auth("a\nb"),
            "https://localhost/: the token is not a valid header value: failed to parse header value",
        ),
        (
            client.get("https://localhost/").query(&5),
            "https://localhost/: the query cannot be serialized: top-level serializer supports only maps and structs",
        ),
    ] {
        let error = request.send().await.expect_err(text);
        assert_eq!(error.to_string(), text);
        assert!(matches!(error.kind(), Kind::Url | Kind::Request));
        assert_eq!(error.phase(), None);
    }
    let error = builder()
        .user_agent("a\nb")
        .build()
        .expect_err("no header value");
    assert_eq!(error.kind(), Kind::Request);
}

#[tokio::test]
async fn two_policies_for_one_server_never_share_a_connection() {
    let server = server(Alpn::Http2).start().await;
    let trusting = client();
    let empty_handed = Client::builder()
        .policy(
            Policy::builder()
                .anchors(Anchors::only(CustomCa::pem("other", TestCa::new().pem())))
                .build()
                .expect("a policy"),
        )
        .build()
        .expect("a client");
    trusting.get(server.url("/")).send().await.expect("trusted");
    let error = empty_handed
        .get(server.url("/"))
        .send()
        .await
        .expect_err("not trusted");
    assert_eq!(error.code(), Some(Code::UnknownIssuer));
    let same_rules = Client::builder()
        .policy(policy())
        .build()
        .expect("a client");
    same_rules
        .get(server.url("/"))
        .send()
        .await
        .expect("trusted");
    assert_eq!(server.tls_handshakes(), 2);
}
