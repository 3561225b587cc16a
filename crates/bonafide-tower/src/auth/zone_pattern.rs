//! The hosts that a credential of a zone is sent to.

use std::fmt;
use std::str::FromStr;

use psl::Type;
use url::Host;

use super::CredentialError;
use crate::site::suffix_type;

/// The hosts of a zone, as `bonafide_verify::host::HostPattern` writes them.
///
/// | pattern | covers |
/// |---|---|
/// | `api.example.com` | that host |
/// | `*.example.com` | one label under it: `a.example.com`, neither `a.b.example.com` nor `example.com` |
/// | `**.example.com` | it and everything under it |
/// | `192.0.2.1`, `[2001:db8::1]` | that address |
///
/// A pattern that covers a whole public suffix (`*.com`, `**.co.uk`), as the public suffix list has
/// them, is refused. Case, the spelling of a host and a trailing dot make no difference.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ZonePattern {
    scope: Scope,
    /// Canonical; without a dot at its end.
    host: Box<str>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Scope {
    Subtree,
    OneLabel,
    Exact,
}

impl ZonePattern {
    /// Whether `host`, in the form of [`Origin::host`](crate::origin::Origin::host), is one of the
    /// pattern's.
    pub fn covers(&self, host: &str) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host);
        let below = || {
            let labels = host.strip_suffix(&*self.host)?.strip_suffix('.')?;
            (!labels.is_empty()).then_some(labels)
        };
        match self.scope {
            Scope::Exact => host == &*self.host,
            Scope::OneLabel => below().is_some_and(|labels| !labels.contains('.')),
            Scope::Subtree => host == &*self.host || below().is_some(),
        }
    }

    /// Whether a policy names its zone by this pattern. It writes IPv6 addresses without brackets.
    pub(super) fn is_named(&self, zone: &str) -> bool {
        let host = match self.scope {
            Scope::Exact => Some(zone),
            Scope::OneLabel => zone.strip_prefix("*."),
            Scope::Subtree => zone.strip_prefix("**."),
        };
        let own = self.host.strip_prefix('[');
        let own = own.and_then(|host| host.strip_suffix(']'));
        host == Some(own.unwrap_or(&self.host))
    }

    /// Orders patterns that cover the same host, the narrowest last.
    pub(super) fn narrowness(&self) -> impl Ord + use<> {
        (self.scope == Scope::Exact, self.host.len(), self.scope)
    }
}

impl FromStr for ZonePattern {
    type Err = CredentialError;

    fn from_str(text: &str) -> Result<Self, CredentialError> {
        let (scope, name) = match (text.strip_prefix("**."), text.strip_prefix("*.")) {
            (Some(name), _) => (Scope::Subtree, name),
            (None, Some(name)) => (Scope::OneLabel, name),
            (None, None) => (Scope::Exact, text),
        };
        let host = match Host::parse(name) {
            Ok(Host::Domain(name)) => name.strip_suffix('.').unwrap_or(&name).to_owned(),
            Ok(Host::Ipv4(address)) if scope == Scope::Exact => address.to_string(),
            Ok(Host::Ipv6(address)) if scope == Scope::Exact => match address.to_ipv4_mapped() {
                Some(mapped) => mapped.to_string(),
                None => format!("[{address}]"),
            },
            Ok(_) | Err(_) => return Err(CredentialError::NotAZone),
        };
        if host.is_empty()
            || host
                .split('.')
                .any(|label| label.is_empty() || label == "*")
        {
            return Err(CredentialError::NotAZone);
        }
        if covers_public_suffix(&host, scope) {
            return Err(CredentialError::PublicSuffix);
        }
        Ok(Self {
            scope,
            host: host.into(),
        })
    }
}

/// A private suffix, such as `github.io`, is a host too.
fn covers_public_suffix(host: &str, scope: Scope) -> bool {
    match suffix_type(host) {
        Some(Type::Icann) => true,
        Some(Type::Private) => scope != Scope::Exact,
        None => false,
    }
}

impl fmt::Display for ZonePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scope, host } = self;
        match scope {
            Scope::Exact => f.write_str(host),
            Scope::OneLabel => write!(f, "*.{host}"),
            Scope::Subtree => write!(f, "**.{host}"),
        }
    }
}

impl fmt::Debug for ZonePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pattern_covers_its_hosts_and_no_others() {
        for (pattern, host, expected) in [
            ("api.example.com", "api.example.com", true),
            ("API.example.com.", "api.example.com.", true),
            ("api.example.com", "x.api.example.com", false),
            ("*.example.com", "a.example.com", true),
            ("*.example.com", "a.b.example.com", false),
            ("*.example.com", "example.com", false),
            ("*.example.com", "aexample.com", false),
            ("**.example.com", "example.com", true),
            ("**.example.com", "a.b.example.com", true),
            ("**.example.com", ".example.com", false),
            ("**.example.com", "aexample.com", false),
            ("**.example.com", "example.com.evil", false),
            ("**.b\u{fc}cher.example", "a.xn--bcher-kva.example", true),
            ("192.0.2.1", "192.0.2.1", true),
            ("[2001:db8::1]", "[2001:db8::1]", true),
        ] {
            let parsed: ZonePattern = pattern.parse().expect(pattern);
            assert_eq!(parsed.covers(host), expected, "{pattern} {host}");
        }
    }

    #[test]
    fn a_pattern_that_is_no_host_or_covers_a_public_suffix_is_refused() {
        for (pattern, error) in [
            ("", CredentialError::NotAZone),
            (".", CredentialError::NotAZone),
            ("*", CredentialError::NotAZone),
            ("*.*.example.com", CredentialError::NotAZone),
            ("a..example.com", CredentialError::NotAZone),
            ("https://example.com", CredentialError::NotAZone),
            ("example.com:443", CredentialError::NotAZone),
            ("*.192.0.2.1", CredentialError::NotAZone),
            ("*.com", CredentialError::PublicSuffix),
            ("**.co.uk", CredentialError::PublicSuffix),
            ("com", CredentialError::PublicSuffix),
            ("**.github.io", CredentialError::PublicSuffix),
        ] {
            let got = pattern.parse::<ZonePattern>().expect_err(pattern);
            assert_eq!(got, error, "{pattern}");
        }
    }
}
