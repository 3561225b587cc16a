//! HTTP over an open connection: hyper's connections, the socket below them, and how a request is
//! written for each version. Knows no addresses, no TLS and no policy.

mod driving;
mod fate;
mod http1;
mod http2;
mod sender;
mod socket;
mod streams;
mod timers;
mod wire;

pub(crate) use self::fate::{Fate, Noting};
pub(crate) use self::http1::Http1;
pub(crate) use self::http2::Http2;
pub(crate) use self::socket::{Socket, SocketState};
pub(crate) use self::timers::{Timer, Timers};
pub(crate) use self::wire::{Credentials, Wire};
