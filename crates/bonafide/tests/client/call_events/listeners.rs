//! Listeners: several, and such as panic or block.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bonafide::events::{Event, EventListener};
use bonafide_testkit::Alpn;

use super::log::Log;
use crate::support::{builder, server};

#[tokio::test]
async fn listeners_are_added_and_notified_in_their_order() {
    struct Numbered(usize, Arc<AtomicUsize>);

    impl EventListener for Numbered {
        fn notify(&self, _: &Event<'_>) {
            assert_eq!(self.1.fetch_add(1, Ordering::SeqCst) % 2, self.0);
        }
    }

    let server = server(Alpn::Both).start().await;
    let count = Arc::new(AtomicUsize::new(0));
    let client = builder()
        .event_listener(Numbered(0, Arc::clone(&count)))
        .event_listener(Numbered(1, Arc::clone(&count)))
        .build()
        .expect("a client");
    let response = client.get(server.url("/")).send().await;
    response.expect("a response").bytes().await.expect("a body");
    assert_eq!(count.load(Ordering::SeqCst), 2 * 17);
}

#[tokio::test]
async fn a_panic_of_a_listener_changes_nothing_for_the_call_and_the_others() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(alpn).start().await;
        let log = Log::default();
        let quiet = builder().event_listener(|event: &Event<'_>| {
            std::panic::resume_unwind(Box::new(event.name()));
        });
        let client = log.of(quiet).build().expect("a client");
        for _ in 0..2 {
            let response = client.get(server.url("/")).send().await;
            let text = response.expect("a response").text().await;
            assert_eq!(text.expect("a body"), "ok");
        }
        assert_eq!(log.take().len(), 17 + 8);
        assert_eq!(server.tls_handshakes(), 1);
    }
}

#[tokio::test]
async fn a_builder_shows_how_many_listeners_it_has() {
    let log = Log::default();
    let text = format!("{:?}", log.of(builder()));
    assert!(text.contains("listeners: 1"), "{text}");
}
