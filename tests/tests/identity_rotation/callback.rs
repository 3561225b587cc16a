//! Certificates that a callback chooses.

use std::error::Error as _;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bonafide::Kind;
use bonafide::verify::identity::{IdentityCallback, IdentityError};
use bonafide::verify::{ClientIdentity, Code, TlsError};
use bonafide_testkit::server::TestBody;
use bonafide_testkit::{Alpn, ClientAuth};

use super::stage::{Stage, WAYS, get, left_open, ours, shown};

#[tokio::test]
async fn a_callback_is_asked_in_each_handshake_and_no_session_is_resumed() {
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let stage = Stage::new();
        let identity = stage.issue("chosen");
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
        let calls = Arc::new(AtomicUsize::new(0));
        let callback = {
            let (calls, identity) = (Arc::clone(&calls), ours(&identity));
            IdentityCallback::new(move |request| {
                calls.fetch_add(1, Ordering::SeqCst);
                assert_eq!(request.acceptable_issuers().len(), 1);
                assert!(!request.schemes().is_empty());
                Ok(Some(identity.clone()))
            })
        };
        let client = stage.client(callback);
        for turn in 1..=3 {
            get(&client, &server).await.unwrap();
            assert_eq!(calls.load(Ordering::SeqCst), turn);
        }
        assert_eq!(shown(&server, &[&identity]), [0, 0, 0]);
        assert_eq!(server.resumed_handshakes(), 0);
    }
}

/// A callback that gives what the other half says.
fn changeable(first: ClientIdentity) -> (IdentityCallback, Arc<Mutex<ClientIdentity>>) {
    let current = Arc::new(Mutex::new(first));
    let given = Arc::clone(&current);
    let callback = IdentityCallback::new(move |_| Ok(Some(given.lock().unwrap().clone())));
    (callback, current)
}

#[tokio::test]
async fn another_answer_to_the_same_question_is_a_rotation() {
    for way in WAYS {
        let stage = Stage::new();
        let (old, new) = (stage.issue("old"), stage.issue("new"));
        let (one, two) = (
            stage.demanding(way).start().await,
            stage.demanding(way).start().await,
        );
        let (callback, current) = changeable(ours(&old));
        let client = stage.client(callback);
        get(&client, &one).await.unwrap();
        *current.lock().unwrap() = ours(&new);
        get(&client, &one).await.unwrap();
        assert_eq!(one.tcp_connections(), 1, "the callback was not called");
        get(&client, &two).await.unwrap();
        left_open(&one, 0).await;
        get(&client, &one).await.unwrap();
        get(&client, &two).await.unwrap();
        assert_eq!(shown(&one, &[&old, &new]), [0, 0, 1]);
        assert_eq!(shown(&two, &[&old, &new]), [1, 1]);
        assert_eq!((one.tcp_connections(), two.tcp_connections()), (2, 1));
    }
}

#[tokio::test]
async fn retired_connections_have_the_callback_asked_anew() {
    for way in WAYS {
        let stage = Stage::new();
        let (old, new) = (stage.issue("old"), stage.issue("new"));
        let server = stage.demanding(way).start().await;
        let (callback, current) = changeable(ours(&old));
        let client = stage.client(&callback);
        get(&client, &server).await.unwrap();
        *current.lock().unwrap() = ours(&new);
        callback.retire_connections();
        left_open(&server, 0).await;
        get(&client, &server).await.unwrap();
        assert_eq!(shown(&server, &[&old, &new]), [0, 1]);
    }
}

#[tokio::test]
async fn a_new_certificate_for_each_handshake_serves_every_request_all_the_same() {
    for way in WAYS {
        let stage = Arc::new(Stage::new());
        let server = stage.demanding(way).start().await;
        let issuing = Arc::clone(&stage);
        let callback = IdentityCallback::new(move |_| Ok(Some(ours(&issuing.issue("fresh")))));
        let client = stage.client(callback);
        let requests: Vec<_> = (0..16)
            .map(|_| {
                let (client, url) = (client.clone(), server.url("/"));
                tokio::spawn(async move { client.get(url).send().await?.text().await })
            })
            .collect();
        for request in requests {
            request.await.unwrap().unwrap();
        }
        assert_eq!(server.request_count(), 16);
        let connections = server.tcp_connections();
        assert!(connections <= 16, "{connections} connections, {way:?}");
    }
}

#[tokio::test]
async fn a_callback_that_fails_ends_the_handshake_with_its_error() {
    for (alpn, versions) in WAYS {
        let stage = Stage::new();
        let server = stage
            .demanding((alpn, versions))
            .client_auth(ClientAuth::Optional(stage.clients.certificate().clone()))
            .start()
            .await;
        let client = stage.client(IdentityCallback::new(|_| {
            Err(io::Error::other("the vault is sealed").into())
        }));
        let error = get(&client, &server).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Tls);
        assert_eq!(error.code(), Some(Code::ClientIdentity));
        assert!(error.is_retryable());
        assert_eq!(
            error.to_string(),
            format!(
                "{}: the TLS handshake failed: the callback that chooses the client certificate failed: the vault is sealed",
                server.url("/")
            )
        );
        let beneath = error.source().unwrap().downcast_ref::<TlsError>();
        assert!(matches!(
            beneath,
            Some(TlsError::Identity(IdentityError::Callback(_)))
        ));
        assert_eq!(server.request_count(), 0, "{alpn:?}");
    }
}

#[tokio::test]
async fn a_callback_that_gives_what_cannot_be_used_is_told_from_one_that_fails() {
    let stage = Stage::new();
    let server = stage.demanding(WAYS[3]).start().await;
    let (one, two) = (stage.issue("one"), stage.issue("two"));
    let mismatched = ClientIdentity::from_pem(one.chain_pem(), two.key_pem()).unwrap();
    let client = stage.client(IdentityCallback::new(move |_| Ok(Some(mismatched.clone()))));
    let error = get(&client, &server).await.unwrap_err();
    assert!(matches!(
        error.source().unwrap().downcast_ref(),
        Some(TlsError::Identity(IdentityError::Unusable(
            bonafide::verify::ConfigError::KeyMismatch
        )))
    ));
}

#[tokio::test]
async fn a_callback_may_show_nothing() {
    for way in WAYS {
        let stage = Stage::new();
        let server = stage
            .demanding(way)
            .client_auth(ClientAuth::Optional(stage.clients.certificate().clone()))
            .start()
            .await;
        let client = stage.client(IdentityCallback::new(|_| Ok(None)));
        get(&client, &server).await.unwrap();
        assert_eq!(server.requests()[0].peer_identity, None);
        let demanding = stage.demanding(way).start().await;
        let error = get(&client, &demanding).await.unwrap_err();
        assert_eq!(error.code(), Some(Code::ClientCertificate));
    }
}

#[tokio::test]
async fn a_callback_that_shows_nothing_any_more_withdraws_what_it_has_shown() {
    for way in WAYS {
        let stage = Stage::new();
        let old = stage.issue("old");
        let server = stage.demanding(way).start().await;
        let other = stage.demanding(way).start().await;
        let current = Arc::new(Mutex::new(Some(ours(&old))));
        let given = Arc::clone(&current);
        let callback = IdentityCallback::new(move |_| Ok(given.lock().unwrap().clone()));
        let client = stage.client(&callback);
        get(&client, &server).await.unwrap();
        *current.lock().unwrap() = None;
        // The same question of another server, answered with nothing.
        for server in [&other, &server] {
            let error = get(&client, server).await.unwrap_err();
            assert_eq!(error.code(), Some(Code::ClientCertificate));
        }
        assert_eq!(server.request_count(), 1);
    }
}
