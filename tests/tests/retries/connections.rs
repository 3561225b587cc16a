//! Attempts that get no answer.

use bonafide_testkit::{Alpn, ClientAuth, Ending, Recipe, TestCa};
use bonafide_tower::connector::ConnectError;
use bonafide_tower::delivery::Delivery;
use bonafide_tower::retry::{GiveUp, Outcome, Retry, Standard};
use bonafide_verify::{Anchors, Code, ConfigError, HandshakeError, Pins, Policy, Refusal, Zone};
use http::Method;
use tokio::net::TcpSocket;

use crate::stage::{
    ALPNS, Log, MAYBE, in_turn, lost, made, ok, request, send, server, service, under,
};

#[tokio::test]
async fn a_connection_that_closes_on_a_request_has_a_get_sent_again_and_a_post_not() {
    for alpn in ALPNS {
        for (method, requests, why) in [
            (Method::GET, 2, None),
            (Method::POST, 1, Some(GiveUp::NotIdempotent)),
        ] {
            let ca = TestCa::new();
            let server = in_turn(server(&ca, alpn), vec![lost, ok]).start().await;
            let log = Log::default();
            let service = service(&ca, Retry::standard(), &log);
            let result = send(&service, request(method.clone(), &server.url("/"))).await;
            assert_eq!(
                result.is_ok(),
                why.is_none(),
                "{alpn:?} {method}: {result:?}"
            );
            assert_eq!(server.request_count(), requests, "{alpn:?} {method}");
            assert_eq!(log.outcomes(), (vec![MAYBE], why), "{alpn:?} {method}");
            server.shutdown().await;
        }
    }
}

#[tokio::test]
async fn a_server_that_is_refused_is_asked_once() {
    for alpn in ALPNS {
        let ca = TestCa::new();
        let server = server(&ca, alpn).start().await;
        let log = Log::default();
        let service = service(&TestCa::new(), Retry::standard(), &log);
        let error = send(&service, request(Method::GET, &server.url("/")))
            .await
            .unwrap_err();
        assert_eq!(
            Refusal::find_in(&*error).unwrap().code(),
            Code::UnknownIssuer
        );
        server.wait_for(|stats| stats.failed_handshakes == 1).await;
        assert_eq!(server.stats().client_hellos, 1);
        assert_eq!(log.steps(), []);
        server.shutdown().await;
    }
}

#[tokio::test]
async fn a_server_without_the_pinned_key_and_a_host_outside_of_the_policy_are_asked_once() {
    for alpn in ALPNS {
        let ca = TestCa::new();
        let server = server(&ca, alpn).start().await;
        let anchored = || Policy::builder().anchors(Anchors::only(ca.certificate().clone()));
        let another = ca.issue(Recipe::for_host("localhost"));
        let pins = Pins::for_host("localhost")
            .leaf(another.spki_pin())
            .without_backup()
            .never_expires()
            .build()
            .unwrap();
        let elsewhere =
            Zone::for_host("other.example").anchors(Anchors::only(ca.certificate().clone()));
        let closed = Policy::builder().closed().zone(elsewhere);
        for (policy, code, hellos) in [
            (anchored().pins(pins), Code::PinMismatch, 1),
            (closed, Code::HostNotInPolicy, 0),
        ] {
            let before = server.stats().client_hellos;
            let log = Log::default();
            let service = under(policy.build().unwrap(), Retry::standard(), &log);
            let error = send(&service, request(Method::GET, &server.url("/")))
                .await
                .unwrap_err();
            assert_eq!(Refusal::find_in(&*error).unwrap().code(), code);
            assert_eq!(Standard::of_error(&*error), Outcome::Final, "{code}");
            assert_eq!(server.stats().client_hellos - before, hellos, "{code}");
            assert_eq!(log.steps(), [], "{code}");
        }
        server.shutdown().await;
    }
}

#[tokio::test]
async fn a_host_that_the_policy_cannot_judge_is_not_asked_again() {
    let log = Log::default();
    let service = service(&TestCa::new(), Retry::standard(), &log);
    let error = send(&service, request(Method::GET, "https://a..b/"))
        .await
        .unwrap_err();
    let cause = error.source().and_then(|it| it.downcast_ref());
    match cause {
        Some(ConnectError::Config {
            source: ConfigError::InvalidHost { .. },
            ..
        }) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(Standard::of_error(&*error), Outcome::Final);
    assert_eq!(log.steps(), []);
}

#[tokio::test]
async fn an_alert_of_tls_is_not_answered_with_another_attempt() {
    // TLS 1.3 has it arrive when the request may have been sent, and TLS 1.2 in the handshake.
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let ca = TestCa::new();
        let clients = TestCa::new();
        let server = server(&ca, Alpn::Http1)
            .tls_versions(&[version])
            .client_auth(ClientAuth::Required(clients.certificate().clone()))
            .start()
            .await;
        let log = Log::default();
        let service = service(&ca, Retry::standard(), &log);
        let error = send(&service, request(Method::GET, &server.url("/")))
            .await
            .unwrap_err();
        let steps = log.steps();
        assert_eq!(server.stats().client_hellos, 1, "{error:?} {steps:?}");
        assert_eq!(steps, [], "{error:?}");
        assert_eq!(Standard::of_error(&*error), Outcome::Final, "{error:?}");
        if *version == rustls::version::TLS13 {
            assert!(HandshakeError::find_in(&*error).is_some(), "{error:?}");
        }
        server.shutdown().await;
    }
}

#[tokio::test]
async fn a_post_that_was_not_sent_is_sent_again() {
    let ca = TestCa::new();
    // A port that is taken, and on which nothing listens.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("https://{}/", socket.local_addr().unwrap());
    let log = Log::default();
    let service = service(&ca, Retry::standard(), &log);
    send(&service, request(Method::POST, &url))
        .await
        .unwrap_err();
    let unsent = Outcome::Failed(Delivery::NotSent);
    assert_eq!(log.outcomes(), (vec![unsent; 3], Some(GiveUp::Attempts)));
}

#[tokio::test]
async fn a_handshake_that_is_reset_is_tried_again_for_a_post() {
    let ca = TestCa::new();
    let server = server(&ca, Alpn::Http1)
        .endings([Ending::ResetInHandshake])
        .start()
        .await;
    let log = Log::default();
    let service = service(&ca, Retry::standard(), &log);
    let response = send(&service, request(Method::POST, &server.url("/")))
        .await
        .unwrap();
    assert_eq!((response.status().as_u16(), made(&response)), (200, 2));
    assert_eq!(
        log.outcomes(),
        (vec![Outcome::Failed(Delivery::NotSent)], None)
    );
    server.shutdown().await;
}
