//! A replacement, with a warm pool and tickets.

use bonafide::verify::identity::IdentityHandle;
use bonafide::verify::receipt::IdentityUse;
use bonafide_testkit::server::TestBody;
use bonafide_testkit::{Alpn, Recipe, TestServer};

use super::stage::{Stage, WAYS, get, left_open, ours, shown};

#[tokio::test]
async fn the_request_after_a_rotation_shows_the_new_certificate_on_a_new_connection() {
    for way in WAYS {
        let stage = Stage::new();
        let (old, new) = (stage.issue("old"), stage.issue("new"));
        let server = stage.demanding(way).start().await;
        let handle = IdentityHandle::new(ours(&old));
        let client = stage.client(&handle);
        get(&client, &server).await.unwrap();
        get(&client, &server).await.unwrap();
        assert_eq!(server.tcp_connections(), 1, "the pool is warm");
        let before = handle.credential().generation();
        let generation = handle.replace(ours(&new)).unwrap();
        assert!(generation > before);
        assert_eq!(handle.credential().generation(), generation);
        get(&client, &server).await.unwrap();
        left_open(&server, 1).await;
        assert_eq!(shown(&server, &[&old, &new]), [0, 0, 1]);
        assert_eq!(server.tcp_connections(), 2);
        assert_eq!(server.resumed_handshakes(), 0, "{way:?}");
    }
}

#[tokio::test]
async fn unused_connections_close_with_the_rotation_and_need_no_request_for_it() {
    for way in WAYS {
        let stage = Stage::new();
        let server = stage.demanding(way).start().await;
        let handle = IdentityHandle::new(ours(&stage.issue("old")));
        let client = stage.client(&handle);
        get(&client, &server).await.unwrap();
        handle.replace(ours(&stage.issue("new"))).unwrap();
        left_open(&server, 0).await;
    }
}

#[tokio::test]
async fn tickets_are_used_within_a_generation_and_never_across() {
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let stage = Stage::new();
        let (old, new) = (stage.issue("old"), stage.issue("new"));
        let server = stage
            .demanding((Alpn::Http1, &[]))
            .tls_versions(&[version])
            .handler(|_| async {
                let mut response = http::Response::new(TestBody::from("closing"));
                let close = http::HeaderValue::from_static("close");
                response
                    .headers_mut()
                    .insert(http::header::CONNECTION, close);
                response
            })
            .start()
            .await;
        let handle = IdentityHandle::new(ours(&old));
        let client = stage.client(&handle);
        let mut resumed = Vec::new();
        for turn in 0..4 {
            if turn == 2 {
                handle.replace(ours(&new)).unwrap();
            }
            get(&client, &server).await.unwrap();
            resumed.push(server.resumed_handshakes());
        }
        assert_eq!(resumed, [0, 1, 1, 2], "{version:?}");
        assert_eq!(shown(&server, &[&old, &new]), [0, 0, 1, 1]);
        handle.retire_connections();
        get(&client, &server).await.unwrap();
        assert_eq!(server.resumed_handshakes(), 2);
    }
}

#[tokio::test]
async fn streams_under_way_finish_on_the_old_connection() {
    for way in WAYS {
        let stage = Stage::new();
        let (old, new) = (stage.issue("old"), stage.issue("new"));
        let (sender, body) = TestBody::channel();
        let body = std::sync::Mutex::new(Some(body));
        let server = stage
            .demanding(way)
            .handler(move |_| {
                let body = body.lock().unwrap().take();
                async move { http::Response::new(body.unwrap_or_else(|| "short".into())) }
            })
            .start()
            .await;
        let handle = IdentityHandle::new(ours(&old));
        let client = stage.client(&handle);
        let under_way = client.get(server.url("/")).send().await.unwrap();
        handle.replace(ours(&new)).unwrap();
        get(&client, &server).await.unwrap();
        assert_eq!(server.open_connections(), 2);
        assert!(sender.send("all of it"));
        drop(sender);
        assert_eq!(under_way.text().await.unwrap(), "all of it");
        left_open(&server, 1).await;
        assert_eq!(shown(&server, &[&old, &new]), [0, 1]);
    }
}

#[tokio::test]
async fn the_identity_that_is_there_already_changes_nothing_unless_connections_are_retired() {
    for way in WAYS {
        let stage = Stage::new();
        let identity = stage.issue("same");
        let server = stage.demanding(way).start().await;
        let handle = IdentityHandle::new(ours(&identity));
        let client = stage.client(&handle);
        get(&client, &server).await.unwrap();
        let before = handle.credential().generation();
        assert_eq!(handle.replace(ours(&identity)).unwrap(), before);
        get(&client, &server).await.unwrap();
        assert_eq!(server.tcp_connections(), 1);
        assert!(handle.retire_connections() > before);
        get(&client, &server).await.unwrap();
        left_open(&server, 1).await;
        assert_eq!(server.tcp_connections(), 2);
        assert_eq!(server.resumed_handshakes(), 0);
    }
}

#[tokio::test]
async fn a_server_that_does_not_ask_keeps_its_connection() {
    let stage = Stage::new();
    let server = TestServer::http2(stage.ca.issue(Recipe::for_host("localhost"))).await;
    let handle = IdentityHandle::new(ours(&stage.issue("old")));
    let client = stage.client(&handle);
    get(&client, &server).await.unwrap();
    handle.replace(ours(&stage.issue("new"))).unwrap();
    get(&client, &server).await.unwrap();
    assert_eq!(server.tcp_connections(), 1);
}

#[tokio::test]
async fn the_receipt_says_which_certificate_was_shown() {
    for way in WAYS {
        let stage = Stage::new();
        let (old, new) = (stage.issue("old"), stage.issue("new"));
        let server = stage.demanding(way).start().await;
        let handle = IdentityHandle::new(ours(&old));
        let client = stage.client(&handle);
        for identity in [&old, &new] {
            handle.replace(ours(identity)).unwrap();
            let response = client.get(server.url("/")).send().await.unwrap();
            let receipt = response.receipt().unwrap().clone();
            response.bytes().await.unwrap();
            let connection = receipt.connection().unwrap();
            let record = ours(identity).record();
            assert_eq!(connection.client_identity.shown(), Some(&record));
            let line = format!(", client certificate presented ({record})");
            assert!(receipt.to_string().ends_with(&line), "{receipt}");
        }
        let silent = TestServer::http2(stage.ca.issue(Recipe::for_host("localhost"))).await;
        let response = client.get(silent.url("/")).send().await.unwrap();
        let connection = response.receipt().unwrap().connection().unwrap();
        assert_eq!(
            connection.client_identity,
            IdentityUse::AtHand(Some(handle.credential().record().clone()))
        );
    }
}
