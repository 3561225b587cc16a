//! What the public suffix list says about a host.
//!
//! The list is code, more than half a megabyte of it. Each place that calls it may get a copy of
//! its own from the compiler, so it is called here and nowhere else: `clippy.toml` forbids it
//! elsewhere.

#[cfg(feature = "auth")]
use psl::Type;

/// The registrable domain of `host`, without a trailing period: the public suffix and one more
/// label. `None` if `host` is a public suffix or the parent of one. A top-level domain that the
/// list does not contain counts as a public suffix, as the list requires.
#[inline(never)]
#[expect(clippy::disallowed_methods, reason = "the one call of it")]
pub(crate) fn registrable(host: &str) -> Option<&str> {
    psl::domain_str(host)
}

/// The registrable domain of `host`; for a public suffix, such as `localhost`, the name itself.
#[cfg(any(feature = "hsts", feature = "redirect"))]
pub(crate) fn site(host: &str) -> &str {
    registrable(host).unwrap_or_else(|| host.strip_suffix('.').unwrap_or(host))
}

/// Which list of suffixes has `host` itself: `None` where it is not a suffix, or only one by the
/// rule for unknown top-level domains.
#[cfg(feature = "auth")]
#[inline(never)]
#[expect(clippy::disallowed_methods, reason = "the one call of it")]
pub(crate) fn suffix_type(host: &str) -> Option<Type> {
    let suffix = psl::suffix(host.as_bytes())?;
    if suffix.as_bytes() == host.as_bytes() {
        suffix.typ()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_suffix_and_what_is_over_one_have_no_registrable_domain() {
        for (host, expected) in [
            ("com", None),
            ("co.uk", None),
            ("github.io", None),
            ("localhost", None),
            ("a.ck", None),
            ("a.kobe.jp", None),
            ("example.com", Some("example.com")),
            ("b.a.example.com", Some("example.com")),
            ("b.a.example.com.", Some("example.com")),
            ("a.github.io", Some("a.github.io")),
            ("a.www.ck", Some("www.ck")),
            ("a.b.corp", Some("b.corp")),
        ] {
            assert_eq!(registrable(host), expected, "{host}");
        }
    }

    #[test]
    #[cfg(any(feature = "hsts", feature = "redirect"))]
    fn a_public_suffix_is_a_site_of_its_own() {
        for (host, expected) in [
            ("a.example.com.", "example.com"),
            ("localhost", "localhost"),
            ("localhost.", "localhost"),
            ("github.io", "github.io"),
        ] {
            assert_eq!(site(host), expected, "{host}");
        }
    }

    #[test]
    #[cfg(feature = "auth")]
    fn only_a_suffix_that_the_list_contains_has_a_type() {
        for (host, expected) in [
            ("co.uk", Some(Type::Icann)),
            ("github.io", Some(Type::Private)),
            ("corp", None),
            ("example.com", None),
        ] {
            assert_eq!(suffix_type(host), expected, "{host}");
        }
    }
}
