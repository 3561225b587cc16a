//! The syntax of host names, mailboxes and URIs in certificates.

use std::net::{Ipv4Addr, Ipv6Addr};

/// RFC 1034, 3.1: labels have at most 63 octets, and a name written with dots has at most 253.
const MAX_LABEL: usize = 63;
const MAX_NAME: usize = 253;

/// Whether `name` is in the preferred name syntax (RFC 1034, 3.5, as extended by RFC 1123, 2.1) and
/// is not an address.
pub(super) fn is_dns_name(name: &[u8]) -> bool {
    name.len() <= MAX_NAME
        && !ends_in_number(name)
        && name.split(|octet| *octet == b'.').all(is_label)
}

/// Whether the last label is a decimal or hexadecimal number: resolvers and browsers read such a
/// name as an IPv4 address.
pub(super) fn ends_in_number(name: &[u8]) -> bool {
    let last = name.rsplit(|octet| *octet == b'.').next();
    last.is_some_and(|last| {
        let hex = last
            .strip_prefix(b"0x")
            .or_else(|| last.strip_prefix(b"0X"));
        last.iter().all(u8::is_ascii_digit)
            || hex.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

/// The name after the `*.`, if `name` is a wildcard.
pub(super) fn under_wildcard(name: &[u8]) -> Option<&[u8]> {
    name.strip_prefix(b"*.")
}

fn is_label(label: &[u8]) -> bool {
    let edge = |octet: Option<&u8>| octet.is_some_and(u8::is_ascii_alphanumeric);
    label.len() <= MAX_LABEL
        && edge(label.first())
        && edge(label.last())
        && label
            .iter()
            .all(|octet| octet.is_ascii_alphanumeric() || *octet == b'-')
}

/// Whether `mailbox` is `local@domain` in ASCII (RFC 5280, 4.2.1.6; RFC 2821, 4.1.2).
pub(super) fn is_mailbox(mailbox: &[u8]) -> bool {
    let mut parts = mailbox.rsplitn(2, |octet| *octet == b'@');
    let (domain, local) = (parts.next(), parts.next());
    let local_is_fine = local.is_some_and(|local| {
        !local.is_empty() && local.iter().all(|octet| octet.is_ascii_graphic())
    });
    local_is_fine && domain.is_some_and(is_dns_name)
}

/// Whether `uri` is absolute: a scheme and something after it (RFC 5280, 4.2.1.6).
pub(super) fn is_absolute_uri(uri: &[u8]) -> bool {
    let mut parts = uri.splitn(2, |octet| *octet == b':');
    let scheme = parts.next().unwrap_or_default();
    let scheme_is_fine = scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && scheme
            .iter()
            .all(|octet| octet.is_ascii_alphanumeric() || b"+-.".contains(octet));
    let rest_is_fine = parts
        .next()
        .is_some_and(|rest| !rest.is_empty() && rest.iter().all(|octet| octet.is_ascii_graphic()));
    scheme_is_fine && rest_is_fine
}

/// The address of 4 or 16 octets, in the text form of RFC 5952.
pub(super) fn address_text(octets: &[u8]) -> Option<String> {
    if let Ok(octets) = <[u8; 4]>::try_from(octets) {
        return Some(Ipv4Addr::from(octets).to_string());
    }
    let octets = <[u8; 16]>::try_from(octets).ok()?;
    Some(Ipv6Addr::from(octets).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_names_are_letters_digits_and_hyphens_in_labels() {
        for good in [
            "a.example",
            "xn--bcher-kva.example",
            "1a.example",
            "localhost",
            "A-b.C",
        ] {
            assert!(is_dns_name(good.as_bytes()), "{good}");
        }
        let long = "a".repeat(64);
        for bad in [
            "",
            ".",
            "a..b",
            "a.",
            ".a",
            "-a.b",
            "a-.b",
            "a_b.c",
            "ä.b",
            "*.a",
            "8.8.8.8",
            "0xC0A80101",
            "a b",
            long.as_str(),
        ] {
            assert!(!is_dns_name(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn mailboxes_have_a_local_part_and_a_host() {
        assert!(is_mailbox(b"a@b.example"));
        assert!(is_mailbox(b"a@c@b.example"));
        for bad in [
            &b"b.example"[..],
            b"@b.example",
            b"a@",
            b"a@b_c",
            "ä@b.c".as_bytes(),
        ] {
            assert!(!is_mailbox(bad), "{bad:?}");
        }
    }

    #[test]
    fn absolute_uris_begin_with_a_scheme() {
        assert!(is_absolute_uri(b"http://a.example/"));
        assert!(is_absolute_uri(b"urn:a"));
        for bad in [
            &b"//a.example/"[..],
            b"/path",
            b"http:",
            b"1a:b",
            b"a b:c",
            b"a:b c",
        ] {
            assert!(!is_absolute_uri(bad), "{bad:?}");
        }
    }
}
