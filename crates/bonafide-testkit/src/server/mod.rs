//! Loopback servers with scripted faults: [`TestServer`] over TLS, [`PlainServer`]
//! without.

mod accept;
mod bind;
mod body;
mod connection;
mod control;
mod ending;
mod failure;
mod handler;
mod plain;
mod plan;
mod record;
mod served_body;
mod service;
mod serving;
mod stats;
mod tls;
mod weak;
mod wire;

pub use bind::BindAddr;
pub use body::{BodySender, TestBody};
pub use connection::AcceptedConnection;
pub use ending::Ending;
pub use plain::{PlainServer, PlainServerBuilder};
pub use record::RecordedRequest;
pub use serving::Serving;
pub use stats::ServerStats;
pub use tls::{Alpn, ClientAuth, TestServer, TestServerBuilder};
pub use weak::{ClientMove, WeakServer, Weakness};
