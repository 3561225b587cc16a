//! Host patterns, canonical before they can be stored.

use std::fmt;
use std::str::FromStr;

use psl::Type;

use crate::host::name::{self, CanonicalHost};
use crate::host::suffix::suffix_type;
use crate::text::excerpt;

/// The hosts to which a zone or a set of pins applies.
///
/// | pattern | matches |
/// |---|---|
/// | `api.example.com` | that host |
/// | `*.example.com` | one label below it: `a.example.com`, but neither `a.b.example.com` nor `example.com` |
/// | `**.example.com` | the name and all names below it |
/// | `192.0.2.1`, `[2001:db8::1]`, `2001:db8::1` | that address |
///
/// A pattern is stored in the form of a [`CanonicalHost`]: lower case, A-labels, no trailing dot,
/// an IPv4-mapped address as the IPv4 address in it. A pattern that covers a whole public suffix of
/// the public suffix list (`*.com`, `**.co.uk`, `com`) is refused.
///
/// ```
/// use bonafide_verify::host::HostPattern;
///
/// let pattern: HostPattern = "**.Example.COM".parse()?;
/// assert!(pattern.matches("a.b.example.com") && pattern.matches("example.com"));
/// assert!("*.co.uk".parse::<HostPattern>().is_err());
/// # Ok::<(), bonafide_verify::host::PatternError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostPattern {
    scope: Scope,
    host: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Scope {
    Exact,
    OneLabel,
    Subtree,
}

/// A host pattern cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// It is not a host name, with or without a leading `*.` or `**.`, or an IP address.
    #[error(
        "`{pattern}` is not a valid host pattern: write a host's name, without scheme, port and \
         path, or `*.` or `**.` before it"
    )]
    Malformed {
        /// The text; only its length if it may be a secret.
        pattern: String,
    },
    /// It covers a public suffix, under which hosts belong to different owners.
    #[error("`{pattern}` covers the public suffix `{suffix}`")]
    PublicSuffix {
        /// The text; only its length if it may be a secret.
        pattern: String,
        /// The suffix.
        suffix: String,
    },
}

impl HostPattern {
    /// Whether the pattern is one exact host.
    pub fn is_exact(&self) -> bool {
        self.scope == Scope::Exact
    }

    /// Whether the pattern matches `host`, in any spelling that [`CanonicalHost`] accepts. A text
    /// that is not a host does not match.
    pub fn matches(&self, host: &str) -> bool {
        CanonicalHost::parse(host).is_ok_and(|host| self.covers(host.as_str()))
    }

    /// Whether the pattern matches `host`, which is canonical.
    pub(crate) fn covers(&self, host: &str) -> bool {
        let below = || {
            host.strip_suffix(self.host.as_str())
                .and_then(|rest| rest.strip_suffix('.'))
        };
        match self.scope {
            Scope::Exact => host == self.host,
            Scope::OneLabel => {
                below().is_some_and(|label| !label.is_empty() && !label.contains('.'))
            }
            Scope::Subtree => host == self.host || below().is_some_and(|labels| !labels.is_empty()),
        }
    }

    /// Whether some host could match both patterns.
    pub fn overlaps(&self, other: &Self) -> bool {
        let covers = |wide: &Self, narrow: &Self| match (wide.scope, narrow.scope) {
            (_, Scope::Exact) => wide.covers(&narrow.host),
            (Scope::Exact, _) => false,
            (Scope::OneLabel, Scope::OneLabel) => wide.host == narrow.host,
            // The top of the subtree is one label below.
            (Scope::OneLabel, Scope::Subtree) => {
                wide.host == narrow.host || wide.covers(&narrow.host)
            }
            (Scope::Subtree, _) => wide.covers(&narrow.host),
        };
        covers(self, other) || covers(other, self)
    }

    /// Orders patterns that match the same host: the longest name first, and for one name the
    /// narrowest scope.
    pub(crate) fn precedence(&self) -> impl Ord + use<> {
        let narrowness = match self.scope {
            Scope::Exact => 2,
            Scope::OneLabel => 1,
            Scope::Subtree => 0,
        };
        (self.is_exact(), self.host.len(), narrowness)
    }

    /// The host of an exact pattern, or the name after the wildcard.
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl FromStr for HostPattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let (scope, name) = match (text.strip_prefix("**."), text.strip_prefix("*.")) {
            (Some(name), _) => (Scope::Subtree, name),
            (None, Some(name)) => (Scope::OneLabel, name),
            (None, None) => (Scope::Exact, text),
        };
        let malformed = || PatternError::Malformed {
            pattern: excerpt(text),
        };
        if let Ok(host) = CanonicalHost::parse(name)
            && host.address().is_some()
        {
            return match scope {
                Scope::Exact => Ok(Self {
                    scope,
                    host: host.to_string(),
                }),
                _ => Err(malformed()),
            };
        }
        let host = canonical_name(name).ok_or_else(malformed)?;
        if let Some(suffix) = public_suffix(&host, scope) {
            return Err(PatternError::PublicSuffix {
                pattern: excerpt(text),
                suffix,
            });
        }
        Ok(Self { scope, host })
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wildcard = match self.scope {
            Scope::Exact => "",
            Scope::OneLabel => "*.",
            Scope::Subtree => "**.",
        };
        write!(f, "{wildcard}{}", self.host)
    }
}

impl fmt::Debug for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The host name in lower case and Punycode, without a trailing dot; `None` if it is not one.
pub(crate) fn canonical_name(name: &str) -> Option<String> {
    let ascii = name::ascii_name(name)?;
    let well_formed = !ascii.is_empty()
        && !ends_in_a_number(&ascii)
        && ascii.len() <= 253
        && ascii.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        });
    // A label that begins with `xn--` and is not an A-label is a mistake: no URL can contain it.
    (well_formed && idna::domain_to_ascii(&ascii).is_ok()).then(|| ascii.into_owned())
}

/// Whether a URL parser reads the name as an IPv4 address, in one of its short forms (URL Standard,
/// 3.5, "ends in a number"). A pattern with such a name would never match.
fn ends_in_a_number(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    let hex = last
        .strip_prefix("0x")
        .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    hex || last.bytes().all(|byte| byte.is_ascii_digit())
}

/// The public suffix that the pattern would cover, if any.
///
/// An exact host may be a private suffix (`github.io` serves pages); a wildcard over one is
/// refused. Names under a top-level domain that the list does not contain (`corp`, `internal`) are
/// allowed.
fn public_suffix(host: &str, scope: Scope) -> Option<String> {
    let covered = match suffix_type(host)? {
        Type::Icann => true,
        Type::Private => scope != Scope::Exact,
    };
    covered.then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> HostPattern {
        text.parse().unwrap()
    }

    #[test]
    fn each_scope_matches_its_hosts_and_no_others() {
        // pattern, host, whether it matches
        for (text, host, expected) in [
            ("api.example.com", "api.example.com", true),
            ("api.example.com", "x.api.example.com", false),
            ("*.example.com", "a.example.com", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", "a.b.example.com", false),
            ("*.example.com", "aexample.com", false),
            ("*.example.com", ".example.com", false),
            ("**.example.com", "example.com", true),
            ("**.example.com", "a.b.example.com", true),
            ("**.example.com", "badexample.com", false),
            ("192.0.2.1", "192.0.2.1", true),
            ("[2001:DB8::1]", "2001:db8::1", true),
        ] {
            assert_eq!(pattern(text).matches(host), expected, "{text} and {host}");
        }
    }

    #[test]
    fn patterns_overlap_where_a_host_matches_both() {
        for (one, other, expected) in [
            ("a.example.com", "a.example.com", true),
            ("a.example.com", "b.example.com", false),
            ("a.example.com", "*.example.com", true),
            ("a.b.example.com", "*.example.com", false),
            ("a.b.example.com", "**.example.com", true),
            ("*.example.com", "*.example.com", true),
            ("*.example.com", "*.b.example.com", false),
            ("*.example.com", "**.b.example.com", true),
            ("*.example.com", "**.a.b.example.com", false),
            ("*.b.example.com", "**.example.com", true),
            ("**.b.example.com", "**.example.com", true),
            ("**.a.example.com", "**.b.example.com", false),
            ("*.example.com", "**.example.com", true),
            ("192.0.2.1", "**.example.com", false),
        ] {
            let (one, other) = (pattern(one), pattern(other));
            assert_eq!(one.overlaps(&other), expected, "{one} and {other}");
            assert_eq!(other.overlaps(&one), expected, "{other} and {one}");
        }
    }

    #[test]
    fn patterns_are_canonical_before_they_are_stored() {
        for (text, canonical) in [
            ("API.Example.com.", "api.example.com"),
            ("*.BÜCHER.example", "*.xn--bcher-kva.example"),
            ("[2001:DB8:0:0::1]", "2001:db8::1"),
            ("localhost", "localhost"),
            ("**.corp", "**.corp"),
        ] {
            assert_eq!(pattern(text).to_string(), canonical);
        }
    }

    #[test]
    fn a_pattern_over_a_public_suffix_is_refused() {
        for (text, suffix) in [
            ("com", "com"),
            ("*.com", "com"),
            ("**.co.uk", "co.uk"),
            ("*.github.io", "github.io"),
        ] {
            let expected = PatternError::PublicSuffix {
                pattern: excerpt(text),
                suffix: suffix.to_owned(),
            };
            assert_eq!(text.parse::<HostPattern>(), Err(expected));
        }
        assert_eq!(pattern("github.io").to_string(), "github.io");
    }

    #[test]
    fn malformed_patterns_are_refused_by_name() {
        for text in [
            "",
            "*",
            "*.",
            "a*.example.com",
            "*.*.example.com",
            "a..b",
            "*.192.0.2.1",
            "a b",
            "-",
            "https://a",
            "127.1",
            "0x7f.0.0.1",
            "010.0.0.1",
            "2130706433",
            "**.2.1",
        ] {
            let result = text.parse::<HostPattern>();
            assert_eq!(
                result,
                Err(PatternError::Malformed {
                    pattern: text.to_owned()
                }),
                "{text}"
            );
        }
    }
}
