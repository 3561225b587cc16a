//! Events of a policy, sent to a server.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bonafide_tower::redirect::Hop;
use bonafide_verify::events::{Event, EventSink, Lost};
use http::StatusCode;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use url::Url;

use crate::client::Client;
use crate::error::{Error, Failure, Kind};
use crate::origin::IntoUrl;

/// Maximum number of events that wait; further events are lost.
const QUEUE: usize = 256;
/// Maximum number of events in one request.
const BATCH: usize = 64;
/// Maximum number of tries for a batch before it is dropped.
const TRIES: u32 = 5;
/// How long a request may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The shortest time between two requests, unless another is asked for.
const INTERVAL: Duration = Duration::from_secs(10);

/// Sends the events of a policy to a server, as `POST` requests with a JSON array of [`Event`]s
/// each.
///
/// It needs a client of its own, so that the report of a wrong pin does not depend on that pin. The
/// client's policy must have no event sinks, since its own events could come back here; otherwise
/// nothing is sent. There is at most one request each 10 seconds with up to 64 events; up to 256
/// wait. A request that fails is repeated with its events, at growing intervals; after the fifth
/// try its events are dropped.
///
/// ```
/// use bonafide::verify::Policy;
/// use bonafide::{Client, EventPost};
///
/// # async fn show() -> Result<(), Box<dyn std::error::Error>> {
/// let reports = EventPost::start(Client::new(), "https://reports.example/trust")?;
/// let policy = Policy::builder().events(reports).build()?;
/// let client = Client::builder().policy(policy).build()?;
/// # let _ = client;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct EventPost {
    queue: mpsc::Sender<Event>,
    host: Arc<str>,
}

impl EventPost {
    /// Starts sending to `url`, on the current runtime, for as long as a policy has the sink.
    ///
    /// # Errors
    ///
    /// [`Kind::Url`] for a URL that cannot be used, [`Kind::PlainHttpRefused`] for one without TLS,
    /// [`Kind::Config`] outside a runtime and for a client whose policy has event sinks.
    pub fn start(client: Client, url: impl IntoUrl) -> Result<Self, Error> {
        Self::start_with_interval(client, url, INTERVAL)
    }

    /// As [`start`](Self::start), with another minimum interval between two requests.
    ///
    /// # Errors
    ///
    /// Those of [`EventPost::start`].
    pub fn start_with_interval(
        client: Client,
        url: impl IntoUrl,
        interval: Duration,
    ) -> Result<Self, Error> {
        let url = url.into_url()?;
        client.post(&url).build()?;
        if url.scheme() != "https" {
            let what = "events are sent over https only";
            return Err(Failure::new(Kind::PlainHttpRefused, what).into());
        }
        let runtime = Handle::try_current().map_err(|error| {
            Failure::new(
                Kind::Config,
                "an `EventPost` is started within a tokio runtime",
            )
            .caused_by(error)
        })?;
        if !is_apart(&client) {
            let what = "the client of an `EventPost` needs a policy without event sinks";
            return Err(Failure::new(Kind::Config, what).into());
        }
        let (queue, events) = mpsc::channel(QUEUE);
        let host = url.host_str().unwrap_or_default().into();
        runtime.spawn(send_all(client, url, events, interval));
        Ok(Self { queue, host })
    }
}

impl EventSink for EventPost {
    fn emit(&self, event: &Event) -> Result<(), Lost> {
        self.queue.try_send(event.clone()).map_err(|_| Lost)
    }
}

impl fmt::Debug for EventPost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventPost")
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}

/// Whether the client's policy has no event sinks, so that none of its events can come back here.
fn is_apart(client: &Client) -> bool {
    client
        .policy()
        .is_none_or(|policy| !policy.current().has_event_sinks())
}

async fn send_all(client: Client, url: Url, mut events: mpsc::Receiver<Event>, interval: Duration) {
    let mut batch = Vec::new();
    let mut next = Instant::now();
    while events.recv_many(&mut batch, BATCH).await > 0 {
        let mut pause = interval;
        for left in (0..TRIES).rev() {
            sleep_until(next).await;
            // Events that arrived meanwhile are sent in the same request.
            while batch.len() < BATCH
                && let Ok(event) = events.try_recv()
            {
                batch.push(event);
            }
            let sent = send(&client, &url, &batch).await;
            next = Instant::now() + pause;
            pause = pause.saturating_mul(2);
            match sent {
                Ok(()) => break,
                Err(error) => {
                    // Not the whole error: its URL may hold a token.
                    tracing::warn!(
                        host = url.host_str().unwrap_or_default(),
                        kind = ?error.kind(),
                        code = error.code().map(|code| code.as_str()),
                        status = error.status().map(|status| status.as_u16()),
                        events = batch.len(),
                        tries_left = left,
                        "events could not be sent"
                    );
                }
            }
        }
        batch.clear();
    }
}

async fn send(client: &Client, url: &Url, batch: &[Event]) -> Result<(), Error> {
    if !is_apart(client) {
        let what = "the client's policy was replaced by one with event sinks";
        return Err(Failure::new(Kind::Config, what).into());
    }
    let request = client.post(url).json(batch).timeout(TIMEOUT);
    let response = request.send().await?.error_for_status()?;
    let repeats = [
        StatusCode::TEMPORARY_REDIRECT,
        StatusCode::PERMANENT_REDIRECT,
    ];
    let lost = |hop: &Hop| !repeats.contains(&hop.status);
    if !response.status().is_success() || response.redirects().iter().any(lost) {
        let what = "the server redirected the request and lost the events";
        return Err(Failure::new(Kind::Status, what).into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use bonafide_testkit::{Recipe, TestCa, TestServer};
    use bonafide_verify::{Anchors, Policy, PolicyHandle};

    use super::*;

    #[tokio::test]
    async fn nothing_is_sent_once_the_clients_policy_has_got_sinks() {
        let ca = TestCa::new();
        let server = TestServer::http2(ca.issue(Recipe::for_host("localhost"))).await;
        let url = Url::parse(&server.url("/")).unwrap();
        let policy = || Policy::builder().anchors(Anchors::only(ca.certificate().clone()));
        let handle = PolicyHandle::new(policy().build().unwrap());
        let client = Client::builder().policy(handle.clone()).build().unwrap();
        send(&client, &url, &[]).await.unwrap();
        let reporting = policy().events(|_: &Event| {}).build().unwrap();
        handle.replace(reporting).unwrap();
        let error = send(&client, &url, &[]).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Config);
        assert_eq!(server.request_count(), 1);
        server.shutdown().await;
    }
}
