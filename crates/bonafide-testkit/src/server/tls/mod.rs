//! The server over TLS.

mod builder;
mod choices;
mod handshake;
mod resolver;
mod server;

pub use builder::TestServerBuilder;
pub use choices::{Alpn, ClientAuth};
pub use server::TestServer;
