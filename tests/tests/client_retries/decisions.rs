//! What a classifier may decide, what it may not, and who sees the decisions.

use std::sync::{Arc, Mutex};

use bonafide::Delivery;
use bonafide::events::Event;
use bonafide::retry::{ByDelivery, Classify as _, GiveUp, Outcome, Step};
use bonafide::{Client, ClientBuilder, Code, Error, Kind, StatusCode};
use bonafide_testkit::{Alpn, ClientAuth, Ending, TestCa};
use bonafide_tests::trusting;
use bonafide_verify::{Anchors, Pins, Policy, Zone};
use http::{Method, response};

use crate::stage::{ALPNS, Decided, Log, Reply, Script, builder, plain, quick, server, serving};

/// Everything was not sent, whatever happened.
fn nothing_was_sent(_: Result<&response::Parts, &Error>) -> Outcome {
    Outcome::Failed(Delivery::NotSent)
}

/// With a rule and a classifier that has everything repeated.
fn eager(client: ClientBuilder, log: &Log) -> Client {
    client
        .retry(quick())
        .retry_classifier(nothing_was_sent)
        .retry_observer(log.clone())
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_refused_server_is_asked_once_whatever_the_classifier_says() {
    let ca = TestCa::new();
    let pins = Pins::for_host("localhost")
        .any(TestCa::new().spki_pin())
        .without_backup()
        .never_expires()
        .build()
        .unwrap();
    // policy, code
    for (policy, code) in [
        (trusting(&TestCa::new()), Code::UnknownIssuer),
        (trusting(&ca).pins(pins), Code::PinMismatch),
    ] {
        let policy = policy.build().unwrap();
        for alpn in ALPNS {
            let server = server(&ca, alpn, 0).await;
            for classified in [false, true] {
                let before = server.tcp_connections();
                let log = Log::default();
                let client = Client::builder().policy(policy.clone());
                let client = if classified {
                    eager(client, &log)
                } else {
                    client
                        .retry(quick())
                        .retry_observer(log.clone())
                        .build()
                        .unwrap()
                };
                let error = client.get(server.url("/503")).send().await.unwrap_err();
                assert_eq!((error.kind(), error.code()), (Kind::Refused, Some(code)));
                assert_eq!(error.attempts(), 1, "{code}");
                assert_eq!(log.all(), [], "{code}");
                assert_eq!(server.tcp_connections() - before, 1, "{code}");
                assert_eq!(server.request_count(), 0, "{code}");
            }
        }
    }
}

#[tokio::test]
async fn what_the_policy_or_the_client_refuses_is_attempted_once() {
    let ca = TestCa::new();
    let anchors = Anchors::only(ca.certificate().clone());
    let other = Zone::for_host("other.example").anchors(anchors);
    let closed = Policy::builder().zone(other).closed().build().unwrap();
    // client, URL, kind of the error
    for (client, url, kind) in [
        (
            Client::builder().policy(closed),
            "https://localhost:1/",
            Kind::Refused,
        ),
        (plain(&ca), "http://localhost:1/", Kind::PlainHttpRefused),
    ] {
        let log = Log::default();
        let client = eager(client, &log);
        let error = client.get(url).send().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (kind, 1), "{error}");
        assert_eq!(log.all(), [], "{error}");
    }
}

#[tokio::test]
async fn a_tls_alert_ends_a_call_whatever_the_classifier_says() {
    // TLS 1.3 has it arrive when the request may have been sent, and TLS 1.2 in the handshake.
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let (ca, clients) = (TestCa::new(), TestCa::new());
        let server = serving(&ca, Alpn::Http1)
            .tls_versions(&[version])
            .client_auth(ClientAuth::Required(clients.certificate().clone()))
            .start()
            .await;
        let log = Log::default();
        let client = eager(plain(&ca), &log);
        let error = client.get(server.url("/")).send().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (Kind::Tls, 1), "{error}");
        assert_eq!(log.all(), [], "{error}");
        assert_eq!(server.stats().client_hellos, 1, "{error}");
    }
}

#[tokio::test]
async fn a_classifier_cannot_have_sent_twice_what_is_not_idempotent() {
    let ca = TestCa::new();
    for alpn in ALPNS {
        // method, what becomes of a request, how far it got, requests that arrive
        for (method, ending, delivery, arrive) in [
            (
                Method::POST,
                Ending::CloseAfterRequest,
                Delivery::MaybeProcessed,
                1,
            ),
            (
                Method::PUT,
                Ending::CloseAfterRequest,
                Delivery::MaybeProcessed,
                3,
            ),
            (Method::POST, Ending::CloseNotify, Delivery::Answered, 1),
            (Method::PUT, Ending::CloseNotify, Delivery::Answered, 3),
        ] {
            let server = serving(&ca, alpn).ending(ending).start().await;
            let log = Log::default();
            let client = eager(plain(&ca), &log);
            let request = client.request(method.clone(), server.url("/"));
            let _ = request.body("x").send().await;
            assert_eq!(
                server.request_count(),
                arrive,
                "{alpn:?} {method} {ending:?}"
            );
            let outcomes: Vec<_> = log.all().iter().map(|it| it.outcome).collect();
            assert_eq!(outcomes, vec![Outcome::Failed(delivery); arrive]);
            let why = match arrive {
                1 => GiveUp::NotIdempotent,
                _ => GiveUp::Attempts,
            };
            assert_eq!(log.why(), Some(why), "{alpn:?} {method} {ending:?}");
        }
    }
}

#[tokio::test]
async fn a_classifier_cannot_say_misdirected_or_http1_required_where_the_server_did_not() {
    let ca = TestCa::new();
    for outcome in [Outcome::Misdirected, Outcome::Http1Required] {
        // reply, outcome of the rule, requests that arrive
        for (reply, seen, arrive) in [
            (Reply::Status(200), Outcome::Failed(Delivery::Answered), 1),
            (Reply::Lost, Outcome::Failed(Delivery::MaybeProcessed), 1),
        ] {
            let log = Log::default();
            let script = Script::new([reply.clone()]);
            let client = builder(&ca)
                .retry_classifier(move |_: Result<&response::Parts, &Error>| outcome)
                .retry_observer(log.clone());
            let client = script.instead_of_servers(client).build().unwrap();
            let _ = client.post("https://localhost/").send().await;
            assert_eq!(script.asked().len(), arrive, "{outcome:?} {reply:?}");
            assert_eq!(log.all()[0].outcome, seen, "{outcome:?} {reply:?}");
            assert_eq!(log.why(), Some(GiveUp::NotIdempotent));
        }
    }
}

#[tokio::test]
async fn a_classifier_says_which_responses_are_failures() {
    let ca = TestCa::new();
    let missing_is_a_failure = |attempt: Result<&response::Parts, &Error>| match attempt {
        Ok(head) if head.status == StatusCode::NOT_FOUND => Outcome::Failed(Delivery::Answered),
        Ok(head) if head.status == StatusCode::SERVICE_UNAVAILABLE => Outcome::Final,
        other => ByDelivery.classify(other),
    };
    // method, reply, requests that arrive
    for (method, status, arrive) in [
        (Method::GET, 404, 2),
        (Method::POST, 404, 1),
        (Method::GET, 503, 1),
        (Method::GET, 502, 2),
    ] {
        let script = Script::new([Reply::Status(status), Reply::Status(200)]);
        let client = builder(&ca).retry_classifier(missing_is_a_failure);
        let client = script.instead_of_servers(client).build().unwrap();
        let request = client.request(method.clone(), "https://localhost/");
        request.send().await.unwrap();
        assert_eq!(script.asked().len(), arrive, "{method} {status}");
    }
}

#[tokio::test]
async fn each_decision_is_reported_with_its_reason() {
    let ca = TestCa::new();
    let log = Log::default();
    let script = Script::new([Reply::Status(503), Reply::Status(502), Reply::Status(429)]);
    let client = builder(&ca).retry_observer(log.clone());
    let client = script.instead_of_servers(client).build().unwrap();
    client.get("https://localhost/a?b=c").send().await.unwrap();
    let all = log.all();
    let statuses: Vec<_> = all.iter().filter_map(|it| it.status).collect();
    assert_eq!(statuses, [503, 502, 429]);
    for (index, decided) in all.iter().enumerate() {
        let last = index == 2;
        let Decided {
            host,
            attempt,
            outcome,
            status: _,
            step,
        } = decided;
        assert_eq!(host.as_deref(), Some("localhost"));
        assert_eq!(*attempt as usize, index + 1);
        assert_eq!(*outcome, Outcome::Failed(Delivery::Answered));
        assert_eq!(matches!(step, Step::Again(_)), !last, "{step:?}");
    }
    assert_eq!(log.why(), Some(GiveUp::Attempts));
}

#[tokio::test]
async fn listeners_are_notified_of_each_decision() {
    let ca = TestCa::new();
    for alpn in ALPNS {
        let server = server(&ca, alpn, 4).await;
        let decisions = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&decisions);
        let client = builder(&ca).event_listener(move |event: &Event<'_>| {
            if let Event::RetryDecision {
                delivery,
                status,
                again,
                ..
            } = event
            {
                let decision = (*delivery, *status, again.is_some());
                seen.lock().unwrap().push(decision);
            }
        });
        let client = client.build().unwrap();
        let busy = Some(StatusCode::SERVICE_UNAVAILABLE);
        let again = (Delivery::Answered, busy, true);
        let no_more = (Delivery::Answered, busy, false);
        // Three attempts fail, and then one of two.
        for expected in [vec![again, again, no_more], vec![again]] {
            client.get(server.url("/503")).send().await.unwrap();
            let decided = std::mem::take(&mut *decisions.lock().unwrap());
            assert_eq!(decided, expected, "{alpn:?}");
        }
    }
}
