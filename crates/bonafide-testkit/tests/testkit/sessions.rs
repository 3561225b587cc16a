use std::sync::Arc;

use bonafide_testkit::{Recipe, TestCa, TestServer};
use rustls::HandshakeKind;

use crate::client::{config, connect, get, http1, text};

/// Connects twice with one configuration, a request on each connection, and tells how
/// the second handshake went.
async fn second_handshake(
    server: &TestServer,
    config: &Arc<rustls::ClientConfig>,
) -> HandshakeKind {
    for _ in 0..2 {
        let tls = connect(server, config).await.expect("a connection");
        let kind = tls.get_ref().1.handshake_kind();
        // Tickets arrive with the first bytes of the answer.
        text(
            http1(tls)
                .await
                .send_request(get("/"))
                .await
                .expect("a response"),
        )
        .await
        .expect("a body");
        if server.tls_handshakes() == 2 {
            return kind.expect("the handshake is done");
        }
    }
    panic!("two handshakes were counted as {:?}", server.stats());
}

#[tokio::test]
async fn sessions_are_resumed_and_counted_unless_tickets_are_off() {
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        for (tickets, expected) in [
            (None, HandshakeKind::Resumed),
            (Some(0), HandshakeKind::Full),
        ] {
            let ca = TestCa::new();
            let identity = ca.issue(Recipe::for_host("localhost"));
            let mut builder = TestServer::builder(identity).tls_versions(&[version]);
            if let Some(tickets) = tickets {
                builder = builder.tickets(tickets);
            }
            let server = builder.start().await;
            let kind = second_handshake(&server, &config(&ca, &[])).await;
            assert_eq!(kind, expected, "{version:?} with {tickets:?} tickets");
            let resumed = usize::from(expected == HandshakeKind::Resumed);
            assert_eq!(server.resumed_handshakes(), resumed);
            server.shutdown().await;
        }
    }
}
