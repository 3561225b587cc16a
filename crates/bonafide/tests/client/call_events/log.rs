//! A listener that writes events down as lines.

use std::sync::{Arc, Mutex};

use bonafide::ClientBuilder;
use bonafide::events::{CallId, ConnectionId, Event, Outcome, Verdict};

/// The events of a client so far, a line each: `c1 pool-miss`. Calls are `c1`, `c2` … and
/// connections `k1`, `k2` … by their first event; the server is `SERVER`.
#[derive(Clone, Default)]
pub(super) struct Log {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    lines: Vec<String>,
    calls: Vec<CallId>,
    connections: Vec<ConnectionId>,
}

impl Log {
    /// `builder` with a listener that writes here.
    pub(super) fn of(&self, builder: ClientBuilder) -> ClientBuilder {
        let log = self.clone();
        builder.event_listener(move |event: &Event<'_>| {
            log.inner.lock().expect("unpoisoned").write(event);
        })
    }

    /// The lines so far.
    pub(super) fn lines(&self) -> Vec<String> {
        self.inner.lock().expect("unpoisoned").lines.clone()
    }

    /// The lines since the last call of this method.
    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.inner.lock().expect("unpoisoned").lines)
    }
}

/// The place of `id` in `known`, counted from 1.
fn place<T: PartialEq>(known: &mut Vec<T>, id: T) -> usize {
    let found = known.iter().position(|one| *one == id);
    found.unwrap_or_else(|| {
        known.push(id);
        known.len() - 1
    }) + 1
}

/// `localhost:PORT` as `SERVER`.
fn without_port(text: &str) -> String {
    let Some((before, rest)) = text.split_once("localhost:") else {
        return text.to_owned();
    };
    format!(
        "{before}SERVER{}",
        rest.trim_start_matches(|digit: char| digit.is_ascii_digit())
    )
}

fn outcome(outcome: &Outcome<'_>) -> String {
    match outcome {
        Outcome::Done => "done".to_owned(),
        Outcome::Failed(error) => format!("failed {:?}", error.kind()),
        Outcome::Canceled => "canceled".to_owned(),
        _ => unreachable!("an outcome that the tests do not know"),
    }
}

impl Inner {
    fn write(&mut self, event: &Event<'_>) {
        let connection = event
            .connection()
            .map(|id| format!("k{}", place(&mut self.connections, id)));
        let subject = match event.call() {
            Some(id) => format!("c{}", place(&mut self.calls, id)),
            None => connection.clone().expect("one of both"),
        };
        let connection = connection.unwrap_or_default();
        let more = match event {
            Event::CallStarted { method, url, .. } => format!("{method} {}", without_port(url)),
            Event::ConnectionAcquired { reused, .. } => {
                format!("{connection} {}", if *reused { "reused" } else { "new" })
            }
            Event::SendStarted { .. } => connection,
            Event::RequestSent { body_bytes, .. } => body_bytes.to_string(),
            Event::ResponseHead { status, .. } => status.as_str().to_owned(),
            Event::RetryDecision {
                delivery,
                status,
                again,
                ..
            } => format!(
                "{delivery:?} {} {}",
                status.map_or(0, |status| status.as_u16()),
                if again.is_some() { "again" } else { "no more" }
            ),
            Event::Redirect { status, url, .. } => {
                format!("{} {}", status.as_str(), without_port(url))
            }
            Event::BodyEnded {
                bytes,
                outcome: ends,
                ..
            } => format!("{bytes} {}", outcome(ends)),
            Event::OpeningStarted { origin, proxy, .. } => {
                let way = if proxy.is_some() { " by proxy" } else { "" };
                format!("{}{way}", without_port(origin))
            }
            Event::ResolveStarted { host, .. } => (*host).to_owned(),
            Event::ConnectEnded {
                address,
                outcome: ends,
                ..
            } => {
                assert_eq!(address.is_some(), ends.is_done());
                outcome(ends)
            }
            Event::ResolveEnded {
                addresses,
                outcome: ends,
                ..
            } => {
                assert_eq!(!addresses.is_empty(), ends.is_done());
                outcome(ends)
            }
            Event::Verdict { verdict, .. } => match verdict {
                Verdict::Accepted(receipt) => format!("accepted {}", receipt.is_verified()),
                Verdict::Refused(refusal) => format!("refused {}", refusal.code()),
                _ => unreachable!("a verdict that the tests do not know"),
            },
            Event::CallEnded { outcome: ends, .. }
            | Event::ProxyEnded { outcome: ends, .. }
            | Event::TlsEnded { outcome: ends, .. } => outcome(ends),
            Event::OpeningEnded {
                version,
                outcome: ends,
                ..
            } => version.map_or_else(|| outcome(ends), |version| format!("{version:?}")),
            _ => String::new(),
        };
        let line = format!("{subject} {} {more}", event.name());
        self.lines.push(line.trim_end().to_owned());
    }
}
