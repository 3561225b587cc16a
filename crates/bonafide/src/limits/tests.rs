//! The table on the page has each limit.

use bonafide_tower::redirect::Redirects;
use bonafide_tower::shown::MAX_QUOTED_BYTES;

use super::*;

/// The first two columns of the table under `# Bounds` on this module's page.
fn rows() -> Vec<(String, String)> {
    let page = include_str!("mod.rs");
    let (_, bounds) = page.split_once("//! # Bounds").expect("the section");
    bounds
        .lines()
        .take_while(|line| line.is_empty() || line.starts_with("//!"))
        .filter_map(|line| line.strip_prefix("//! | "))
        .filter_map(|line| {
            let mut cells = line.split(" | ");
            Some((cells.next()?.to_owned(), cells.next()?.to_owned()))
        })
        .collect()
}

fn seconds(time: Option<Duration>) -> String {
    time.map_or("none".to_owned(), |time| format!("{} s", time.as_secs()))
}

fn kib(bytes: u64) -> String {
    format!("{} KiB", bytes / 1024)
}

/// Exhaustive, so that a new limit does not compile until its row is named here.
#[test]
fn the_page_has_each_default() {
    let Limits {
        connect,
        handshake,
        checkout,
        request:
            RequestLimits {
                connect: connect_of_request,
                headers,
                read,
                total,
                expect_continue,
            },
        body,
        pool:
            PoolLimits {
                idle_timeout,
                max_idle_per_partition,
                max_idle,
                max_connections_per_partition,
                max_h2_connections,
                max_partitions,
            },
        http:
            HttpLimits {
                max_headers,
                max_header_bytes,
                ping_interval,
                ping_timeout,
            },
    } = Limits::default();
    assert_eq!(max_connections_per_partition, NonZeroUsize::MAX);
    assert_eq!(max_headers, None, "hyper's own");
    assert_eq!(connect_of_request, None, "only a request sets it");
    let body = match body {
        Cap::OfClient(Some(bytes)) => format!("{} MiB", bytes / 1024 / 1024),
        other => panic!("{other:?}"),
    };
    let rows = rows();
    for (limit, default) in [
        ("looking up the host and connecting", seconds(connect)),
        ("TLS handshake", seconds(handshake)),
        ("waiting for a connection or a stream", seconds(checkout)),
        ("from the last byte of the request", seconds(headers)),
        ("holding back a body", seconds(expect_continue)),
        ("interim responses", MAX_INTERIM_RESPONSES.to_string()),
        ("between two pieces", seconds(read)),
        ("the whole request with its redirects", seconds(total)),
        (
            "bytes of a response's headers",
            kib(max_header_bytes.into()),
        ),
        ("header fields of an HTTP/1.1 response", "100".to_owned()),
        ("bytes of a body that is collected", body),
        ("bytes of a line of", kib(MAX_LINE_BYTES as u64)),
        ("unread bytes of a dropped", kib(MAX_ABANDONED_BYTES)),
        ("connections to one origin", "none".to_owned()),
        (
            "HTTP/2 connections to one origin",
            max_h2_connections.to_string(),
        ),
        (
            "unused HTTP/1.1 connections",
            max_idle_per_partition.to_string(),
        ),
        ("unused connections to all origins", max_idle.to_string()),
        ("life of an unused connection", seconds(Some(idle_timeout))),
        (
            "origins with connections of their own",
            max_partitions.to_string(),
        ),
        ("origins remembered", MAX_ORIGINS.to_string()),
        ("between two pings", seconds(ping_interval)),
        ("answering a ping", seconds(Some(ping_timeout))),
        (
            "sending a request in total",
            format!("{MAX_SENDINGS} times"),
        ),
        (
            "the rest of a response that a retry",
            format!(
                "{}, {}",
                kib(MAX_ABANDONED_BYTES),
                seconds(Some(REPLACED_LIMIT))
            ),
        ),
        ("redirects", Redirects::default().limit().to_string()),
        ("bytes of a `Location`", MAX_QUOTED_BYTES.to_string()),
        ("silence of an HTTP/2 connection", seconds(Some(SILENCE))),
        ("cancelled requests on one", MAX_CANCELLED.to_string()),
        (
            "the page of a proxy",
            format!(
                "{}, {}",
                kib(MAX_REFUSAL_BYTES as u64),
                seconds(Some(REFUSAL_LIMIT))
            ),
        ),
    ] {
        let row = rows.iter().find(|(name, _)| name.starts_with(limit));
        let (_, shown) = row.unwrap_or_else(|| panic!("no row \"{limit}\""));
        assert_eq!(*shown, default, "{limit}");
    }
}

#[cfg(feature = "sse")]
#[test]
fn the_page_has_each_default_of_event_streams() {
    let rows = rows();
    for (limit, default) in [
        (
            "bytes of a line of an event",
            format!("{} MiB", MAX_EVENT_LINE_BYTES / 1024 / 1024),
        ),
        (
            "bytes of the data of an event",
            format!("{} MiB", MAX_EVENT_BYTES / 1024 / 1024),
        ),
        ("silence of an event stream", seconds(Some(EVENTS_IDLE))),
        (
            "waiting to connect again",
            seconds(Some(MAX_RECONNECT_WAIT)),
        ),
        ("connections of an event stream", MAX_RECONNECTS.to_string()),
    ] {
        let row = rows.iter().find(|(name, _)| name.starts_with(limit));
        let (_, shown) = row.unwrap_or_else(|| panic!("no row \"{limit}\""));
        assert_eq!(*shown, default, "{limit}");
    }
}
