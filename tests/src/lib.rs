//! Real servers and clients on the loopback, which the tests in `tests/` are run against.
//!
//! Each peer is a program of another project: nginx, Apache, Caddy, httpbin, HAProxy and `openssl
//! s_server` as servers, curl and `openssl s_client` as oracles, tinyproxy, Squid and microsocks
//! between the two. It is looked for in the search path, and httpbin in the folder where `cargo
//! xtask peers --install` puts it; where it is missing, `find` and `start` say
//! `skipped: nginx not found` and give `None`, and under the variable `CI` they fail the test. A
//! server runs in a folder of its own, ends when it is dropped, and shows its log when the test has
//! failed.
//!
//! Everything panics with a clear message where the environment fails.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test harness fails its test with a clear message; no caller could do better"
)]

mod apache;
mod caddy;
mod curl;
mod digest_guard;
mod haproxy;
mod httpbin;
mod loopback;
mod microsocks;
mod mounted;
mod nginx;
mod open_connections;
mod openssl_ca;
mod openssl_client;
mod openssl_keys;
mod openssl_server;
mod opinion;
mod ours;
mod page;
mod program;
mod raw;
pub mod redirects;
mod running;
mod scratch;
pub mod shim;
mod squid;
mod terminator;
mod tinyproxy;
mod version;

pub use apache::Apache;
pub use caddy::Caddy;
pub use curl::{Curl, CurlRequest};
pub use digest_guard::{DigestGuard, Renewal};
pub use haproxy::{Haproxy, HaproxyBuilder};
pub use httpbin::Httpbin;
pub use loopback::ipv6_loopback;
pub use microsocks::Microsocks;
pub use mounted::Mounted;
pub use nginx::{LoggedRequest, Nginx, NginxBuilder, Site};
pub use openssl_ca::OpenSslCa;
pub use openssl_client::OpenSslClient;
pub use openssl_keys::OpenSslKeys;
pub use openssl_server::{OpenSslServer, OpenSslServerBuilder};
pub use opinion::Opinion;
pub use ours::{client_over, connect, converse, trusting};
pub use page::page;
pub use raw::{Frame, Http2Peer, RawServer, RawStream, raw_http1, read_head};
pub use squid::Squid;
pub use terminator::{Brand, Http, Served, Terminator, TerminatorBuilder};
pub use tinyproxy::Tinyproxy;
pub use version::Version;
