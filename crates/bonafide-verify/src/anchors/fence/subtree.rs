//! One DNS subtree or network: reading it, and what two of them have in common.

use std::fmt;

use ipnet::{IpNet, Ipv4Net};

use crate::host::name::CanonicalHost;
use crate::host::pattern::canonical_name;

/// A `dNSName` constraint (RFC 5280, 4.2.1.10): a name and everything below it, or everything below
/// it alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct DnsSubtree {
    /// In lower case and Punycode; empty is the root of all names.
    name: String,
    below_only: bool,
}

impl DnsSubtree {
    /// Reads a host name that the program gave. With a leading dot, only the names below it.
    pub(super) fn read(text: &str) -> Result<Self, &'static str> {
        if text.contains('*') {
            return Err("wildcards are not allowed: a name covers all names below it");
        }
        let (name, below_only) = split_dot(text);
        let name = canonical_name(name)
            .ok_or("not a host name, an IP address or a network such as 10.0.0.0/8")?;
        Ok(Self { name, below_only })
    }

    /// Reads a constraint of a certificate; `None` if rustls-webpki would reject it.
    pub(super) fn from_constraint(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?.to_ascii_lowercase();
        let (name, below_only) = split_dot(&text);
        let labels_are_well_formed = name.split('.').all(|label| {
            !label.is_empty()
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        });
        let everything = name.is_empty() && !below_only;
        (everything || labels_are_well_formed).then(|| Self {
            name: name.to_owned(),
            below_only,
        })
    }

    /// The names that both cover: one subtree or nothing. Two subtrees either are nested or have no
    /// name in common.
    pub(super) fn intersection(&self, other: &Self) -> Option<Self> {
        if self.name == other.name {
            let below_only = self.below_only || other.below_only;
            let name = self.name.clone();
            return Some(Self { name, below_only });
        }
        match (self.is_above(other), other.is_above(self)) {
            (true, _) => Some(other.clone()),
            (_, true) => Some(self.clone()),
            _ => None,
        }
    }

    fn is_above(&self, other: &Self) -> bool {
        self.name.is_empty()
            || other
                .name
                .strip_suffix(self.name.as_str())
                .is_some_and(|labels| labels.ends_with('.'))
    }
}

/// As a `dNSName` constraint is written.
impl fmt::Display for DnsSubtree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dot = if self.below_only { "." } else { "" };
        write!(f, "{dot}{}", self.name)
    }
}

fn split_dot(text: &str) -> (&str, bool) {
    match text.strip_prefix('.') {
        Some(name) => (name, true),
        None => (text, false),
    }
}

/// Reads an address or a network, if it is written as one.
pub(super) fn read_network(text: &str) -> Result<Option<IpNet>, &'static str> {
    let host = CanonicalHost::parse(text).ok();
    if let Some(address) = host.and_then(|host| host.address()) {
        return Ok(Some(IpNet::from(address)));
    }
    if !text.contains('/') {
        return Ok(None);
    }
    let network: IpNet = text
        .parse()
        .map_err(|_| "not a network such as 10.0.0.0/8")?;
    if network.trunc() != network {
        return Err("the address has bits set after the prefix");
    }
    Ok(Some(canonical_network(network)))
}

/// Turns a network of IPv4-mapped addresses (RFC 4291, 2.5.5.2) into its IPv4 network.
fn canonical_network(network: IpNet) -> IpNet {
    const MAPPED_PREFIX_LEN: u8 = 96;
    let mapped = match network {
        IpNet::V6(network) => network
            .addr()
            .to_ipv4_mapped()
            .zip(network.prefix_len().checked_sub(MAPPED_PREFIX_LEN)),
        IpNet::V4(_) => None,
    };
    match mapped.map(|(address, prefix_len)| Ipv4Net::new(address, prefix_len)) {
        Some(Ok(network)) => network.into(),
        _ => network,
    }
}

/// What both cover: the smaller one if they are nested, else nothing.
pub(super) fn common_network(one: &IpNet, other: &IpNet) -> Option<IpNet> {
    if one.contains(other) {
        Some(*other)
    } else if other.contains(one) {
        Some(*one)
    } else {
        None
    }
}
