//! Loopback servers with scripted faults: [`TestServer`] over TLS, [`PlainServer`]
//! without.

mod accept;
mod bind;
mod body;
mod connection;
mod ending;
mod failure;
mod handler;
mod plain;
mod plan;
mod record;
mod service;
mod serving;
mod stats;
mod tls;
mod tls_builder;
mod tls_server;
mod wire;

pub use bind::BindAddr;
pub use body::{BodySender, TestBody};
pub use connection::ConnectionInfo;
pub use ending::Ending;
pub use plain::{PlainServer, PlainServerBuilder};
pub use record::RecordedRequest;
pub use serving::Serving;
pub use stats::ServerStats;
pub use tls::{Alpn, ClientAuth};
pub use tls_builder::TestServerBuilder;
pub use tls_server::TestServer;
