//! Through a SOCKS 5 proxy (RFC 1928), with user name and password (RFC 1929).

use std::net::SocketAddr;
use std::time::Duration;

use bonafide::{Kind, Phase, Proxy, ProxyError, SocksReply};
use bonafide_testkit::{Recipe, TestServer};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{builder, ca};

/// The greeting that wants no credentials, and the one that does.
const NO_CREDENTIALS: &[u8] = &[5, 0];
const CREDENTIALS: &[u8] = &[5, 2];

#[tokio::test]
async fn a_socks_proxy_looks_the_name_up_itself() {
    let identity = ca().issue(Recipe::for_host("only-the-proxy-knows.example"));
    let server = TestServer::http2(identity).await;
    let (proxy, asked) = socks(server.addr()).await;
    let proxy = Proxy::socks5(&format!("socks5://user:s3cret@{proxy}")).expect("a proxy");
    let client = builder().proxy(proxy).build().expect("a client");
    let url = "https://only-the-proxy-knows.example:8443/";
    let response = client.get(url).send().await.expect("a response");
    assert!(response.receipt().expect("verified").is_verified());
    assert_eq!(
        response.timings().expect("it was sent").opening().resolve,
        None
    );
    let asked = asked.await.expect("the proxy ran");
    assert_eq!(
        asked,
        (
            "user:s3cret".to_owned(),
            "only-the-proxy-knows.example:8443".to_owned()
        )
    );
}

/// What a request through a proxy with this script meets: the text after the proxy's name, and the
/// error.
async fn refused(script: &[&[u8]], account: &str) -> (String, bonafide::Error) {
    let address = scripted(script).await;
    let proxy = Proxy::socks5(&format!("socks5://{account}{address}")).expect("a proxy");
    let client = builder().proxy(proxy).build().expect("a client");
    let request = client.get("https://localhost:1/").send();
    let error = request.await.expect_err("no tunnel");
    assert!(
        !format!("{error} {error:?}").contains("s3cret"),
        "{error:?}"
    );
    assert_eq!(
        (error.kind(), error.phase()),
        (Kind::Proxy, Some(Phase::Proxy)),
        "{error:?}"
    );
    assert!(error.is_connect() && error.proxy_refusal().is_none());
    let text = error.to_string();
    let start = format!("https://localhost:1/: the proxy socks5://{address} ");
    (text.strip_prefix(&start).unwrap_or(&text).to_owned(), error)
}

#[tokio::test]
async fn each_reply_is_told_in_words_and_is_retryable_where_the_proxy_could_not() {
    for (code, reply, words, is_retryable) in [
        (1, SocksReply::GeneralFailure, "general failure", true),
        (
            2,
            SocksReply::NotAllowed,
            "its rules do not allow the connection",
            false,
        ),
        (
            3,
            SocksReply::NetworkUnreachable,
            "the network is unreachable",
            true,
        ),
        (
            4,
            SocksReply::HostUnreachable,
            "the host is unreachable",
            true,
        ),
        (
            5,
            SocksReply::ConnectionRefused,
            "the server refused the connection",
            true,
        ),
        (
            6,
            SocksReply::TtlExpired,
            "the TTL expired on the way to the server",
            true,
        ),
        (
            7,
            SocksReply::CommandNotSupported,
            "it does not support connecting",
            false,
        ),
        (
            8,
            SocksReply::AddressTypeNotSupported,
            "it does not support this type of address",
            false,
        ),
        (
            0xf2,
            SocksReply::Unassigned(0xf2),
            "a reply that RFC 1928 does not assign",
            false,
        ),
    ] {
        // Not every proxy sends an address after a failure.
        for rest in [
            &[][..],
            &[0, 0, 0, 0, 0, 0, 0, 0],
            &[0, 1, 0, 0, 0, 0, 0, 0],
        ] {
            let answer = [&[5, code], rest].concat();
            let (text, error) = refused(&[NO_CREDENTIALS, &answer], "").await;
            assert_eq!(
                text,
                format!("refused the tunnel: {words} (SOCKS reply {code})")
            );
            assert_eq!(error.is_retryable(), is_retryable, "{reply:?}");
            assert!(
                matches!(error.proxy_error(), Some(ProxyError::Socks(given)) if *given == reply),
                "{error:?}"
            );
        }
    }
}

#[tokio::test]
async fn credentials_that_are_wanted_or_not_accepted_are_told_in_words() {
    let cases: [(&[&[u8]], _, _); 3] = [
        (
            &[CREDENTIALS, &[1, 9]],
            "user:s3cret@",
            "the user name and the password were not accepted (status 9)",
        ),
        (
            &[&[5, 0xff]],
            "user:s3cret@",
            "it accepts none of the methods that were offered: no authentication, user name and \
             password",
        ),
        (
            &[&[5, 0xff]],
            "",
            "it accepts none of the methods that were offered: no authentication",
        ),
    ];
    for (script, account, expected) in cases {
        let (text, error) = refused(script, account).await;
        assert_eq!(text, format!("refused the tunnel: {expected}"));
        assert!(!error.is_retryable());
    }
}

#[tokio::test]
async fn what_is_no_answer_of_socks_5_is_told_in_words() {
    const CLOSED: &str = "closed the connection without an answer";
    const CUT_OFF: &str = "closed the connection in the middle of its answer";
    let not_socks =
        |first| format!("did not answer with SOCKS 5: its answer begins with \"{first}\"");
    let cases: [(&[&[u8]], _, _); 12] = [
        (&[&[]], CLOSED.to_owned(), true),
        (&[NO_CREDENTIALS, &[]], CLOSED.to_owned(), true),
        (&[CREDENTIALS, &[]], CLOSED.to_owned(), true),
        (&[&[5]], CUT_OFF.to_owned(), true),
        (&[NO_CREDENTIALS, &[5, 0, 0]], CUT_OFF.to_owned(), true),
        (
            &[NO_CREDENTIALS, &[5, 0, 0, 1, 0, 0]],
            CUT_OFF.to_owned(),
            true,
        ),
        (
            &[b"HTTP/1.1 400 Bad Request\r\n"],
            not_socks("HTTP/1.1 400 Bad Request"),
            false,
        ),
        // A method that was not offered; SOCKS 4; a version and a type of address that do not
        // exist.
        (&[&[5, 1]], not_socks(r"\x05\x01"), false),
        (&[&[0, 90]], not_socks(r"\x00Z"), false),
        (&[CREDENTIALS, &[5, 0]], not_socks(r"\x05\x00"), false),
        // What sends back whatever it is sent.
        (
            &[CREDENTIALS, b"\0\x02\x01\x04user\x06s3cret"],
            not_socks(r"\x00\x02"),
            false,
        ),
        (
            &[NO_CREDENTIALS, &[5, 0, 0, 9]],
            not_socks(r"\x05\x00\x00\t"),
            false,
        ),
    ];
    for (script, expected, is_retryable) in cases {
        let (text, error) = refused(script, "user:s3cret@").await;
        assert_eq!((text, error.is_retryable()), (expected, is_retryable));
    }
}

#[tokio::test]
async fn bytes_beyond_a_socks_reply_are_not_taken_for_the_servers() {
    for reply in [
        &[5, 0, 0, 1, 127, 0, 0, 1, 0, 80][..],
        &[5, 0, 0, 3, 1, b'h', 0, 80],
        &[
            5, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 80,
        ],
    ] {
        let answer = [reply, b"hello"].concat();
        let (text, error) = refused(&[NO_CREDENTIALS, &answer], "").await;
        assert_eq!(
            text,
            "opened the tunnel, but sent bytes before the client did: 5 bytes that begin with \"hello\" \
             arrived before anything was sent to the server"
        );
        let Some(ProxyError::EarlyBytes { count, first }) = error.proxy_error() else {
            panic!("{error:?}");
        };
        assert_eq!((*count, &first[..]), (5, &b"hello"[..]));
        assert!(!error.is_retryable());
    }
}

#[tokio::test]
async fn a_socks_proxy_that_never_answers_is_given_up_by_name() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let client = builder()
        .proxy(Proxy::socks5(&format!("socks5://{address}")).expect("a proxy"))
        .connect_timeout(Duration::from_millis(50))
        .build()
        .expect("a client");
    let request = client.get("https://localhost:1/").send();
    let error = request.await.expect_err("no answer");
    assert_eq!(
        (error.kind(), error.phase(), error.is_retryable()),
        (Kind::Timeout, Some(Phase::Proxy), true)
    );
    assert_eq!(
        error.to_string(),
        format!(
            "https://localhost:1/: the proxy socks5://{address} did not answer within the \
             connect_timeout of 50ms"
        )
    );
}

/// A SOCKS proxy for one connection that answers each message with the next piece of `script`, and
/// then closes.
async fn scripted(script: &[&[u8]]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let script: Vec<_> = script.iter().map(|piece| piece.to_vec()).collect();
    tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.expect("a client");
        for piece in script {
            let mut message = [0; 512];
            let read = client.read(&mut message).await.expect("a message");
            assert_ne!(read, 0, "the client has something to say");
            client.write_all(&piece).await.expect("an answer");
        }
    });
    address
}

/// A SOCKS 5 proxy for one connection (RFC 1928, RFC 1929), which leads to `to` whatever it is
/// asked. Gives what it was asked.
async fn socks(to: SocketAddr) -> (SocketAddr, tokio::sync::oneshot::Receiver<(String, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let (report, asked) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.expect("a client");
        let mut head = [0; 2];
        client
            .read_exact(&mut head)
            .await
            .expect("the version and the number of methods");
        assert_eq!(head[0], 5);
        let mut methods = vec![0; head[1].into()];
        client.read_exact(&mut methods).await.expect("the methods");
        assert!(methods.contains(&2));
        client.write_all(&[5, 2]).await.expect("an answer");
        assert_eq!(client.read_u8().await.expect("the version"), 1);
        let mut credentials = Vec::new();
        for _ in 0..2 {
            let mut text = vec![0; client.read_u8().await.expect("a length").into()];
            client.read_exact(&mut text).await.expect("a text");
            credentials.push(String::from_utf8(text).expect("text"));
        }
        client.write_all(&[1, 0]).await.expect("an answer");
        let mut request = [0; 5];
        client.read_exact(&mut request).await.expect("a request");
        assert_eq!(request[..4], [5, 1, 0, 3], "CONNECT to a domain name");
        let mut host = vec![0; request[4].into()];
        client.read_exact(&mut host).await.expect("the name");
        let port = client.read_u16().await.expect("the port");
        client
            .write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
            .await
            .expect("an answer");
        let host = String::from_utf8(host).expect("text");
        drop(report.send((credentials.join(":"), format!("{host}:{port}"))));
        let mut server = TcpStream::connect(to).await.expect("the server");
        drop(copy_bidirectional(&mut client, &mut server).await);
    });
    (address, asked)
}
