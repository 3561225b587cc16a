//! The form of a host from URL to handshake.
//!
//! A host is canonical, as [`CanonicalHost`] has it (lower case, A-labels, no brackets, an
//! IPv4-mapped address as the IPv4 address in it), with one difference: a name keeps the dot that
//! makes it absolute, which the resolver sees. Connections with and without the dot are kept apart.
//! Zones ignore the dot, and it is neither sent nor compared with a certificate. No other file adds
//! or removes brackets or dots.

use std::borrow::Cow;

use bonafide_tower::shown::quoted;
use bonafide_verify::host::CanonicalHost;
use bonafide_verify::pki_types::ServerName;

use crate::error::{Failure, Kind};

/// The host of a URL in the client's own form.
///
/// # Errors
///
/// [`Kind::Url`] if it is neither a DNS name nor an address.
pub(crate) fn carried(host: url::Host<&str>) -> Result<String, Failure> {
    let (written, dot) = match host {
        url::Host::Ipv4(address) => return Ok(address.to_string()),
        url::Host::Ipv6(address) => return Ok(address.to_canonical().to_string()),
        url::Host::Domain(name) => match name.strip_suffix('.') {
            Some(relative) => (relative, "."),
            None => (name, ""),
        },
    };
    Ok(format!("{}{dot}", canonical(written)?.as_str()))
}

/// A host that a caller has given outside a URL, in any spelling that a URL may have; an IPv6
/// address also without brackets.
///
/// # Errors
///
/// [`Kind::Url`] if it is not a host.
pub(crate) fn read(written: &str) -> Result<CanonicalHost, Failure> {
    if let Ok(host) = CanonicalHost::parse(written) {
        return Ok(host);
    }
    let host = url::Host::parse(written)
        .map_err(|error| Failure::new(Kind::Url, "the host is not valid").caused_by(error))?;
    canonical(&host.to_string())
}

/// `host` in the form that zones, SNI, certificates and given addresses use.
///
/// # Errors
///
/// [`Kind::Url`] if it is neither a DNS name nor an address.
pub(crate) fn canonical(host: &str) -> Result<CanonicalHost, Failure> {
    CanonicalHost::parse(host).map_err(|error| {
        let what = format!("{} is not a valid host name", quoted(host.as_bytes()));
        Failure::new(Kind::Url, what).caused_by(error)
    })
}

/// The name that the server of `host` is verified for.
///
/// # Errors
///
/// Those of [`canonical`].
pub(crate) fn server_name(host: &str) -> Result<ServerName<'static>, Failure> {
    canonical(host).map(|host| host.server_name().clone())
}

/// `host`, an address without brackets or a name, as URLs and `Host` write it (RFC 3986 section
/// 3.2.2).
pub(crate) fn in_url(host: &str) -> Cow<'_, str> {
    if host.contains(':') {
        Cow::Owned(format!("[{host}]"))
    } else {
        Cow::Borrowed(host)
    }
}

#[cfg(test)]
mod tests {
    use bonafide_verify::{Policy, Zone};
    use proptest::prelude::*;

    use super::super::{Endpoint, Parsed, Written};
    use super::*;

    fn host_of(url: &str) -> String {
        let parsed = Parsed::<()>::new(Written::Text(url), |_, _, _| None);
        match parsed
            .unwrap_or_else(|error| panic!("{url}: {error}"))
            .endpoint
        {
            Endpoint::Named(origin) => origin.host.to_string(),
            Endpoint::Known(()) => unreachable!("nothing is known"),
        }
    }

    #[test]
    fn hosts_are_carried_in_one_form_and_absolute_names_keep_their_dot() {
        for (written, host, in_a_url) in [
            ("Example.COM", "example.com", "example.com"),
            ("example.com.", "example.com.", "example.com."),
            (
                "b\u{fc}cher.example",
                "xn--bcher-kva.example",
                "xn--bcher-kva.example",
            ),
            ("ex%61mple.com", "example.com", "example.com"),
            ("127.1", "127.0.0.1", "127.0.0.1"),
            ("0x7f.1.", "127.0.0.1", "127.0.0.1"),
            ("2130706433", "127.0.0.1", "127.0.0.1"),
            ("[::ffff:127.0.0.1]", "127.0.0.1", "127.0.0.1"),
            ("[0:0:0:0:0:FFFF:7f00:1]", "127.0.0.1", "127.0.0.1"),
            ("[2001:DB8:0::1]", "2001:db8::1", "[2001:db8::1]"),
            ("[::127.0.0.1]", "::7f00:1", "[::7f00:1]"),
        ] {
            let carried = host_of(&format!("https://{written}/"));
            assert_eq!(carried, host, "{written}");
            assert_eq!(in_url(&carried), in_a_url, "{written}");
        }
    }

    #[test]
    fn what_is_given_apart_from_a_url_is_read_as_a_url_reads_it() {
        for written in ["127.1", "[::ffff:127.0.0.1]", "::ffff:7f00:1", "127.0.0.1"] {
            let host = read(written).expect(written);
            assert_eq!(host.as_str(), "127.0.0.1", "{written}");
        }
        let failure = read("a..b").expect_err("an empty label");
        assert_eq!(
            (failure.kind, failure.to_string()),
            (
                Kind::Url,
                "\"a..b\" is not a valid host name: not a valid DNS name or IP address".to_owned()
            )
        );
    }

    /// One of `HOSTS`, in a spelling that a URL parser takes for the same host.
    fn spelling() -> impl Strategy<Value = (usize, String)> {
        let address = any::<(u8, bool)>().prop_map(|(form, upper)| {
            let text = match form % 9 {
                0 => "127.0.0.2",
                1 => "127.2",
                2 => "0x7f000002",
                3 => "2130706434",
                4 => "0177.0.0x0.2",
                5 => "127.0.0.2.",
                6 => "[::ffff:127.0.0.2]",
                7 => "[::FFFF:7f00:2]",
                _ => "[0:0:0:0:0:ffff:7f00:0002]",
            };
            (
                0,
                if upper {
                    text.to_uppercase()
                } else {
                    text.to_owned()
                },
            )
        });
        let six = any::<(u8, bool)>().prop_map(|(form, upper)| {
            let text = match form % 4 {
                0 => "[2001:db8::5]",
                1 => "[2001:db8:0:0::5]",
                2 => "[2001:0db8:0000::0005]",
                _ => "[2001:db8::0.0.0.5]",
            };
            (
                1,
                if upper {
                    text.to_uppercase()
                } else {
                    text.to_owned()
                },
            )
        });
        let name = (
            prop::sample::select(vec![
                "b\u{fc}cher.example",
                "xn--bcher-kva.example",
                "B\u{dc}CHER.EXAMPLE",
            ]),
            any::<(bool, bool)>(),
            prop::sample::select(vec![".", "\u{3002}", "\u{ff0e}", "%2E"]),
            any::<u16>(),
        )
            .prop_map(|(name, (dot, encoded), separator, cases)| {
                let mut text = String::new();
                for (index, letter) in name.chars().enumerate() {
                    let upper = cases >> (index % 16) & 1 == 1;
                    match letter {
                        '.' => text.push_str(separator),
                        'e' if encoded => text.push_str("%65"),
                        letter if upper => text.extend(letter.to_uppercase()),
                        letter => text.push(letter),
                    }
                }
                if dot {
                    text.push('.');
                }
                (2, text)
            });
        prop_oneof![address, six, name]
    }

    const HOSTS: [&str; 3] = ["127.0.0.2", "2001:db8::5", "b\u{fc}cher.example"];

    proptest! {
        #[test]
        fn no_spelling_reaches_a_host_under_another_zone((index, written) in spelling()) {
            let policy = HOSTS
                .iter()
                .fold(Policy::builder(), |policy, host| policy.zone(Zone::for_host(*host)))
                .closed()
                .build()
                .expect("a policy");
            let canonical = read(HOSTS[index]).expect("a host");
            let zone = policy.zone_of(canonical.server_name()).expect("its zone").id();
            for scheme in ["https", "http", "HTTPS"] {
                let carried = host_of(&format!("{scheme}://{written}:8443/"));
                let name = server_name(&carried).expect("a host");
                prop_assert_eq!(&name, canonical.server_name(), "{}", &written);
                let found = policy.zone_of(&name).expect("its zone");
                prop_assert_eq!(found.id(), zone, "{}", &written);
                prop_assert_eq!(carried.strip_suffix('.').unwrap_or(&carried), canonical.as_str());
            }
        }

        #[test]
        fn a_carried_host_stays_what_it_is(written in "\\PC{1,20}") {
            let url = format!("https://{written}/");
            let parsed = Parsed::<()>::new(Written::Text(&url), |_, _, _| None);
            if let Ok(Parsed { endpoint: Endpoint::Named(origin), .. }) = parsed
                && let Ok(name) = canonical(&origin.host)
            {
                let again = host_of(&format!("https://{}/", in_url(&origin.host)));
                prop_assert_eq!(&*again, &*origin.host);
                prop_assert_eq!(server_name(&again).expect("a host"), name.server_name().clone());
            }
        }
    }
}
