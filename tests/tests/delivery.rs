//! How far a request got: every fault that a server, a proxy, a caller or the network can cause,
//! and what the error says of it.

#![expect(clippy::expect_used, reason = "a test fails with a clear message")]

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use bonafide::verify::{Anchors, Policy};
use bonafide::{Body, Client, ClientBuilder, Delivery, Error, Kind, Phase, Proxy};
use bonafide_testkit::{Alpn, Ending, Recipe, TestCa, TestProxy, TestServer};
use bonafide_tests::{Frame, Http2Peer, RawServer, RawStream, read_head};
use futures_util::stream;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use Delivery::{Answered, MaybeProcessed, NotSent, RefusedUnprocessed};

/// Short, so that the faults that stall are soon over.
const LIMIT: Duration = Duration::from_millis(300);

fn builder(ca: &TestCa) -> ClientBuilder {
    let policy = Policy::builder()
        .anchors(Anchors::only(ca.certificate().clone()))
        .build()
        .expect("one anchor");
    Client::builder()
        .policy(policy)
        .handshake_timeout(LIMIT)
        .headers_timeout(LIMIT)
        .read_timeout(LIMIT)
        .connect_timeout(LIMIT)
}

/// The error of a `POST`, which is never repeated after it may have been processed, and whose
/// response is read to its end.
async fn post(client: &Client, url: &str) -> Error {
    let body = Body::from("an order");
    match client.post(url).body(body).send().await {
        Ok(response) => response.bytes().await.expect_err("the fault shows"),
        Err(error) => error,
    }
}

fn holds(fault: &str, error: &Error, kind: Kind, delivery: Delivery) {
    let found = (error.kind(), error.delivery());
    assert_eq!(found, (kind, delivery), "{fault}: {error}");
    if error.is_retryable() {
        assert!(delivery.is_unprocessed(), "{fault}: {error}");
    }
}

#[tokio::test]
async fn each_ending_of_a_server_has_its_delivery() {
    let ca = TestCa::new();
    // ending, protocols, kind, delivery
    let table = [
        (
            Ending::CloseAfterRequest,
            Alpn::Http1,
            Kind::Closed,
            MaybeProcessed,
        ),
        (
            Ending::CloseAfterRequest,
            Alpn::Http2,
            Kind::Closed,
            MaybeProcessed,
        ),
        (Ending::Reset, Alpn::Http1, Kind::Closed, MaybeProcessed),
        (Ending::Reset, Alpn::Http2, Kind::Closed, MaybeProcessed),
        (Ending::ResetAfterHeaders, Alpn::Http1, Kind::Body, Answered),
        (Ending::ResetAfterHeaders, Alpn::Http2, Kind::Body, Answered),
        (
            Ending::TruncatedBody {
                declared: 9,
                sent: 4,
            },
            Alpn::Http1,
            Kind::Body,
            Answered,
        ),
        (
            Ending::StallBeforeHeaders,
            Alpn::Http1,
            Kind::Timeout,
            MaybeProcessed,
        ),
        (
            Ending::StallBeforeHeaders,
            Alpn::Http2,
            Kind::Timeout,
            MaybeProcessed,
        ),
        (
            Ending::StallAfterHeaders,
            Alpn::Http1,
            Kind::Timeout,
            Answered,
        ),
        (
            Ending::StallAfterHeaders,
            Alpn::Http2,
            Kind::Timeout,
            Answered,
        ),
        (Ending::Freeze, Alpn::Http1, Kind::Timeout, MaybeProcessed),
        (Ending::NoCloseNotify, Alpn::Http1, Kind::Body, Answered),
        (
            Ending::StallInHandshake,
            Alpn::Http1,
            Kind::Timeout,
            NotSent,
        ),
        (Ending::CloseInHandshake, Alpn::Http1, Kind::Tls, NotSent),
        (Ending::ResetInHandshake, Alpn::Http1, Kind::Tls, NotSent),
    ];
    for (ending, alpn, kind, delivery) in table {
        let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
            .alpn(alpn)
            .ending(ending)
            .start()
            .await;
        let client = builder(&ca).build().expect("a client");
        let error = post(&client, &server.url("/")).await;
        holds(&format!("{ending:?} {alpn:?}"), &error, kind, delivery);
    }
}

/// Its name, what the server does, and what the error says.
type Refusal = (&'static str, fn(RawStream) -> Served, Kind, Delivery);

type Served = Pin<Box<dyn Future<Output = std::io::Result<()>> + Send>>;

/// What a server with HTTP/2 by hand does with the first request of each connection.
fn refusals() -> [Refusal; 8] {
    [
        (
            "REFUSED_STREAM",
            |stream| {
                Box::pin(async move {
                    let mut peer = Http2Peer::accept(stream).await?;
                    let request = peer.request().await?;
                    peer.send(Frame::reset(request, 7)).await?;
                    peer.drain().await;
                    Ok(())
                })
            },
            Kind::Protocol,
            RefusedUnprocessed,
        ),
        (
            "GOAWAY before the request",
            |stream| {
                Box::pin(async move {
                    let mut peer = Http2Peer::accept(stream).await?;
                    peer.request().await?;
                    peer.send(Frame::goaway(0, 0)).await?;
                    peer.drain().await;
                    Ok(())
                })
            },
            Kind::Closed,
            RefusedUnprocessed,
        ),
        (
            "GOAWAY after the request, and the end",
            |stream| {
                Box::pin(async move {
                    let mut peer = Http2Peer::accept(stream).await?;
                    let request = peer.request().await?;
                    peer.send(Frame::goaway(request, 0)).await?;
                    Ok(())
                })
            },
            Kind::Closed,
            MaybeProcessed,
        ),
        (
            "GOAWAY with an error after the request, and the end",
            |stream| {
                Box::pin(async move {
                    let mut peer = Http2Peer::accept(stream).await?;
                    let request = peer.request().await?;
                    peer.send(Frame::goaway(request, 11)).await?;
                    Ok(())
                })
            },
            Kind::Closed,
            MaybeProcessed,
        ),
        (
            "GOAWAY that names no end, and the end",
            |stream| {
                Box::pin(async move {
                    let mut peer = Http2Peer::accept(stream).await?;
                    peer.request().await?;
                    peer.send(Frame::goaway(i32::MAX as u32, 0)).await?;
                    Ok(())
                })
            },
            Kind::Closed,
            MaybeProcessed,
        ),
        (
            "a response that begins, and REFUSED_STREAM",
            |stream| {
                Box::pin(async move {
                    let mut peer = Http2Peer::accept(stream).await?;
                    let request = peer.request().await?;
                    peer.send(Frame::status(request, 8, 0)).await?;
                    peer.send(Frame::reset(request, 7)).await?;
                    peer.drain().await;
                    Ok(())
                })
            },
            Kind::Body,
            Answered,
        ),
        (
            "a response that begins, and GOAWAY before the request",
            |stream| {
                Box::pin(async move {
                    let mut peer = Http2Peer::accept(stream).await?;
                    let request = peer.request().await?;
                    peer.send(Frame::status(request, 8, 0)).await?;
                    peer.send(Frame::goaway(0, 0)).await?;
                    peer.drain().await;
                    Ok(())
                })
            },
            Kind::Body,
            Answered,
        ),
        (
            "CANCEL",
            |stream| {
                Box::pin(async move {
                    let mut peer = Http2Peer::accept(stream).await?;
                    let request = peer.request().await?;
                    peer.send(Frame::reset(request, 8)).await?;
                    peer.drain().await;
                    Ok(())
                })
            },
            Kind::Protocol,
            MaybeProcessed,
        ),
    ]
}

#[tokio::test]
async fn a_server_that_says_what_it_did_not_process_is_taken_at_its_word() {
    let ca = TestCa::new();
    for (fault, serve, kind, delivery) in refusals() {
        let identity = ca.issue(Recipe::for_host("127.0.0.1"));
        let server = RawServer::tls(&identity, "h2", move |_, stream| async move {
            let _gone = serve(stream).await;
        })
        .await;
        let client = builder(&ca).build().expect("a client");
        let error = post(&client, &server.url("/")).await;
        holds(fault, &error, kind, delivery);
    }
}

#[tokio::test]
async fn an_answer_that_breaks_the_rules_is_an_answer() {
    let ca = TestCa::new();
    for answer in [
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    ] {
        let identity = ca.issue(Recipe::for_host("127.0.0.1"));
        let server = RawServer::tls(&identity, "http/1.1", move |_, mut stream| async move {
            read_head(&mut stream).await;
            let _gone = stream.write_all(answer.as_bytes()).await;
            std::future::pending().await
        })
        .await;
        let client = builder(&ca).build().expect("a client");
        let error = post(&client, &server.url("/")).await;
        holds(answer, &error, Kind::Protocol, Answered);
    }
}

#[tokio::test]
async fn what_fails_on_the_way_to_the_server_was_not_sent() {
    let ca = TestCa::new();
    let server = TestServer::http1(ca.issue(Recipe::for_host("localhost"))).await;
    let stranger = TestCa::named("stranger");
    let strange = TestServer::http1(stranger.issue(Recipe::for_host("localhost"))).await;
    let closed = closed_port().await;
    let refusing = TestProxy::builder()
        .refuse(http::StatusCode::FORBIDDEN)
        .start()
        .await;
    let direct = || builder(&ca);
    let proxied = |url: String| builder(&ca).proxy(Proxy::http(&url).expect("a proxy"));
    let good = server.url("/");
    for (fault, builder, url, kind) in [
        ("no URL", direct(), "https://".to_owned(), Kind::Url),
        (
            "plain http",
            direct(),
            "http://localhost/".to_owned(),
            Kind::PlainHttpRefused,
        ),
        ("refused", direct(), strange.url("/"), Kind::Refused),
        (
            "no port",
            direct(),
            format!("https://{closed}/"),
            Kind::Connect,
        ),
        (
            "no host",
            direct(),
            "https://host.invalid/".to_owned(),
            Kind::Resolve,
        ),
        (
            "no proxy",
            proxied(format!("http://{closed}")),
            good.clone(),
            Kind::Connect,
        ),
        (
            "proxy refuses",
            proxied(refusing.url()),
            good.clone(),
            Kind::Proxy,
        ),
    ] {
        let client = builder.build().expect("a client");
        let error = post(&client, &url).await;
        holds(fault, &error, kind, NotSent);
    }
    assert_eq!(server.request_count() + strange.request_count(), 0);
}

async fn closed_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    listener.local_addr().expect("its address")
}

#[tokio::test]
async fn what_the_caller_got_wrong_was_not_sent() {
    let ca = TestCa::new();
    let server = TestServer::http1(ca.issue(Recipe::for_host("localhost"))).await;
    let client = builder(&ca).build().expect("a client");
    let url = server.url("/");
    for (fault, request) in [
        ("a header", client.post(&url).header("x y", "1")),
        (
            "a length",
            client.post(&url).header("content-length", "2").body("abc"),
        ),
        (
            "two hosts",
            client.post(&url).header("host", "a").header("host", "b"),
        ),
    ] {
        let error = request.send().await.expect_err(fault);
        holds(fault, &error, Kind::Request, NotSent);
    }
    assert_eq!(server.request_count(), 0);
}

#[tokio::test]
async fn an_upload_that_fails_in_the_middle_may_have_been_processed() {
    let ca = TestCa::new();
    let server = TestServer::http1(ca.issue(Recipe::for_host("localhost"))).await;
    let client = builder(&ca).build().expect("a client");
    let pieces = [Ok("an "), Err(std::io::Error::other("the disk is gone"))];
    let body = Body::from_stream(stream::iter(pieces));
    let error = client
        .post(server.url("/"))
        .body(body)
        .send()
        .await
        .expect_err("half a body");
    holds("half a body", &error, Kind::Body, MaybeProcessed);
    assert_eq!(error.phase(), Some(Phase::Send));
}

#[tokio::test]
async fn what_is_wrong_with_a_response_was_answered() {
    let ca = TestCa::new();
    let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
        .handler(|request| async move {
            let status = match request.uri().path() {
                "/404" => 404,
                "/302" => 302,
                _ => 200,
            };
            let mut response = http::Response::new("no JSON");
            *response.status_mut() = http::StatusCode::from_u16(status).expect("a status");
            let location = http::HeaderValue::from_static("http://localhost/");
            response.headers_mut().insert("location", location);
            response
        })
        .start()
        .await;
    let client = builder(&ca).build().expect("a client");
    let get = |path| client.get(server.url(path)).send();
    let status = get("/404").await.expect("a response").error_for_status();
    holds("status", &status.expect_err("404"), Kind::Status, Answered);
    let large = get("/").await.expect("a response").bytes_limited(1).await;
    holds(
        "size",
        &large.expect_err("7 bytes"),
        Kind::TooLarge,
        Answered,
    );
    let json = get("/").await.expect("a response").json::<u8>().await;
    holds("JSON", &json.expect_err("text"), Kind::Decode, Answered);
    let redirect = get("/302").await.expect_err("to http");
    holds("redirect", &redirect, Kind::InsecureRedirect, Answered);
}

/// Answers the first request, and closes the connection after the head of the second one. Nothing
/// listens then.
async fn closes_for_good() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a client");
        let mut stream = RawStream::Plain(stream);
        read_head(&mut stream).await;
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(answer).await.expect("a client that reads");
        drop(listener);
        read_head(&mut stream).await;
    });
    address
}

/// A request that may be sent twice is, and the second sending does not make the first one unsent.
#[tokio::test]
async fn what_fails_when_it_is_sent_again_was_sent_before() {
    let ca = TestCa::new();
    for method in [http::Method::DELETE, http::Method::PUT, http::Method::GET] {
        let address = closes_for_good().await;
        let client = builder(&ca).allow_plain_http().build().expect("a client");
        let url = format!("http://{address}/");
        let first = client.get(&url).send().await.expect("a response");
        first.bytes().await.expect("no body");
        let error = client.request(method.clone(), &url).send().await;
        let error = error.expect_err("nothing listens");
        holds(method.as_str(), &error, Kind::Connect, MaybeProcessed);
        assert!(!error.is_retryable(), "{method}");
    }
}

/// What one server sends and another one gets.
#[tokio::test]
async fn a_response_that_breaks_off_as_the_body_of_a_request_is_a_body_that_breaks_off() {
    let ca = TestCa::new();
    let target = TestServer::http1(ca.issue(Recipe::for_host("localhost"))).await;
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let source = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
            .alpn(alpn)
            .ending(Ending::ResetAfterHeaders)
            .start()
            .await;
        let client = builder(&ca).build().expect("a client");
        let source = client.get(source.url("/")).send().await;
        let body = source.expect("a head").into_body();
        let sent = client.post(target.url("/")).body(body).send().await;
        let error = sent.expect_err("half a body");
        holds("half a body", &error, Kind::Body, MaybeProcessed);
        assert_eq!(error.phase(), Some(Phase::Send), "{error}");
    }
}

/// A server that takes the first sending, and refuses the second one unprocessed.
#[tokio::test]
async fn what_is_refused_when_it_is_sent_again_was_sent_before() {
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host("127.0.0.1"));
    let server = RawServer::tls(&identity, "h2", move |number, stream| async move {
        let served = async {
            let mut peer = Http2Peer::accept(stream).await?;
            let request = peer.request().await?;
            if number == 0 {
                peer.send(Frame::status(request, 8, Frame::END_STREAM))
                    .await?;
                // The next one is read, and the connection closed.
                peer.request().await?;
            } else {
                peer.send(Frame::reset(request, 7)).await?;
                peer.drain().await;
            }
            std::io::Result::Ok(())
        };
        let _gone = served.await;
    })
    .await;
    let client = builder(&ca).build().expect("a client");
    let first = client.get(server.url("/")).send().await;
    first.expect("a response").bytes().await.expect("no body");
    let error = client.delete(server.url("/")).send().await;
    let error = error.expect_err("refused");
    holds("DELETE", &error, Kind::Protocol, MaybeProcessed);
    assert!(!error.is_retryable());
}

/// A client's limit passes while its request is sent again.
#[tokio::test]
async fn a_limit_that_passes_when_a_request_is_sent_again_does_not_make_it_unsent() {
    let ca = TestCa::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a client");
        let mut stream = RawStream::Plain(stream);
        read_head(&mut stream).await;
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(answer).await.expect("a client that reads");
        read_head(&mut stream).await;
        drop(stream);
        // The second sending gets no answer.
        let (stream, _) = listener.accept().await.expect("the client again");
        let mut stream = RawStream::Plain(stream);
        read_head(&mut stream).await;
        std::future::pending::<()>().await;
    });
    let client = builder(&ca).allow_plain_http().build().expect("a client");
    let url = format!("http://{address}/");
    let first = client.get(&url).send().await.expect("a response");
    first.bytes().await.expect("no body");
    let error = client.put(&url).body("x").timeout(LIMIT).send().await;
    let error = error.expect_err("no answer");
    holds("PUT", &error, Kind::Timeout, MaybeProcessed);
}
