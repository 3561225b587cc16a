//! From a host name to addresses.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};

use crate::error::{Failure, Kind, Phase};

/// Looks names up: first in the addresses that the builder was given, then with the system's resolver.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resolver {
    overrides: HashMap<String, Vec<SocketAddr>>,
}

/// Where to connect to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Resolved {
    pub(crate) addresses: Vec<SocketAddr>,
    /// Whether a lookup took place.
    pub(crate) looked_up: bool,
}

impl Resolver {
    /// Answers for `host` from now on.
    pub(crate) fn set(&mut self, host: &str, addresses: Vec<SocketAddr>) {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        self.overrides.insert(host, addresses);
    }

    /// The addresses of `host`, a name or an address without brackets, with their ports.
    ///
    /// The port of a given address counts where the URL has the scheme's `default_port`.
    pub(crate) async fn resolve(
        &self,
        host: &str,
        port: u16,
        default_port: u16,
    ) -> Result<Resolved, Failure> {
        if let Some(addresses) = self.given(host) {
            let addresses = addresses
                .iter()
                .map(|address| {
                    let own = address.port() != 0 && port == default_port;
                    SocketAddr::new(address.ip(), if own { address.port() } else { port })
                })
                .collect();
            return Ok(Resolved {
                addresses,
                looked_up: false,
            });
        }
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(Resolved {
                addresses: vec![SocketAddr::new(address, port)],
                looked_up: false,
            });
        }
        let failed = |error: io::Error| {
            Failure::new(Kind::Resolve, format!("could not resolve {host:?}"))
                .during(Phase::Resolve)
                .caused_by(error)
                .retryable()
        };
        let addresses: Vec<_> = tokio::net::lookup_host((host, port))
            .await
            .map_err(failed)?
            .collect();
        if addresses.is_empty() {
            return Err(failed(io::Error::new(
                io::ErrorKind::NotFound,
                "the name has no address",
            )));
        }
        Ok(Resolved {
            addresses,
            looked_up: true,
        })
    }

    fn given(&self, host: &str) -> Option<&Vec<SocketAddr>> {
        if self.overrides.is_empty() {
            return None;
        }
        self.overrides.get(host.trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn given_addresses_and_literals_need_no_lookup() {
        let mut resolver = Resolver::default();
        resolver.set(
            "Shop.Example",
            vec![([192, 0, 2, 1], 0).into(), ([192, 0, 2, 2], 8443).into()],
        );
        for (host, port, expected) in [
            ("shop.example", 443, vec!["192.0.2.1:443", "192.0.2.2:8443"]),
            (
                "shop.example.",
                443,
                vec!["192.0.2.1:443", "192.0.2.2:8443"],
            ),
            (
                "shop.example",
                4444,
                vec!["192.0.2.1:4444", "192.0.2.2:4444"],
            ),
            ("127.0.0.1", 443, vec!["127.0.0.1:443"]),
            ("::1", 443, vec!["[::1]:443"]),
        ] {
            let resolved = resolver.resolve(host, port, 443).await.expect(host);
            assert_eq!(
                resolved.addresses,
                expected
                    .iter()
                    .map(|address| address.parse().expect("an address"))
                    .collect::<Vec<SocketAddr>>(),
                "{host}:{port}"
            );
            assert!(!resolved.looked_up);
        }
    }

    #[tokio::test]
    async fn a_name_without_an_address_says_so() {
        let failure = Resolver::default()
            .resolve("no-such-host.invalid", 443, 443)
            .await
            .expect_err("RFC 6761 section 6.4: .invalid does not exist");
        assert_eq!(
            (failure.kind, failure.phase),
            (Kind::Resolve, Some(Phase::Resolve))
        );
        let text = failure.to_string();
        assert!(
            text.starts_with("could not resolve \"no-such-host.invalid\": "),
            "{text}"
        );
    }
}
