//! `http://`.

use bonafide::{Kind, Phase};
use bonafide_testkit::PlainServer;
use http::Version;

use crate::support::{builder, client};

#[tokio::test]
async fn plain_http_is_refused_before_anything_is_sent() {
    let server = PlainServer::start().await;
    let error = client()
        .get(server.url("/x"))
        .send()
        .await
        .expect_err("refused");
    assert_eq!(
        (error.kind(), error.phase()),
        (Kind::PlainHttpRefused, None::<Phase>)
    );
    assert!(!error.is_retryable());
    let explanation = error.explain().expect("an explanation");
    assert_eq!(explanation.code, "BF-PLAIN-HTTP");
    assert_eq!(
        error.to_string(),
        format!(
            "{}: plain http is refused: use https, or build the client with `allow_plain_http`",
            server.url("/x")
        )
    );
    // The name is not looked up either: this one has no address.
    let error = client()
        .get("http://no-such-host.invalid/")
        .send()
        .await
        .expect_err("refused");
    assert_eq!(error.kind(), Kind::PlainHttpRefused);
    assert_eq!(server.tcp_connections(), 0);
    server.shutdown().await;
}

#[tokio::test]
async fn plain_http_that_is_allowed_has_no_receipt() {
    let server = PlainServer::start().await;
    let client = builder().allow_plain_http().build().expect("a client");
    for _ in 0..2 {
        let response = client
            .get(server.url("/"))
            .send()
            .await
            .expect("a response");
        assert_eq!(response.version(), Version::HTTP_11);
        assert!(response.receipt().is_none());
        assert_eq!(response.timings().expect("it was sent").opening().tls, None);
        assert_eq!(response.text().await.expect("a body"), "ok");
    }
    assert_eq!(server.tcp_connections(), 1);
}
