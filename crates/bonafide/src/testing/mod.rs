//! A client without a network, for tests.
//!
//! [`FakeServer`] puts a closure in the place of every server. What stands above a connection runs
//! as in production: redirects, retries, decoding, HSTS, the caller's layers, time limits, and the
//! check of what may be sent. There is no socket, so tokio's paused time shows what a retry waits:
//!
//! ```
//! use std::time::Duration;
//!
//! use bonafide::http::Response;
//! # #[cfg(feature = "retry")]
//! use bonafide::retry::Retry;
//! use bonafide::testing::{FakeServer, Fault, Reply};
//! use tokio::time::Instant;
//!
//! # #[cfg(feature = "retry")]
//! #[tokio::main(flavor = "current_thread", start_paused = true)]
//! async fn main() -> Result<(), bonafide::Error> {
//!     let busy = Response::builder().status(503).header("retry-after", "20").body("");
//!     let server = FakeServer::in_turn([
//!         Reply::from(Fault::Closed),
//!         busy.unwrap_or_default().into(),
//!         Response::new("at last").into(),
//!     ]);
//!     let client = bonafide::Client::builder()
//!         .retry(Retry::standard())
//!         .answered_by(&server)
//!         .build()?;
//!
//!     let start = Instant::now();
//!     let response = client.get("https://shop.example/").send().await?;
//!
//!     assert_eq!(response.text().await?, "at last");
//!     assert_eq!(server.requests().len(), 3);
//!     assert!(start.elapsed() >= Duration::from_secs(20)); // of the test's own time
//!     Ok(())
//! }
//! # #[cfg(not(feature = "retry"))]
//! # fn main() {}
//! ```
//!
//! # What is not there
//!
//! The feature cannot take verification away from a connection. A client that is
//! [answered by](crate::ClientBuilder::answered_by) a fake server opens none, to no address at all,
//! and says so: its responses have no [receipt](crate::Response::receipt), and nothing that needs
//! one happens. HSTS and cookies learn nothing from them, and a layer that requires a verified
//! server refuses them. A client is either over a fake server or over the network, from its build
//! on.
//!
//! | not there | test it with |
//! |---|---|
//! | the judgement of a server, pins, client certificates, receipts | `TestServer` of `bonafide-testkit` |
//! | connections: their reuse, their end, the repetition of what was provably not processed | `TestServer` and its scripts |
//! | interim responses, and a body that waits for `100-continue` | `TestServer` and its scripts |
//!
//! `docs/testing.md` leads through both kinds of test.

mod reply;
mod server;

use std::fmt;

pub(crate) use self::reply::Outcome;
pub use self::reply::{Fault, Reply};
pub use self::server::FakeServer;
use crate::connect::DefaultHeaders;

/// A fake server in the place of a client's connections.
pub(crate) struct InPlace {
    pub(crate) server: FakeServer,
    pub(crate) default_headers: DefaultHeaders,
    /// Whether the policy is the caller's, so that it says for which hosts there are servers.
    pub(crate) has_policy: bool,
}

/// Shows no header: a default one may be a secret.
impl fmt::Debug for InPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            server,
            default_headers: _,
            has_policy,
        } = self;
        f.debug_struct("InPlace")
            .field("server", server)
            .field("has_policy", has_policy)
            .finish_non_exhaustive()
    }
}
