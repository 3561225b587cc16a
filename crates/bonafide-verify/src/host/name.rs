//! Hosts in their canonical form, in which all other modules compare them.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use rustls_pki_types::ServerName;

/// A host in its canonical form. Zones, grants, fences, pins, stores and receipts compare this
/// form, and a client sends it as SNI and compares it with the names of a certificate.
///
/// | written | canonical |
/// |---|---|
/// | `Example.COM` | `example.com` |
/// | `example.com.`, the absolute name | `example.com` |
/// | `bücher.example` | `xn--bcher-kva.example` |
/// | `[2001:DB8:0::1]`, `2001:db8::1` | `2001:db8::1` |
/// | `[::ffff:192.0.2.1]`, an IPv4-mapped address (RFC 4291, 2.5.5.2) | `192.0.2.1` |
///
/// A connection to a mapped address is a connection over IPv4 to the address in it: both are one
/// host. IPv4-compatible addresses (`::192.0.2.1`, RFC 4291, 2.5.5.1) and addresses with a NAT64
/// prefix (`64:ff9b::192.0.2.1`, RFC 6052) are not changed: they reach another host.
///
/// For a mapped address, the certificate must have a SAN `iPAddress` of four octets. A SAN of
/// sixteen octets with a mapped address therefore matches no host. Otherwise it would escape the
/// name constraints for IPv4 (RFC 5280, 4.2.1.10). OpenSSL does not accept it for the IPv4 address
/// either.
///
/// A host has no port, no zone identifier (RFC 6874) and no percent-encoding. The forms of an IPv4
/// address that only URLs allow (`127.1`, `0x7f.0.0.1`) are not hosts: a URL parser converts them.
///
/// ```
/// use bonafide_verify::host::CanonicalHost;
///
/// let host: CanonicalHost = "[::FFFF:192.0.2.1]".parse()?;
/// assert_eq!(host.as_str(), "192.0.2.1");
/// assert_eq!("B\u{fc}cher.Example.".parse::<CanonicalHost>()?.as_str(), "xn--bcher-kva.example");
/// # Ok::<(), bonafide_verify::host::HostError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CanonicalHost {
    text: String,
    name: ServerName<'static>,
}

/// The text is not a DNS name or an IP address. The error does not contain the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid DNS name or IP address")]
#[non_exhaustive]
pub struct HostError;

impl CanonicalHost {
    /// Reads a DNS name, with A-labels or U-labels, or an IP address, an IPv6 address with or
    /// without brackets.
    ///
    /// # Errors
    /// [`HostError`] for anything else, such as a host with a port.
    pub fn parse(text: &str) -> Result<Self, HostError> {
        if let Some(address) = address(text) {
            return Ok(address.into());
        }
        let name = ascii_name(text).ok_or(HostError)?;
        if let Ok(address) = name.parse::<IpAddr>() {
            // An address with a trailing dot, or with digits that are not ASCII.
            return Ok(address.into());
        }
        match ServerName::try_from(&*name) {
            Ok(server_name) => Ok(Self::of(&server_name)),
            Err(_) => Err(HostError),
        }
    }

    /// The host that rustls calls `name`.
    pub fn of(name: &ServerName<'_>) -> Self {
        let name = canonical(name).into_owned().to_owned();
        Self {
            text: host_text(&name).into_owned(),
            name,
        }
    }

    /// The host as text: a name in lower case with A-labels (RFC 5890, 2.3.2.1) and without a
    /// trailing dot, or an address without brackets.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host as a type of rustls: for SNI, if it is a name (RFC 6066, 3), and for
    /// [`Policy::connect`](crate::Policy) and [`Policy::zone_of`](crate::Policy::zone_of).
    pub fn server_name(&self) -> &ServerName<'static> {
        &self.name
    }

    /// The address, if the host is one. It is never an IPv4-mapped address.
    pub fn address(&self) -> Option<IpAddr> {
        match self.name {
            ServerName::IpAddress(address) => Some(address.into()),
            _ => None,
        }
    }

    /// The host as in URLs and the field `Host`: an IPv6 address in brackets (RFC 3986, 3.2.2).
    pub fn uri_host(&self) -> Cow<'_, str> {
        match self.address() {
            Some(IpAddr::V6(_)) => Cow::Owned(format!("[{}]", self.text)),
            _ => Cow::Borrowed(&self.text),
        }
    }
}

impl FromStr for CanonicalHost {
    type Err = HostError;

    fn from_str(text: &str) -> Result<Self, HostError> {
        Self::parse(text)
    }
}

impl From<&ServerName<'_>> for CanonicalHost {
    fn from(name: &ServerName<'_>) -> Self {
        Self::of(name)
    }
}

impl From<IpAddr> for CanonicalHost {
    fn from(address: IpAddr) -> Self {
        Self::of(&address.into())
    }
}

impl fmt::Display for CanonicalHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for CanonicalHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

/// The canonical text of a name; borrowed if the name is canonical.
pub(crate) fn host_text<'a>(name: &'a ServerName<'_>) -> Cow<'a, str> {
    match name {
        ServerName::DnsName(name) => lower_case(without_dot(name.as_ref())),
        ServerName::IpAddress(address) => {
            Cow::Owned(IpAddr::from(*address).to_canonical().to_string())
        }
        other => Cow::Owned(format!("{other:?}")),
    }
}

/// The canonical form of a name; borrowed if the name is canonical.
pub(crate) fn canonical<'a>(name: &'a ServerName<'_>) -> Cow<'a, ServerName<'a>> {
    match name {
        ServerName::DnsName(dns) => {
            let text = dns.as_ref();
            let canonical = host_text(name);
            if canonical.len() == text.len() && matches!(canonical, Cow::Borrowed(_)) {
                return Cow::Borrowed(name);
            }
            match ServerName::try_from(canonical.into_owned()) {
                Ok(canonical) => Cow::Owned(canonical),
                Err(_) => Cow::Borrowed(name),
            }
        }
        ServerName::IpAddress(address) => Cow::Owned(IpAddr::from(*address).to_canonical().into()),
        _ => Cow::Borrowed(name),
    }
}

/// Reads an IP address; an IPv6 address with or without brackets. An IPv4-mapped address is
/// converted to the IPv4 address in it.
fn address(text: &str) -> Option<IpAddr> {
    let address: IpAddr = match text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
    {
        Some(bare) => IpAddr::V6(bare.parse().ok()?),
        None => text.parse().ok()?,
    };
    Some(address.to_canonical())
}

/// Converts a DNS name to lower case and A-labels, without a trailing dot. The caller has to check
/// that it is well-formed.
pub(crate) fn ascii_name(text: &str) -> Option<Cow<'_, str>> {
    if text.is_ascii() {
        return Some(lower_case(without_dot(text)));
    }
    let ascii = idna::domain_to_ascii(text).ok()?;
    Some(Cow::Owned(without_dot(&ascii).to_owned()))
}

/// Removes the dot of an absolute name. Certificates and SNI never have it (RFC 9525, 2; RFC 6066,
/// 3).
fn without_dot(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

fn lower_case(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}
