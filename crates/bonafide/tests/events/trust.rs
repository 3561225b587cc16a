//! Each connection of a stream is judged by the policy of its time.

use std::time::Duration;

use bonafide::verify::{Anchors, Policy};
use bonafide::{Code, Kind};
use bonafide_testkit::{Alpn, Recipe, TestCa};

use crate::answers::Answer::Silent;
use crate::answers::Script;
use crate::server::{SHORT, builder_of, client, data, error};

/// The server leaves a stream open when it closes its connections, so silence has to end it.
const SILENCE: Duration = Duration::from_millis(500);

#[tokio::test]
async fn a_server_with_another_certificate_is_refused_when_the_stream_connects_again() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let script = Script::new([Silent("data: a\n\n")]);
        let server = builder_of(script, alpn).tickets(0).start().await;
        let request = client().get(server.url("/")).read_timeout(SILENCE);
        let mut events = request.events().max_wait(SHORT);
        assert!(events.receipt().is_none(), "nothing was judged yet");
        assert_eq!(data(&mut events).await, "a");
        assert!(events.receipt().is_some());
        // The same certificate again: another connection, which is judged for itself.
        server.close_connections();
        assert_eq!(data(&mut events).await, "a");
        assert_eq!(server.tls_handshakes(), 2);
        assert!(events.receipt().is_some());

        server.set_identity(&TestCa::new().issue(Recipe::for_host("localhost")));
        server.close_connections();
        let error = error(&mut events).await;
        assert_eq!(
            (error.kind(), error.code()),
            (Kind::Refused, Some(Code::UnknownIssuer))
        );
        assert_eq!(server.request_count(), 2, "nothing was sent to it");
        assert_eq!(server.tcp_connections(), 3, "it was asked once");
    }
}

#[tokio::test]
async fn a_policy_that_was_replaced_judges_the_next_connection() {
    let script = Script::new([Silent("data: a\n\n")]);
    let server = builder_of(script, Alpn::Http1).start().await;
    let client = client();
    let request = client.get(server.url("/")).read_timeout(SILENCE);
    let mut events = request.events().max_wait(SHORT);
    assert_eq!(data(&mut events).await, "a");
    let strangers = Policy::builder()
        .anchors(Anchors::only(TestCa::new().certificate().clone()))
        .build()
        .expect("a policy");
    let policy = client.policy().expect("a policy");
    policy.replace(strangers).expect("another policy");
    server.close_connections();
    let error = error(&mut events).await;
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Refused, Some(Code::UnknownIssuer))
    );
    assert_eq!(server.request_count(), 1);
}
