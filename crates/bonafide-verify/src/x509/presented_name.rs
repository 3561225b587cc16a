//! A subject alternative name with its kind.

use std::fmt;
use std::net::IpAddr;

/// A subject alternative name of a certificate (RFC 5280, 4.2.1.6).
///
/// `Display` prints the name, with its kind if the name is ambiguous: `the DNS name 192.0.2.7`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PresentedName {
    /// A `dNSName`.
    Dns(String),
    /// An `iPAddress`.
    Address(String),
    /// A `uniformResourceIdentifier`. It matches no server.
    Uri(String),
    /// A name of another kind. It matches no server.
    Other(String),
}

impl PresentedName {
    /// A name as rustls-webpki prints it, for example `DnsName("a.example")`.
    pub(crate) fn of(printed: &str) -> Self {
        let bare = |kind: &str| {
            let content = printed.strip_prefix(kind)?.strip_prefix('(')?;
            let content = content.strip_suffix(')')?;
            Some(content.trim_matches('"').to_owned())
        };
        bare("DnsName")
            .map(Self::Dns)
            .or_else(|| bare("IpAddress").map(Self::Address))
            .or_else(|| bare("UniformResourceIdentifier").map(Self::Uri))
            .unwrap_or_else(|| Self::Other(printed.to_owned()))
    }

    /// The name without its kind.
    pub fn text(&self) -> &str {
        match self {
            Self::Dns(text) | Self::Address(text) | Self::Uri(text) | Self::Other(text) => text,
        }
    }

    /// The address that a `dNSName` looks like. Clients compare addresses with names of the kind
    /// `iPAddress` only (RFC 9525, 6.5).
    pub(crate) fn address_as_dns(&self) -> Option<IpAddr> {
        match self {
            Self::Dns(text) => text.trim_matches(['[', ']']).parse().ok(),
            Self::Address(_) | Self::Uri(_) | Self::Other(_) => None,
        }
    }
}

impl fmt::Display for PresentedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Dns(_) if self.address_as_dns().is_some() => "the DNS name ",
            Self::Uri(_) => "the URI ",
            Self::Dns(_) | Self::Address(_) | Self::Other(_) => "",
        };
        write!(f, "{kind}{}", self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_kept_and_shown_where_another_could_be_meant() {
        // as webpki prints it, the name, as it is shown
        let dns = |text: &str| PresentedName::Dns(text.to_owned());
        let table = [
            ("DnsName(\"a.test\")", dns("a.test"), "a.test"),
            (
                "DnsName(\"192.0.2.7\")",
                dns("192.0.2.7"),
                "the DNS name 192.0.2.7",
            ),
            ("DnsName(\"[::1]\")", dns("[::1]"), "the DNS name [::1]"),
            (
                "IpAddress(192.0.2.7)",
                PresentedName::Address("192.0.2.7".to_owned()),
                "192.0.2.7",
            ),
            (
                "UniformResourceIdentifier(\"spiffe://a.test/b\")",
                PresentedName::Uri("spiffe://a.test/b".to_owned()),
                "the URI spiffe://a.test/b",
            ),
            (
                "DirectoryName",
                PresentedName::Other("DirectoryName".to_owned()),
                "DirectoryName",
            ),
        ];
        for (printed, name, shown) in table {
            assert_eq!(PresentedName::of(printed), name);
            assert_eq!(name.to_string(), shown);
        }
    }
}
