//! Responses by script, seen by hyper's clients.

use std::time::Duration;

use bonafide_testkit::{Alpn, Ending, Identity, PlainServer, Recipe, Scripted, TestCa, TestServer};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use rustls::sign::SingleCertAndKey;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::Instant;

use crate::client::{config, connect, get, http1, http2, text};
use crate::panics::message;

async fn server<const N: usize>(ca: &TestCa, alpn: Alpn, script: [Scripted; N]) -> TestServer {
    TestServer::builder(ca.issue(Recipe::for_host("localhost")))
        .alpn(alpn)
        .script(script)
        .start()
        .await
}

/// A configuration that trusts the CA and shows this certificate.
fn identified(ca: &TestCa, identity: &Identity) -> rustls::ClientConfig {
    let mut config = ca.client_config();
    let key = SingleCertAndKey::from(identity.certified_key());
    config.client_auth_cert_resolver = std::sync::Arc::new(key);
    config
}

/// The response to one request on a connection of its own.
async fn send(
    server: &TestServer,
    ca: &TestCa,
    alpn: Alpn,
    mut request: Request<Full<Bytes>>,
) -> hyper::Result<Response<Incoming>> {
    if alpn == Alpn::Http2 {
        let tls = connect(server, &config(ca, &["h2"]))
            .await
            .expect("a connection");
        let target = server.url(request.uri().path());
        *request.uri_mut() = target.parse().expect("a URI");
        http2(tls).await.send_request(request).await
    } else {
        let tls = connect(server, &config(ca, &["http/1.1"]))
            .await
            .expect("a connection");
        http1(tls).await.send_request(request).await
    }
}

#[tokio::test]
async fn each_request_gets_the_next_response_of_the_script() {
    let ca = TestCa::new();
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let script = [
            Scripted::new(503)
                .header("retry-after", "1")
                .header("x-many", "a")
                .header("x-many", "b"),
            Scripted::ok("hello"),
            Response::builder()
                .status(418)
                .body("short")
                .expect("a response")
                .into(),
        ];
        let server = server(&ca, alpn, script).await;
        assert_eq!(server.script_left(), 3);
        let mut seen = Vec::new();
        for _ in 0..3 {
            let response = send(&server, &ca, alpn, get("/"))
                .await
                .expect("a response");
            let many = response.headers().get_all("x-many").iter().count();
            let after = response.headers().get("retry-after").cloned();
            seen.push((
                response.status().as_u16(),
                many,
                after.map(|value| value.to_str().map(str::to_owned).expect("text")),
                text(response).await.expect("a body"),
            ));
        }
        let expected = [
            (503, 2, Some("1".to_owned()), String::new()),
            (200, 0, None, "hello".to_owned()),
            (418, 0, None, "short".to_owned()),
        ];
        assert_eq!(seen, expected, "{alpn:?}");
        assert_eq!(server.script_left(), 0);
        server.shutdown().await;
    }
}

#[tokio::test]
async fn a_request_beyond_the_script_is_answered_501_and_fails_the_test() {
    let ca = TestCa::new();
    let server = server(&ca, Alpn::Http1, []).await;
    let response = send(&server, &ca, Alpn::Http1, get("/more"))
        .await
        .expect("a response");
    assert_eq!(response.status(), StatusCode::NOT_IMPLEMENTED);
    let words = "the script of the test server has no response for GET /more (connection 0, \
                 request 0)";
    assert_eq!(text(response).await.expect("a body"), words);
    let failure = message(tokio::spawn(server.shutdown()).await);
    assert_eq!(failure, words);
}

#[tokio::test]
async fn responses_that_were_not_asked_for_fail_the_test_at_shutdown() {
    let ca = TestCa::new();
    let server = server(&ca, Alpn::Http1, [Scripted::new(204), Scripted::new(204)]).await;
    let failure = message(tokio::spawn(server.shutdown()).await);
    assert_eq!(failure, "2 responses of the script were not asked for");
}

#[tokio::test]
async fn the_handler_answers_after_the_script() {
    let ca = TestCa::new();
    let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
        .script([Scripted::new(503)])
        .handler(|_| async { Response::new("from the handler") })
        .start()
        .await;
    let first = send(&server, &ca, Alpn::Http1, get("/")).await;
    assert_eq!(first.expect("a response").status(), 503);
    let second = send(&server, &ca, Alpn::Http1, get("/")).await;
    let body = text(second.expect("a response")).await.expect("a body");
    assert_eq!(body, "from the handler");
    server.shutdown().await;
}

#[tokio::test]
async fn a_running_server_takes_further_responses() {
    let server = PlainServer::start().await;
    server.enqueue(Scripted::new(204));
    server.enqueue(Response::new("text"));
    let tcp = tokio::net::TcpStream::connect(server.addr())
        .await
        .expect("a connection");
    let mut sender = http1(tcp).await;
    let first = sender.send_request(get("/")).await.expect("a response");
    assert_eq!(first.status(), StatusCode::NO_CONTENT);
    drop(first);
    sender.ready().await.expect("the connection is kept");
    let second = sender.send_request(get("/")).await.expect("a response");
    assert_eq!(text(second).await.expect("a body"), "text");
    server.shutdown().await;
}

#[tokio::test]
async fn requests_are_taken_in_order_with_what_is_known_of_their_connection() {
    let (ca, clients) = (TestCa::new(), TestCa::new());
    let alice = clients.issue(Recipe::for_host("alice").client());
    for (alpn, name) in [(Alpn::Http1, "http/1.1"), (Alpn::Http2, "h2")] {
        let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
            .alpn(alpn)
            .client_auth(bonafide_testkit::ClientAuth::Required(
                clients.certificate().clone(),
            ))
            .recorded_body_bytes(3)
            .start()
            .await;
        let mut config = identified(&ca, &alice);
        config.alpn_protocols = vec![name.into()];
        let config = std::sync::Arc::new(config);
        let tls = connect(&server, &config).await.expect("a connection");
        let request = |path: &str| {
            let target = match alpn {
                Alpn::Http2 => server.url(path),
                _ => path.to_owned(),
            };
            Request::post(target)
                .header("host", "localhost")
                .body(Full::from("body"))
                .expect("a good request")
        };
        if alpn == Alpn::Http2 {
            let mut sender = http2(tls).await;
            for path in ["/a", "/b"] {
                sender
                    .send_request(request(path))
                    .await
                    .expect("a response");
            }
        } else {
            let mut sender = http1(tls).await;
            for path in ["/a", "/b"] {
                let response = sender.send_request(request(path)).await;
                text(response.expect("a response")).await.expect("a body");
            }
        }
        for (sequence, path) in ["/a", "/b"].into_iter().enumerate() {
            let request = server.take_request().await;
            assert_eq!(
                (request.uri.path(), request.method.as_str()),
                (path, "POST")
            );
            assert_eq!((&request.body[..], request.body_len), (&b"bod"[..], 4));
            assert_eq!((request.connection, request.sequence), (0, sequence as u64));
            assert_eq!(request.alpn.as_deref(), Some(name));
            assert_eq!(request.sni.as_deref(), Some("localhost"));
            assert_eq!(request.peer_identity.as_ref(), alice.chain().first());
        }
        assert_eq!(server.requests().len(), 2);
        let more = server.take_request_within(Duration::from_millis(10)).await;
        assert!(more.is_none(), "{more:?}");
        server.shutdown().await;
    }
}

#[tokio::test]
async fn a_handler_sees_the_whole_body_of_which_a_part_is_recorded() {
    let server = PlainServer::builder()
        .recorded_body_bytes(3)
        .handler(|request: Request<Bytes>| async move { Response::new(request.into_body()) })
        .start()
        .await;
    let tcp = tokio::net::TcpStream::connect(server.addr())
        .await
        .expect("a connection");
    let request = Request::post("/")
        .header("host", "localhost")
        .body(Full::from("whole"))
        .expect("a good request");
    let response = http1(tcp).await.send_request(request).await;
    let echo = text(response.expect("a response")).await.expect("a body");
    assert_eq!(echo, "whole");
    let request = server.take_request().await;
    assert_eq!((&request.body[..], request.body_len), (&b"who"[..], 5));
    server.shutdown().await;
}

#[tokio::test]
async fn a_request_that_comes_later_is_waited_for() {
    let server = PlainServer::start().await;
    let addr = server.addr();
    let (request, ()) = tokio::join!(server.take_request(), async {
        let tcp = tokio::net::TcpStream::connect(addr)
            .await
            .expect("a connection");
        let response = http1(tcp).await.send_request(get("/late")).await;
        response.expect("a response");
    });
    assert_eq!(request.uri.path(), "/late");
    server.shutdown().await;
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "no further request came within 30s: ServerStats { tcp_connections: 0, ")]
async fn a_request_that_never_comes_fails_the_test() {
    let server = PlainServer::start().await;
    server.take_request().await;
}

#[tokio::test]
async fn headers_and_body_are_held_back() {
    let ca = TestCa::new();
    let delay = Duration::from_millis(80);
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let script = [Scripted::ok("late").delay(delay).body_delay(delay)];
        let server = server(&ca, alpn, script).await;
        let start = Instant::now();
        let response = send(&server, &ca, alpn, get("/"))
            .await
            .expect("a response");
        let headers = start.elapsed();
        assert_eq!(response.headers()["content-length"], "4");
        assert_eq!(text(response).await.expect("a body"), "late");
        let body = start.elapsed();
        assert!(
            headers >= delay && body >= 2 * delay,
            "{headers:?} {body:?}"
        );
        server.shutdown().await;
    }
}

#[tokio::test]
async fn a_throttled_body_takes_its_periods() {
    let ca = TestCa::new();
    let period = Duration::from_millis(30);
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let script = [Scripted::ok(vec![b'x'; 25]).throttle(10, period)];
        let server = server(&ca, alpn, script).await;
        let start = Instant::now();
        let response = send(&server, &ca, alpn, get("/"))
            .await
            .expect("a response");
        assert_eq!(response.headers()["content-length"], "25");
        assert_eq!(text(response).await.expect("a body").len(), 25);
        // Ten, ten and five bytes.
        assert!(start.elapsed() >= 2 * period, "{:?}", start.elapsed());
        server.shutdown().await;
    }
}

#[tokio::test]
async fn chunks_have_their_size_on_the_wire() {
    let ca = TestCa::new();
    let server = server(&ca, Alpn::Http1, [Scripted::ok("abcdefg").chunks(3)]).await;
    let mut tls = connect(&server, &config(&ca, &["http/1.1"]))
        .await
        .expect("a connection");
    tls.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .await
        .expect("a request");
    let mut answer = String::new();
    tls.read_to_string(&mut answer).await.expect("a response");
    let chunks = "\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n1\r\ng\r\n0\r\n\r\n";
    assert!(answer.ends_with(chunks), "{answer}");
    server.shutdown().await;
}

#[tokio::test]
async fn trailers_come_after_the_body() {
    let ca = TestCa::new();
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let script = [Scripted::ok("sum").trailer("x-sum", "3")];
        let server = server(&ca, alpn, script).await;
        let mut request = get("/");
        let te = http::HeaderValue::from_static("trailers");
        request.headers_mut().insert("te", te);
        let response = send(&server, &ca, alpn, request).await.expect("a response");
        assert_eq!(response.headers()["trailer"], "x-sum");
        let body = response.into_body().collect().await.expect("a body");
        let trailers = body.trailers().cloned().expect("trailers");
        assert_eq!(
            (trailers.len(), &trailers["x-sum"]),
            (1, &"3".parse().expect("a value"))
        );
        assert_eq!(body.to_bytes(), "sum");
        server.shutdown().await;
    }
}

#[tokio::test]
async fn scripts_refuse_what_they_cannot_send() {
    for (what, scripted) in [
        (
            "101 is not an interim status",
            (|| Scripted::ok("").interim(101, &[])) as fn() -> Scripted,
        ),
        ("200 is not an interim status", || {
            Scripted::ok("").interim(200, &[])
        }),
        ("100 is not the status of a response", || Scripted::new(100)),
        ("a chunk has at least one byte", || {
            Scripted::ok("").chunks(0)
        }),
        ("a period has at least one byte", || {
            Scripted::ok("").throttle(0, Duration::ZERO)
        }),
        ("not a header: \"a b\": \"c\"", || {
            Scripted::ok("").header("a b", "c")
        }),
        (
            "StallInHandshake is an ending of a connection, for the builder's `endings`",
            || Scripted::fault(Ending::StallInHandshake),
        ),
    ] {
        let failure = message(tokio::spawn(async move { drop(scripted()) }).await);
        assert_eq!(failure, what);
    }
}
