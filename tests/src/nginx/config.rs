//! nginx's configuration.

use std::fmt::Write as _;
use std::net::SocketAddr;

use super::access_log::FORMAT;
use super::{ACCESS_LOG, NginxBuilder, PID, Site};
use crate::open_connections::SOCKET;
use crate::page::page;
use crate::scratch::Scratch;

/// Writes the configuration and all that it refers to. One process does all of the work, so that it
/// takes everything with it when it is ended.
pub(super) fn write(plan: &NginxBuilder, scratch: &Scratch, http1: SocketAddr, http2: SocketAddr) {
    scratch.write("large", "x".repeat(Site::LARGE_BYTES));
    scratch.write("page", page());
    let NginxBuilder {
        sites,
        protocols,
        requests_per_connection,
        early_data,
        behind,
    } = plan;
    let behind = behind.map_or(String::new(), |behind| {
        format!(
            "location /behind/ {{ proxy_pass http://{behind}/; proxy_http_version 1.1; \
             proxy_buffering off; proxy_read_timeout 60s; \
             gzip on; gzip_types application/json; gzip_min_length 0; }}"
        )
    });
    let early_data = if *early_data { "on" } else { "off" };
    let folder = scratch.path().display();
    let mut servers = String::new();
    for (number, site) in sites.iter().enumerate() {
        let chain = scratch.write(&format!("{number}.chain.pem"), site.identity.chain_pem());
        let key = scratch.write(&format!("{number}.key.pem"), site.identity.key_pem());
        let (name, chain, key) = (&site.name, chain.display(), key.display());
        let default = if number == 0 { "default_server" } else { "" };
        let clients = site.clients.as_ref().map_or(String::new(), |clients| {
            let file = scratch.write(&format!("{number}.clients.pem"), clients);
            format!(
                "ssl_verify_client on; ssl_client_certificate {};",
                file.display()
            )
        });
        let staple = site.staple.as_ref().map_or(String::new(), |staple| {
            let file = scratch.write(&format!("{number}.staple.der"), staple);
            format!("ssl_stapling on; ssl_stapling_file {};", file.display())
        });
        write!(
            servers,
            r#"
    server {{
        listen {http1} ssl {default};
        listen {http2} ssl http2 {default};
        server_name {name};
        ssl_protocols {protocols};
        ssl_certificate {chain};
        ssl_certificate_key {key};
        ssl_early_data {early_data};
        set $early $ssl_early_data;
        {clients}
        {staple}
        location / {{ return 200 "{name}"; }}
        location = /client {{ return 200 "$ssl_client_verify $ssl_client_s_dn"; }}
        {behind}
        location = /large {{ root {folder}; }}
        location = /page {{ root {folder}; gzip on; default_type text/plain; gzip_types text/plain; }}
    }}
"#
        )
        .expect("a string takes everything");
    }
    let spools: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("    {kind}_temp_path {folder}/{kind};\n"))
        .concat();
    scratch.write(
        "nginx.conf",
        format!(
            r#"
daemon off;
master_process off;
pid {folder}/{PID};
error_log stderr info;
events {{ worker_connections 256; }}
http {{
    log_format seen '{FORMAT}';
    access_log {folder}/{ACCESS_LOG} seen;
    keepalive_requests {requests_per_connection};
{spools}{servers}
    server {{
        listen unix:{folder}/{SOCKET};
        access_log off;
        return 200 "$connections_active";
    }}
}}
"#
        ),
    );
}
