//! How far a request got that layers send more than once, or in other words.

use std::time::Duration;

use bonafide::{Body, Delivery, Error, Kind};
use bonafide_testkit::{Alpn, Ending};
use http::Request;
use tower::ServiceExt;
use tower::util::MapRequestLayer;

use super::{LIMIT, around, at, copy, rebuilt};
use crate::support::{builder, server};

/// Whatever the last sending says, the first one may have been processed.
#[tokio::test]
async fn a_request_that_a_layer_sent_before_was_not_left_unsent() {
    for at_hops in [false, true] {
        let server = server(Alpn::Both).ending(Ending::Reset).start().await;
        let nowhere: http::Uri = "https://127.0.0.1:1/".parse().expect("a URI");
        let again = around(move |next, mut request| {
            let nowhere = nowhere.clone();
            async move {
                let first = next.clone().oneshot(copy(&request)).await;
                assert_eq!(
                    first.expect_err("reset").delivery(),
                    Delivery::MaybeProcessed
                );
                *request.uri_mut() = nowhere;
                next.oneshot(request).await
            }
        });
        let client = at!(at_hops, again).build().expect("a client");
        let sent = client.post(server.url("/")).body("cake").send().await;
        let error = sent.expect_err("nothing listens");
        assert_eq!(server.request_count(), 1);
        assert_eq!(error.kind(), Kind::Connect);
        assert_eq!(
            error.delivery(),
            Delivery::MaybeProcessed,
            "at hops: {at_hops}"
        );
        assert!(!error.is_retryable());
    }
}

/// As a layer that authenticates does: after a 401 the request is sent again.
#[tokio::test]
async fn a_request_that_was_answered_to_a_layer_was_not_left_unsent() {
    for at_hops in [false, true] {
        let server = server(Alpn::Both).start().await;
        let nowhere: http::Uri = "https://127.0.0.1:1/".parse().expect("a URI");
        let again = around(move |next, mut request| {
            let nowhere = nowhere.clone();
            async move {
                next.clone().oneshot(copy(&request)).await?;
                *request.uri_mut() = nowhere;
                next.oneshot(request).await
            }
        });
        let client = at!(at_hops, again).build().expect("a client");
        let sent = client.post(server.url("/")).body("cake").send().await;
        let error = sent.expect_err("nothing listens");
        assert_eq!(server.request_count(), 1);
        assert_eq!(error.delivery(), Delivery::Answered, "at hops: {at_hops}");
    }
}

/// As a layer that hedges does: the first sending is given up when the second one fails.
#[tokio::test]
async fn a_request_that_a_layer_gave_up_was_not_left_unsent() {
    for at_hops in [false, true] {
        let server = server(Alpn::Both)
            .ending(Ending::StallBeforeHeaders)
            .start()
            .await;
        let nowhere: http::Uri = "https://127.0.0.1:1/".parse().expect("a URI");
        let hedge = around(move |next, mut request| {
            let nowhere = nowhere.clone();
            async move {
                let first = next.clone().oneshot(copy(&request));
                let given_up = tokio::time::timeout(Duration::from_millis(500), first).await;
                given_up.expect_err("no answer");
                *request.uri_mut() = nowhere;
                next.oneshot(request).await
            }
        });
        let client = at!(at_hops, hedge).build().expect("a client");
        let sent = client.post(server.url("/")).body("cake").send().await;
        let error = sent.expect_err("nothing listens");
        assert_eq!(server.request_count(), 1);
        assert_eq!(
            error.delivery(),
            Delivery::MaybeProcessed,
            "at hops: {at_hops}"
        );
    }
}

/// Nothing says how far a request got that was not carried.
#[tokio::test]
async fn an_error_of_a_request_that_a_layer_rebuilt_never_says_that_nothing_was_sent() {
    for at_hops in [false, true] {
        let client = at!(at_hops, MapRequestLayer::new(rebuilt))
            .build()
            .expect("a client");
        let sent = client.post("https://127.0.0.1:1/").body("cake").send();
        let error = sent.await.expect_err("nothing listens");
        assert_eq!(
            (error.kind(), error.delivery()),
            (Kind::Connect, Delivery::MaybeProcessed)
        );
        assert!(!error.is_retryable());
    }
}

/// Layers do not take from an error what it rightly says.
#[tokio::test]
async fn an_error_of_a_request_that_was_not_sent_says_so_through_layers() {
    let client = builder()
        .layer(MapRequestLayer::new(|request: Request<Body>| request))
        .layer(tower::limit::ConcurrencyLimitLayer::new(1))
        .hop_layer(MapRequestLayer::new(|request: Request<Body>| request))
        .hop_layer(tower::limit::ConcurrencyLimitLayer::new(1))
        .build()
        .expect("a client");
    let sent = client.post("https://127.0.0.1:1/").body("cake").send();
    let error = sent.await.expect_err("nothing listens");
    assert_eq!(
        (error.kind(), error.delivery()),
        (Kind::Connect, Delivery::NotSent)
    );
}

/// What a layer still sends when it gives its error is not over.
#[tokio::test]
async fn a_request_that_is_still_under_way_below_a_layer_was_not_left_unsent() {
    let server = server(Alpn::Both)
        .ending(Ending::StallBeforeHeaders)
        .start()
        .await;
    let nowhere: http::Uri = "https://127.0.0.1:1/".parse().expect("a URI");
    let hedge = around(move |next, mut request| {
        let nowhere = nowhere.clone();
        async move {
            let first = tokio::spawn(next.clone().oneshot(copy(&request)));
            tokio::time::sleep(LIMIT).await;
            *request.uri_mut() = nowhere;
            let answer = next.oneshot(request).await;
            assert!(!first.is_finished());
            answer
        }
    });
    let client = builder().layer(hedge).build().expect("a client");
    let sent = client.post(server.url("/")).body("cake").send().await;
    let error = sent.expect_err("nothing listens");
    assert_eq!(server.request_count(), 1);
    assert_eq!(error.delivery(), Delivery::MaybeProcessed);
}

/// A layer above one that sends twice learns how far the request got, before it sends again itself.
#[tokio::test]
async fn a_layer_is_shown_no_request_as_unsent_that_one_below_it_sent_before() {
    for at_hops in [false, true] {
        for rebuilds in [false, true] {
            let server = server(Alpn::Both).ending(Ending::Reset).start().await;
            let careful = around(|next, request| async move {
                let again = copy(&request);
                match next.clone().oneshot(request).await {
                    Err(error) if error.delivery().is_unprocessed() => next.oneshot(again).await,
                    outcome => outcome,
                }
            });
            let nowhere: http::Uri = "https://127.0.0.1:1/".parse().expect("a URI");
            let clumsy = around(move |next, mut request| {
                let nowhere = nowhere.clone();
                async move {
                    if rebuilds {
                        request = rebuilt(request);
                    }
                    let first = next.clone().oneshot(copy(&request)).await;
                    first.expect_err("reset");
                    *request.uri_mut() = nowhere;
                    next.oneshot(request).await
                }
            });
            let client = if at_hops {
                builder().hop_layer(careful).hop_layer(clumsy)
            } else {
                builder().layer(careful).layer(clumsy)
            };
            let client = client.build().expect("a client");
            let sent = client.post(server.url("/")).body("cake").send().await;
            let error = sent.expect_err("nothing listens");
            assert_eq!(server.request_count(), 1, "{at_hops} {rebuilds}");
            assert_eq!(error.delivery(), Delivery::MaybeProcessed);
        }
    }
}

/// tower's own layers, as people put them together.
#[tokio::test]
async fn layers_of_tower_send_again_what_was_not_sent_and_nothing_else() {
    #[derive(Clone)]
    struct Unprocessed(u8);

    impl tower::retry::Policy<Request<Body>, super::Response, Error> for Unprocessed {
        type Future = std::future::Ready<()>;

        fn retry(
            &mut self,
            _: &mut Request<Body>,
            outcome: &mut Result<super::Response, Error>,
        ) -> Option<Self::Future> {
            let error = outcome.as_ref().err()?;
            let again = error.delivery().is_unprocessed() && self.0 > 0;
            again.then(|| {
                self.0 -= 1;
                std::future::ready(())
            })
        }

        fn clone_request(&mut self, request: &Request<Body>) -> Option<Request<Body>> {
            Some(copy(request))
        }
    }

    // the first endings, requests that arrive, and whether there is an answer
    let table = [
        (vec![], 1, true),
        (
            vec![Ending::CloseInHandshake, Ending::CloseInHandshake],
            1,
            true,
        ),
        (vec![Ending::CloseInHandshake, Ending::Reset], 1, false),
        (vec![Ending::Reset], 1, false),
    ];
    for at_hops in [false, true] {
        for (endings, arrived, answered) in &table {
            let server = server(Alpn::Both).endings(endings.clone()).start().await;
            let retrying = tower::retry::RetryLayer::new(Unprocessed(3));
            let client = at!(at_hops, retrying)
                .layer(tower::buffer::BufferLayer::new(8))
                .layer(tower::timeout::TimeoutLayer::new(super::PATIENCE))
                .hop_layer(tower::timeout::TimeoutLayer::new(super::PATIENCE))
                .build()
                .expect("a client");
            let sent = client.post(server.url("/")).body("cake").send().await;
            assert_eq!(sent.is_ok(), *answered, "{endings:?}: {:?}", sent.err());
            assert_eq!(server.request_count(), *arrived, "{endings:?}");
            if let Err(error) = sent {
                assert_eq!(error.delivery(), Delivery::MaybeProcessed);
            }
        }
    }
}

/// As a layer does that tries one client, and then its own.
#[tokio::test]
async fn a_request_that_a_layer_gave_to_another_client_was_not_left_unsent() {
    for at_hops in [false, true] {
        let server = server(Alpn::Both).ending(Ending::Reset).start().await;
        let other = crate::support::client();
        let nowhere: http::Uri = "https://127.0.0.1:1/".parse().expect("a URI");
        let trying = around(move |next, mut request| {
            let (other, nowhere) = (other.clone(), nowhere.clone());
            async move {
                other.oneshot(copy(&request)).await.expect_err("reset");
                *request.uri_mut() = nowhere;
                next.oneshot(request).await
            }
        });
        let client = at!(at_hops, trying).build().expect("a client");
        let sent = client.post(server.url("/")).body("cake").send().await;
        let error = sent.expect_err("nothing listens");
        assert_eq!(server.request_count(), 1);
        assert_eq!(error.delivery(), Delivery::MaybeProcessed, "{at_hops}");
    }
}
