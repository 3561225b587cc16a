//! HTTP/1.1 connections that are let go of in the middle of an exchange, and heads that end a
//! response.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(target_os = "linux")]

use std::path::Path;
use std::time::Duration;

use bonafide::{Client, Kind};
use bonafide_tests::{RawServer, raw_http1, read_head};
use http::Method;
use tokio::io::AsyncWriteExt as _;
use tokio::time::{Instant, sleep};

/// How many sockets this process has connected to the port of `server`.
fn connected_to(server: &RawServer) -> usize {
    let url = server.url("");
    let port: u16 = url.rsplit(':').next().unwrap().parse().unwrap();
    let table = std::fs::read_to_string("/proc/self/net/tcp").unwrap();
    let inodes: Vec<_> = table
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|fields| fields[2].ends_with(&format!(":{port:04X}")))
        .map(|fields| format!("socket:[{}]", fields[9]))
        .collect();
    std::fs::read_dir("/proc/self/fd")
        .unwrap()
        .filter_map(|file| std::fs::read_link(file.ok()?.path()).ok())
        .filter(|file| inodes.iter().any(|inode| file == Path::new(inode)))
        .count()
}

/// Waits until no socket is connected to `server` any more, and says how many are.
async fn left_open(server: &RawServer) -> usize {
    let patience = Instant::now() + Duration::from_secs(3);
    while connected_to(server) > 0 && Instant::now() < patience {
        sleep(Duration::from_millis(20)).await;
    }
    connected_to(server)
}

/// The peer reads the head of each request, writes `answer` and does nothing more, for ever.
async fn frozen(tls: bool, answer: &'static str) -> (Client, RawServer) {
    let (client, server) = raw_http1(tls, move |_, mut stream| async move {
        read_head(&mut stream).await;
        let _ = stream.write_all(answer.as_bytes()).await;
        let _ = stream.flush().await;
        sleep(Duration::from_secs(600)).await;
    })
    .await;
    let limit = Duration::from_millis(300);
    let client = client.headers_timeout(limit).read_timeout(limit);
    (client.build().unwrap(), server)
}

#[tokio::test]
async fn an_upload_that_was_given_up_leaves_no_socket_open() {
    for tls in [false, true] {
        let (client, server) = frozen(tls, "").await;
        for _ in 0..3 {
            let request = client.post(server.url("/")).body(vec![0; 20 << 20]);
            let error = request.send().await.unwrap_err();
            assert_eq!(error.kind(), Kind::Timeout);
        }
        assert_eq!(server.connections(), 3);
        assert_eq!(left_open(&server).await, 0, "tls: {tls}");
    }
}

#[tokio::test]
async fn a_response_that_was_given_up_during_the_upload_leaves_no_socket_open() {
    for tls in [false, true] {
        let head = "HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n";
        let (client, server) = frozen(tls, head).await;
        for read in [false, true] {
            let request = client.post(server.url("/")).body(vec![0; 20 << 20]);
            let response = request.send().await.unwrap();
            if read {
                let error = response.bytes().await.unwrap_err();
                assert_eq!(error.kind(), Kind::Timeout);
            }
        }
        assert_eq!(server.connections(), 2);
        assert_eq!(left_open(&server).await, 0, "tls: {tls}");
    }
}

/// The server answers with a body that fits into the buffers of the connection, and resets it.
#[tokio::test]
async fn a_slow_reader_gets_all_of_an_answer_although_the_upload_failed() {
    const LENGTH: usize = 60_000;
    for tls in [false, true] {
        let (client, server) = raw_http1(tls, |_, mut stream| async move {
            read_head(&mut stream).await;
            let head =
                format!("HTTP/1.1 413 Content Too Large\r\ncontent-length: {LENGTH}\r\n\r\n");
            let _ = stream.write_all(head.as_bytes()).await;
            let _ = stream.write_all(&[b'x'; LENGTH]).await;
            let _ = stream.flush().await;
            sleep(Duration::from_millis(20)).await;
        })
        .await;
        let client = client.build().unwrap();
        let request = client.post(server.url("/")).body(vec![7; 20 << 20]);
        let mut response = request.send().await.unwrap();
        let mut length = 0;
        while let Some(piece) = response.chunk().await.unwrap() {
            if length == 0 {
                sleep(Duration::from_millis(2_500)).await;
            }
            length += piece.len();
        }
        assert_eq!(length, LENGTH, "tls: {tls}");
        drop(response);
        assert_eq!(left_open(&server).await, 0, "tls: {tls}");
    }
}

#[tokio::test]
async fn a_response_without_a_body_is_read_whatever_its_codings_are() {
    let heads = [
        (Method::HEAD, "200 OK"),
        (Method::GET, "204 No Content"),
        (Method::GET, "304 Not Modified"),
    ];
    for (method, status) in heads {
        let (client, server) = raw_http1(false, move |_, mut stream| async move {
            while read_head(&mut stream).await.is_some() {
                let head = format!("HTTP/1.1 {status}\r\ntransfer-encoding: gzip, chunked\r\n\r\n");
                let _ = stream.write_all(head.as_bytes()).await;
            }
        })
        .await;
        let client = client.build().unwrap();
        for _ in 0..2 {
            let request = client.request(method.clone(), server.url("/"));
            let response = request.send().await.unwrap();
            assert!(status.starts_with(response.status().as_str()));
            assert_eq!(response.text().await.unwrap(), "");
        }
        assert_eq!(server.connections(), 2, "each connection served one");
    }
}
