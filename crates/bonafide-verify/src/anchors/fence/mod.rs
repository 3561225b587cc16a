//! Fences: the names that an authority may issue certificates for, set by the program.

mod constraints;
mod subtree;

use std::fmt;

use ipnet::IpNet;

pub(super) use self::constraints::Unfenceable;
use self::constraints::fenced;
use self::subtree::{DnsSubtree, read_network};
use crate::config::error::ConfigError;
use crate::text::excerpt;

/// The only DNS names and addresses that the authorities of a source may issue certificates for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Fence {
    dns: Vec<DnsSubtree>,
    networks: Vec<IpNet>,
}

impl Fence {
    /// Reads DNS subtrees and networks.
    pub(super) fn parse(patterns: &[String]) -> Result<Self, ConfigError> {
        let mut fence = Self {
            dns: Vec::new(),
            networks: Vec::new(),
        };
        for pattern in patterns {
            let wrong = |problem| ConfigError::Fence {
                pattern: excerpt(pattern),
                problem,
            };
            match read_network(pattern).map_err(wrong)? {
                Some(network) => fence.networks.push(network),
                None => fence.dns.push(DnsSubtree::read(pattern).map_err(wrong)?),
            }
        }
        if patterns.is_empty() {
            return Err(ConfigError::Fence {
                pattern: String::new(),
                problem: "the list of names is empty, so no certificate would be accepted",
            });
        }
        Ok(fence)
    }

    /// The content of a `NameConstraints` (RFC 5280, 4.2.1.10) that permits what both this fence
    /// and `own` permit.
    pub(super) fn around(&self, own: Option<&[u8]>) -> Result<Vec<u8>, Unfenceable> {
        fenced(self, own)
    }

    /// Its names in the form in which they are compared.
    pub(super) fn names(&self) -> Vec<String> {
        let dns = self.dns.iter().map(DnsSubtree::to_string);
        let networks = self.networks.iter().map(|network| {
            if network.prefix_len() == network.max_prefix_len() {
                network.addr().to_string()
            } else {
                network.to_string()
            }
        });
        dns.chain(networks).collect()
    }
}

/// Prints names as a list: `a, b and c`.
pub(super) struct AndList<'a>(pub(super) &'a [String]);

impl fmt::Display for AndList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.0.iter().enumerate() {
            match index {
                0 => {}
                _ if index + 1 == self.0.len() => f.write_str(" and ")?,
                _ => f.write_str(", ")?,
            }
            f.write_str(name)?;
        }
        Ok(())
    }
}
