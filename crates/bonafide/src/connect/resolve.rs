//! From a host name to addresses.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};

use bonafide_tower::shown::quoted;
use bonafide_verify::host::CanonicalHost;

use crate::error::{Failure, Kind, Phase};
use crate::origin::read_host;

/// Looks names up: first in the addresses that the builder was given, then with the system's
/// resolver.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resolver {
    overrides: HashMap<CanonicalHost, Vec<SocketAddr>>,
}

impl Resolver {
    /// Sets the addresses of `host`, in any spelling that a URL may have; an IPv6 address also
    /// without brackets.
    ///
    /// # Errors
    ///
    /// [`Kind::Config`] if it is not a host.
    pub(crate) fn set(&mut self, host: &str, addresses: Vec<SocketAddr>) -> Result<(), Failure> {
        let key = read_host(host).map_err(|failure| {
            Failure::new(
                Kind::Config,
                format!(
                    "addresses are given for {}, which is not a host",
                    quoted(host.as_bytes())
                ),
            )
            .caused_by(failure)
        })?;
        self.overrides.insert(key, addresses);
        Ok(())
    }

    /// The addresses of `host`, as URLs are read, with their ports, if they need no lookup.
    ///
    /// The port of a given address is used where the URL has the scheme's `default_port`.
    pub(crate) fn known(
        &self,
        host: &str,
        port: u16,
        default_port: u16,
    ) -> Option<Vec<SocketAddr>> {
        if let Some(addresses) = self.given(host) {
            let addresses = addresses.iter().map(|&(mut address)| {
                if address.port() == 0 || port != default_port {
                    // Keeps the scope id of an IPv6 address.
                    address.set_port(port);
                }
                address
            });
            return Some(addresses.collect());
        }
        let address = host.parse::<IpAddr>().ok()?;
        Some(vec![SocketAddr::new(address, port)])
    }

    fn given(&self, host: &str) -> Option<&Vec<SocketAddr>> {
        if self.overrides.is_empty() {
            return None;
        }
        self.overrides.get(&CanonicalHost::parse(host).ok()?)
    }
}

/// Looks `host` up, with the system's resolver.
///
/// # Errors
///
/// [`Kind::Resolve`] if the lookup fails, or finds nothing.
pub(super) async fn look_up(host: &str, port: u16) -> Result<Vec<SocketAddr>, Failure> {
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
    Ok(addresses)
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddrV6;

    use super::*;
    use crate::origin::{Endpoint, Parsed, Written};

    #[test]
    fn given_addresses_and_literals_need_no_lookup() {
        let mut resolver = Resolver::default();
        let addresses = vec![([192, 0, 2, 1], 0).into(), ([192, 0, 2, 2], 8443).into()];
        resolver.set("Shop.Example", addresses).expect("a host");
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
            assert_eq!(
                resolver.known(host, port, 443).expect(host),
                expected
                    .iter()
                    .map(|address| address.parse().expect("an address"))
                    .collect::<Vec<SocketAddr>>(),
                "{host}:{port}"
            );
        }
        assert_eq!(resolver.known("other.example", 443, 443), None);
    }

    #[test]
    fn addresses_may_be_given_for_a_host_in_any_spelling() {
        let address = SocketAddr::from(([192, 0, 2, 1], 4433));
        // as written for the resolver, as it arrives from a URL
        for (written, url) in [
            ("B\u{fc}cher.Example.", "https://b\u{fc}cher.example/"),
            ("xn--bcher-kva.example", "https://b\u{fc}cher.example./"),
            (
                "b\u{fc}cher\u{3002}example",
                "https://xn--bcher-kva.example/",
            ),
            ("[2001:DB8::0:1]", "https://[2001:db8:0::1]/"),
            ("2001:DB8::0:1", "https://[2001:db8:0::1]/"),
            ("::ffff:192.0.2.7", "https://[::ffff:192.0.2.7]/"),
            ("::ffff:192.0.2.7", "https://192.0.2.7/"),
            ("192.0.2.7", "https://[::ffff:c000:207]/"),
            ("127.1", "https://127.0.0.1/"),
        ] {
            let mut resolver = Resolver::default();
            resolver.set(written, vec![address]).expect(written);
            let parsed = Parsed::<()>::new(Written::Text(url), |_, _, _| None).expect("a URL");
            let Endpoint::Named(origin) = parsed.endpoint else {
                unreachable!("nothing is known")
            };
            let known = resolver.known(&origin.host, 443, 443);
            assert_eq!(known, Some(vec![address]), "{written}");
        }
    }

    #[test]
    fn addresses_are_given_for_hosts_only() {
        for written in [
            "",
            ".",
            "shop.example:443",
            "https://shop.example",
            "shop.example/",
            "[shop.example]",
            "a b",
            "a_b..example",
            "fe80::1%eth0",
        ] {
            let failure = Resolver::default()
                .set(written, Vec::new())
                .expect_err(written);
            assert_eq!(failure.kind, Kind::Config, "{written}");
            let text = failure.to_string();
            let start = format!("addresses are given for {written:?}, which is not a host: ");
            assert!(text.starts_with(&start), "{text}");
        }
        let failure = Resolver::default()
            .set("us:s3cret@shop.example", Vec::new())
            .expect_err("a host has no password");
        assert_eq!(
            failure.to_string(),
            "addresses are given for \"REDACTED@shop.example\", which is not a host: the host is not \
             valid: invalid international domain name"
        );
    }

    #[test]
    fn the_scope_of_a_given_address_is_kept_whatever_the_port() {
        for (given, port) in [(0, 443), (0, 8443), (4433, 443), (4433, 8443)] {
            let scoped = SocketAddrV6::new("fe80::1".parse().expect("an address"), given, 7, 3);
            let mut resolver = Resolver::default();
            resolver
                .set("device.example", vec![scoped.into()])
                .expect("a host");
            let known = resolver.known("device.example", port, 443);
            let mut expected = scoped;
            expected.set_port(if given != 0 && port == 443 {
                given
            } else {
                port
            });
            assert_eq!(known, Some(vec![SocketAddr::V6(expected)]));
        }
    }

    #[tokio::test]
    async fn a_name_without_an_address_says_so() {
        let failure = look_up("no-such-host.invalid", 443)
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
