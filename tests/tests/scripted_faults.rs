//! The faults of the testkit's scripts, as the client reports them: kind and delivery.

#![expect(clippy::expect_used, reason = "a test fails with a clear message")]

use std::time::Duration;

use bonafide::verify::{Anchors, Policy};
use bonafide::{Body, Client, Delivery, Error, Kind};
use bonafide_testkit::server::{ErrorCode, LastStream};
use bonafide_testkit::{Alpn, Ending, Recipe, Scripted, TestCa, TestServer};

use Alpn::{Http1, Http2};
use Delivery::{Answered, MaybeProcessed, NotSent, RefusedUnprocessed};

fn client(ca: &TestCa) -> Client {
    let policy = Policy::builder()
        .anchors(Anchors::only(ca.certificate().clone()))
        .build()
        .expect("one anchor");
    Client::builder()
        .policy(policy)
        .headers_timeout(Duration::from_secs(5))
        .build()
        .expect("a client")
}

/// The error of a `POST`, which is never repeated after it may have been processed, and whose
/// response is read to its end.
async fn post(client: &Client, url: &str) -> Error {
    let body = Body::from("an order");
    match client.post(url).body(body).send().await {
        Ok(response) => response.bytes().await.expect_err("the fault shows"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn each_fault_of_a_script_has_its_kind_and_delivery() {
    let ca = TestCa::new();
    let alert = rustls::AlertDescription::AccessDenied;
    let go_away = |last, code| Ending::GoAway { last, code };
    let busy = ErrorCode::ENHANCE_YOUR_CALM;
    // ending, protocols, kind, delivery
    let table = [
        (Ending::ResetOnAccept, Http1, Kind::Tls, NotSent),
        (Ending::AlertInHandshake(alert), Http1, Kind::Tls, NotSent),
        (Ending::CutBody { sent: 1 }, Http1, Kind::Body, Answered),
        (Ending::CutBody { sent: 1 }, Http2, Kind::Body, Answered),
        (Ending::ResetInBody { sent: 1 }, Http1, Kind::Body, Answered),
        (Ending::ResetInBody { sent: 1 }, Http2, Kind::Body, Answered),
        (
            Ending::ResetInRequest { received: 0 },
            Http1,
            Kind::Closed,
            MaybeProcessed,
        ),
        (
            Ending::ResetInRequest { received: 0 },
            Http2,
            Kind::Closed,
            MaybeProcessed,
        ),
        (
            Ending::ResetStream(ErrorCode::REFUSED_STREAM),
            Http2,
            Kind::Protocol,
            RefusedUnprocessed,
        ),
        (
            Ending::ResetStream(ErrorCode::CANCEL),
            Http2,
            Kind::Protocol,
            MaybeProcessed,
        ),
        (
            Ending::ResetStreamInBody {
                sent: 1,
                code: ErrorCode::INTERNAL_ERROR,
            },
            Http2,
            Kind::Body,
            Answered,
        ),
        (
            go_away(LastStream::BeforeThis, busy),
            Http2,
            Kind::Closed,
            RefusedUnprocessed,
        ),
        (
            go_away(LastStream::BeforeThis, ErrorCode::NO_ERROR),
            Http2,
            Kind::Closed,
            RefusedUnprocessed,
        ),
        (
            go_away(LastStream::This, busy),
            Http2,
            Kind::Closed,
            MaybeProcessed,
        ),
    ];
    for (ending, alpn, kind, delivery) in table {
        let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
            .alpn(alpn)
            .ending(ending)
            .start()
            .await;
        let error = post(&client(&ca), &server.url("/")).await;
        let found = (error.kind(), error.delivery());
        assert_eq!(found, (kind, delivery), "{ending:?} {alpn:?}: {error}");
        server.shutdown().await;
    }
}

#[tokio::test]
async fn a_request_that_was_provably_not_processed_is_sent_again() {
    let ca = TestCa::new();
    let faults = [
        Ending::ResetStream(ErrorCode::REFUSED_STREAM),
        Ending::GoAway {
            last: LastStream::BeforeThis,
            code: ErrorCode::NO_ERROR,
        },
    ];
    for fault in faults {
        let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
            .alpn(Http2)
            .script([Scripted::fault(fault), Scripted::ok("accepted")])
            .start()
            .await;
        let sent = client(&ca).post(server.url("/")).body("an order").send();
        let response = sent.await.expect("the second attempt is answered");
        assert_eq!(response.text().await.expect("a body"), "accepted");
        let connections = [
            server.take_request().await.connection,
            server.take_request().await.connection,
        ];
        assert_eq!(connections, [0, 1], "{fault:?}");
        server.shutdown().await;
    }
}
