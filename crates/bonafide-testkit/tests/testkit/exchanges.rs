use std::io::ErrorKind;

use bonafide_testkit::server::{AcceptedConnection, TestBody};
use bonafide_testkit::{Identity, Recipe, TestCa, TestServer};
use bytes::Bytes;
use http::{Method, Request, Response, Version};
use http_body_util::{BodyExt as _, Full};

use crate::client::{config, connect, get, http1, http2, io_kind, text};

fn localhost(ca: &TestCa) -> Identity {
    ca.issue(Recipe::for_hosts(["localhost", "127.0.0.1", "::1"]))
}

#[tokio::test]
async fn a_handler_sees_the_whole_request_and_the_connection() {
    let ca = TestCa::new();
    let server = TestServer::builder(localhost(&ca))
        .handler(|request: Request<Bytes>| async move {
            let connection = request.extensions().get::<AcceptedConnection>().cloned();
            let connection = connection.expect("the server describes the connection");
            let body = String::from_utf8_lossy(request.body());
            Response::new(format!("{:?} {} {body}", connection.sni, request.method()))
        })
        .start()
        .await;
    let tls = connect(&server, &config(&ca, &["http/1.1"]))
        .await
        .expect("a connection");
    let request = Request::post("/form")
        .header("host", "localhost")
        .body(Full::from("a=b"))
        .expect("a good request");
    let response = http1(tls)
        .await
        .send_request(request)
        .await
        .expect("a response");
    assert_eq!(
        text(response).await.expect("a body"),
        "Some(\"localhost\") POST a=b"
    );
    server.shutdown().await;
}

#[tokio::test]
async fn requests_are_counted_and_recorded_with_their_connection() {
    let ca = TestCa::new();
    let config = config(&ca, &["http/1.1"]);
    let server = TestServer::builder(localhost(&ca))
        .request_log(2)
        .start()
        .await;
    for path in ["/a", "/b", "/c"] {
        let mut sender = http1(connect(&server, &config).await.expect("a connection")).await;
        let request = Request::put(path)
            .header("host", "localhost")
            .header("x-test", "1")
            .body(Full::from(path))
            .expect("a good request");
        text(sender.send_request(request).await.expect("a response"))
            .await
            .expect("a body");
    }
    assert_eq!(server.request_count(), 3);
    let requests = server.requests();
    let paths: Vec<_> = requests
        .iter()
        .map(|r| (r.uri.path(), r.connection))
        .collect();
    assert_eq!(paths, [("/b", 1), ("/c", 2)]);
    let last = &requests[1];
    assert_eq!(
        (&last.method, last.version, &last.body[..]),
        (&Method::PUT, Version::HTTP_11, &b"/c"[..])
    );
    assert_eq!(last.headers["x-test"], "1");
    assert_eq!(last.sni.as_deref(), Some("localhost"));
    assert_eq!(last.peer_identity, None);
    server.shutdown().await;
}

#[tokio::test]
async fn without_a_log_requests_are_counted_all_the_same() {
    let ca = TestCa::new();
    let server = TestServer::builder(localhost(&ca))
        .request_log(0)
        .start()
        .await;
    let mut sender = http1(
        connect(&server, &config(&ca, &[]))
            .await
            .expect("a connection"),
    )
    .await;
    for _ in 0..3 {
        let request = Request::post("/")
            .body(Full::from("drained"))
            .expect("a good request");
        let response = sender.send_request(request).await.expect("a response");
        assert_eq!(text(response).await.expect("a body"), "ok");
    }
    assert_eq!((server.request_count(), server.tcp_connections()), (3, 1));
    assert_eq!(server.requests().len(), 0);
    server.shutdown().await;
}

#[tokio::test]
async fn a_body_can_be_fed_while_it_is_read() {
    let ca = TestCa::new();
    let (feed, body) = TestBody::channel();
    let body = std::sync::Mutex::new(Some(body));
    let server = TestServer::builder(localhost(&ca))
        .handler(move |_| {
            let body = body
                .lock()
                .expect("no thread panicked")
                .take()
                .unwrap_or_default();
            async move { Response::new(body) }
        })
        .start()
        .await;
    let tls = connect(&server, &config(&ca, &["h2"]))
        .await
        .expect("a connection");
    let mut response = http2(tls)
        .await
        .send_request(get(&server.url("/")))
        .await
        .expect("a response");
    for part in ["one", "two"] {
        assert!(feed.send(part));
        let frame = response
            .body_mut()
            .frame()
            .await
            .expect("a frame")
            .expect("no error");
        assert_eq!(frame.into_data().expect("data"), part);
    }
    drop(feed);
    assert_eq!(text(response).await.expect("the end"), "");
    server.shutdown().await;
}

#[tokio::test]
async fn a_fed_body_can_be_cut_off() {
    let ca = TestCa::new();
    let server = TestServer::builder(localhost(&ca))
        .handler(|_| async {
            let (feed, body) = TestBody::channel();
            feed.send("some");
            feed.abort();
            Response::new(body)
        })
        .start()
        .await;
    let tls = connect(&server, &config(&ca, &["http/1.1"]))
        .await
        .expect("a connection");
    let response = http1(tls)
        .await
        .send_request(get("/"))
        .await
        .expect("a response");
    let error = text(response).await.expect_err("the body has no end");
    assert_eq!(io_kind(&error), Some(ErrorKind::UnexpectedEof), "{error:?}");
    server.shutdown().await;
}
