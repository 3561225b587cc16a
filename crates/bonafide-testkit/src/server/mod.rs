//! Loopback servers with scripted faults: [`TestServer`] over TLS, [`PlainServer`] without.
//!
//! ```
//! use bonafide_testkit::server::{Alpn, Ending, TestServer};
//! use bonafide_testkit::{Recipe, TestCa};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let ca = TestCa::new();
//! // The first connection is reset in place of the response; those after it are served.
//! let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
//!     .alpn(Alpn::Http2)
//!     .endings([Ending::Reset, Ending::CloseNotify])
//!     .start()
//!     .await;
//! // Your client, with `ca.pem()` as its only root, gets `server.url("/")`.
//! server.shutdown().await; // fails the test if a handler has panicked
//! # }
//! ```

mod accept;
mod bind;
mod body;
mod connection;
mod control;
mod ending;
mod failure;
mod handler;
mod http2;
mod interim;
mod plain;
mod plan;
mod record;
mod script;
mod served_body;
mod service;
mod serving;
mod stats;
mod tls;
mod wire;

pub use bind::BindAddr;
pub use body::{BodySender, TestBody};
pub use connection::AcceptedConnection;
pub use ending::Ending;
pub use http2::{ErrorCode, LastStream};
pub use plain::{PlainServer, PlainServerBuilder};
pub use record::RecordedRequest;
pub use script::Scripted;
pub use serving::Serving;
pub use stats::ServerStats;
pub use tls::{Alpn, ClientAuth, TestServer, TestServerBuilder};
