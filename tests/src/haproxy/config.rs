//! HAProxy's configuration.

use std::net::SocketAddr;

use super::HaproxyBuilder;
use super::log::{FORMAT, REFUSED};
use crate::open_connections::SOCKET;
use crate::scratch::Scratch;

pub(super) const CONFIG: &str = "haproxy.cfg";

/// Writes the configuration and all that it refers to. Sessions are in tickets alone: the cache on
/// the server's side has no room.
pub(super) fn write(
    plan: &HaproxyBuilder,
    scratch: &Scratch,
    http1: SocketAddr,
    http2: SocketAddr,
) {
    let HaproxyBuilder {
        identity,
        clients,
        version,
        closes,
    } = plan;
    let pem = scratch.write("site.pem", identity.chain_pem() + &identity.key_pem());
    let pem = pem.display();
    let clients = clients.as_ref().map_or(String::new(), |clients| {
        let file = scratch.write("clients.pem", clients);
        format!("ca-file {} verify required", file.display())
    });
    let versions = version.map_or(String::new(), |version| {
        format!("ssl-min-ver {version} ssl-max-ver {version}")
    });
    // HAProxy 2.6 does not take the header for the end of an HTTP/2 connection; there its patience
    // ends at once.
    let closing = if *closes {
        "timeout http-keep-alive 1ms\n    http-after-response set-header connection close"
    } else {
        ""
    };
    let socket = scratch.path().join(SOCKET);
    let socket = socket.display();
    scratch.write(
        CONFIG,
        format!(
            r#"
global
    log stdout format raw local0
    nbthread 1
    maxconn 256
    tune.ssl.cachesize 0
defaults
    mode http
    timeout connect 20s
    timeout server 20s
    timeout client 20s
frontend served
    bind {http1} ssl crt {pem} alpn http/1.1 {versions} {clients}
    bind {http2} ssl crt {pem} alpn h2,http/1.1 {versions} {clients}
    log global
    log-format "{FORMAT}"
    error-log-format "{REFUSED}"
    {closing}
    http-request return status 200 content-type text/plain string "haproxy"
frontend asked
    bind unix@{socket}
    http-request return status 200 content-type text/plain lf-string "%[fe_conn(served)]"
"#
        ),
    );
}
