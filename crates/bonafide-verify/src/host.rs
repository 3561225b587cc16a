//! Host names as the rest of the crate compares them.

use std::borrow::Cow;
use std::net::IpAddr;

use rustls_pki_types::ServerName;

use crate::config_error::ConfigError;

/// The name as text: lower case, no trailing dot, addresses without brackets.
pub(crate) fn host_text<'a>(name: &'a ServerName<'_>) -> Cow<'a, str> {
    match name {
        ServerName::DnsName(name) => {
            let name = name.as_ref();
            let name = name.strip_suffix('.').unwrap_or(name);
            if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
                Cow::Owned(name.to_ascii_lowercase())
            } else {
                Cow::Borrowed(name)
            }
        }
        ServerName::IpAddress(address) => Cow::Owned(IpAddr::from(*address).to_string()),
        other => Cow::Owned(format!("{other:?}")),
    }
}

/// The name without the trailing dot of an absolute DNS name, which certificates never carry (RFC 9525, 2).
pub(crate) fn relative_name<'a>(name: &'a ServerName<'_>) -> Cow<'a, ServerName<'a>> {
    if let ServerName::DnsName(dns) = name
        && let Some(relative) = dns.as_ref().strip_suffix('.')
        && let Ok(relative) = ServerName::try_from(relative.to_owned())
    {
        return Cow::Owned(relative);
    }
    Cow::Borrowed(name)
}

/// Reads a host as a server name: a DNS name, or an IP address with or without brackets.
pub(crate) fn server_name(host: &str) -> Result<ServerName<'static>, ConfigError> {
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    let bare = bare.strip_suffix('.').unwrap_or(bare);
    ServerName::try_from(bare.to_owned()).map_err(|_| ConfigError::InvalidHost {
        host: host.to_owned(),
    })
}
