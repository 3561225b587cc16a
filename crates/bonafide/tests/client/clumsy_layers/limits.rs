//! The limit of the whole request, whatever layers do.

use std::convert::Infallible;
use std::future::pending;

use bonafide::limits::RequestTimeouts;
use bonafide::{Body, Kind};
use bonafide_testkit::{Alpn, Ending};
use bytes::Bytes;
use http::Request;
use http_body_util::StreamBody;
use tower::util::{MapRequestLayer, MapResponseLayer};

use super::{LIMIT, PATIENCE, Response, around, at, rebuilt};
use crate::support::{builder, server};

#[tokio::test]
async fn the_limit_of_the_whole_request_holds_for_layers_that_stall_at_any_place() {
    let server = server(Alpn::Both).start().await;
    for at_hops in [false, true] {
        let stalling = around(|_, _| pending());
        let client = at!(at_hops, stalling).build().expect("a client");
        let sent = client.get(server.url("/")).timeout(LIMIT).send();
        let error = tokio::time::timeout(PATIENCE, sent)
            .await
            .unwrap_or_else(|_| panic!("hangs, at hops: {at_hops}"))
            .expect_err("too long");
        assert_eq!(
            error.to_string(),
            format!("{}: the request took longer than 200ms", server.url("/"))
        );
    }
}

#[tokio::test]
async fn the_limit_of_the_whole_request_holds_below_a_layer_that_rebuilds_requests() {
    let server = server(Alpn::Both)
        .ending(Ending::StallAfterHeaders)
        .start()
        .await;
    for at_hops in [false, true] {
        let client = at!(at_hops, MapRequestLayer::new(rebuilt))
            .build()
            .expect("a client");
        let response = client.get(server.url("/")).timeout(LIMIT).send().await;
        let read = response.expect("a head").bytes();
        let error = tokio::time::timeout(PATIENCE, read)
            .await
            .unwrap_or_else(|_| panic!("hangs, at hops: {at_hops}"))
            .expect_err("too long");
        assert_eq!(error.kind(), Kind::Timeout);
    }
}

#[tokio::test]
async fn the_limit_of_the_whole_request_holds_for_the_body_that_a_layer_makes() {
    let server = server(Alpn::Both).start().await;
    for at_hops in [false, true] {
        let endless = MapResponseLayer::new(|response: Response| {
            response.map(|_| {
                StreamBody::new(futures_util::stream::pending::<
                    Result<http_body::Frame<Bytes>, Infallible>,
                >())
            })
        });
        let client = at!(at_hops, endless).build().expect("a client");
        let response = client.get(server.url("/")).timeout(LIMIT).send().await;
        let read = response.expect("a head").bytes();
        let error = tokio::time::timeout(PATIENCE, read)
            .await
            .unwrap_or_else(|_| panic!("hangs, at hops: {at_hops}"))
            .expect_err("too long");
        assert_eq!(error.kind(), Kind::Timeout);
    }
}

#[tokio::test]
async fn the_limit_that_a_layer_sets_for_a_request_counts() {
    let server = server(Alpn::Both)
        .ending(Ending::StallAfterHeaders)
        .start()
        .await;
    for at_hops in [false, true] {
        let limiting = MapRequestLayer::new(|mut request: Request<Body>| {
            request.extensions_mut().insert(RequestTimeouts {
                total: Some(Some(LIMIT)),
                ..RequestTimeouts::default()
            });
            request
        });
        let client = at!(at_hops, limiting).build().expect("a client");
        let response = client.get(server.url("/")).send().await;
        let read = response.expect("a head").bytes();
        let error = tokio::time::timeout(PATIENCE, read)
            .await
            .unwrap_or_else(|_| panic!("hangs, at hops: {at_hops}"))
            .expect_err("too long");
        assert!(
            error
                .to_string()
                .ends_with("the request took longer than 200ms"),
            "{error}"
        );
    }
}
