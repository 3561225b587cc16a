use bonafide_testkit::{PlainServer, Recipe, TestCa, TestServer};
use bytes::Bytes;
use http::{Request, Response};

use crate::client::{config, connect, get, http1, http2};

async fn panicking(ca: &TestCa) -> TestServer {
    TestServer::builder(ca.issue(Recipe::for_host("localhost")))
        .handler(|request: Request<Bytes>| async move {
            assert_eq!(request.uri().path(), "/expected");
            Response::new("")
        })
        .start()
        .await
}

pub(crate) fn message(outcome: Result<(), tokio::task::JoinError>) -> String {
    let payload = outcome.expect_err("the test fails").into_panic();
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => {
            let text = payload.downcast::<&str>();
            (*text.expect("a message")).to_owned()
        }
    }
}

#[tokio::test]
async fn a_panic_in_a_handler_fails_the_test_at_shutdown() {
    let ca = TestCa::new();
    for alpn in ["http/1.1", "h2"] {
        let server = panicking(&ca).await;
        let tls = connect(&server, &config(&ca, &[alpn]))
            .await
            .expect("a connection");
        let outcome = if alpn == "h2" {
            http2(tls)
                .await
                .send_request(get(&server.url("/unexpected")))
                .await
        } else {
            http1(tls).await.send_request(get("/unexpected")).await
        };
        outcome.expect_err("no response comes from a handler that panicked");
        let message = message(tokio::spawn(server.shutdown()).await);
        assert!(
            message.starts_with("a handler of the test server panicked: "),
            "{message}"
        );
        assert!(message.contains("/expected"), "{message}");
    }
}

#[tokio::test]
async fn a_panic_in_a_handler_fails_the_test_when_the_server_is_dropped() {
    let ca = TestCa::new();
    let server = panicking(&ca).await;
    let tls = connect(&server, &config(&ca, &[]))
        .await
        .expect("a connection");
    http1(tls)
        .await
        .send_request(get("/unexpected"))
        .await
        .expect_err("no response");
    let message = message(tokio::spawn(async move { drop(server) }).await);
    assert!(
        message.starts_with("a handler of the test server panicked: "),
        "{message}"
    );
}

#[tokio::test]
async fn a_panic_in_a_plain_servers_handler_fails_the_test_too() {
    let server = PlainServer::builder()
        .handler(|_| async {
            if true {
                panic!("not today");
            }
            Response::new("")
        })
        .start()
        .await;
    let tcp = tokio::net::TcpStream::connect(server.addr())
        .await
        .expect("a connection");
    http1(tcp)
        .await
        .send_request(get("/"))
        .await
        .expect_err("no response");
    let message = message(tokio::spawn(server.shutdown()).await);
    assert_eq!(message, "a handler of the test server panicked: not today");
}

#[tokio::test]
async fn a_server_that_saw_no_panic_is_dropped_in_peace() {
    let ca = TestCa::new();
    let server = panicking(&ca).await;
    let tls = connect(&server, &config(&ca, &[]))
        .await
        .expect("a connection");
    http1(tls)
        .await
        .send_request(get("/expected"))
        .await
        .expect("a response");
    tokio::spawn(async move { drop(server) })
        .await
        .expect("no panic");
}
