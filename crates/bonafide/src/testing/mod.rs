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
//! [answered by](crate::ClientBuilder::answered_by) a fake server opens none, to no address at all.
//! It is over the fake server from its build on, and cannot be changed. Its responses have no
//! [receipt](crate::Response::receipt), so what needs one does not happen:
//!
//! - a layer that requires a verified server refuses the response;
//! - HSTS and cookies learn nothing, and no cookie of the client's jar is sent;
//! - a credential that the client holds is refused with [`Kind::Auth`](crate::Kind::Auth), as for
//!   any server that was not verified. One that the request brings is sent.
//!
//! | not there | test it with |
//! |---|---|
//! | the judgement of a server, pins, client certificates, receipts | `TestServer` of `bonafide-testkit` |
//! | connections: their reuse, their end, the repetition of what was provably not processed | `TestServer` and its scripts |
//! | cookies and credentials that the client adds for a verified server | `TestServer` |
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
