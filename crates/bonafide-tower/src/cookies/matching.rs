//! Which hosts and paths a cookie is for: RFC 6265bis sections 5.1.3 and 5.1.4.

use url::{Host, Url};

/// Whether `host`, which is not an IP address, is `domain` or under it.
pub(super) fn is_within(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain)
        .is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

/// `host` and its parent domains, the longest first. An IP address has no parents.
pub(super) fn domains<'a>(url: &Url, host: &'a str) -> impl Iterator<Item = &'a str> {
    let goes_up = !is_address(url);
    let up = move |domain: &&'a str| {
        let (_, rest) = domain.split_once('.')?;
        (goes_up && !rest.is_empty()).then_some(rest)
    };
    std::iter::successors(Some(host), up)
}

/// Whether the host of `url` is an IP address.
pub(super) fn is_address(url: &Url) -> bool {
    matches!(url.host(), Some(Host::Ipv4(_) | Host::Ipv6(_)))
}

/// The path of a cookie that was set without one.
pub(super) fn default_path(path: &str) -> &str {
    match path.rfind('/') {
        Some(at) if at > 0 && path.starts_with('/') => &path[..at],
        _ => "/",
    }
}

/// Whether a cookie for `cookie_path` is sent to `path`.
pub(super) fn path_matches(path: &str, cookie_path: &str) -> bool {
    path.strip_prefix(cookie_path)
        .is_some_and(|rest| rest.is_empty() || cookie_path.ends_with('/') || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_under_its_domains_and_an_address_under_none() {
        for (url, expected) in [
            (
                "https://a.b.example/",
                &["a.b.example", "b.example", "example"][..],
            ),
            ("https://a.example./", &["a.example.", "example."]),
            ("https://127.0.0.1/", &["127.0.0.1"]),
            ("https://[::1]/", &["[::1]"]),
            ("https://localhost/", &["localhost"]),
        ] {
            let url = Url::parse(url).unwrap();
            let found: Vec<_> = domains(&url, url.host_str().unwrap()).collect();
            assert_eq!(found, expected);
        }
        assert!(is_within("a.example", "example"));
        assert!(is_within("example", "example"));
        assert!(!is_within("an-example", "example"));
        assert!(!is_within("example", "a.example"));
    }

    #[test]
    fn paths_match_by_whole_segments() {
        // path, path of the cookie, whether the cookie is sent
        for (path, cookie_path, goes) in [
            ("/", "/", true),
            ("/a", "/", true),
            ("/a", "/a", true),
            ("/a/", "/a", true),
            ("/a/b", "/a", true),
            ("/a/b", "/a/", true),
            ("/ab", "/a", false),
            ("/a", "/a/", false),
            ("/A", "/a", false),
            ("/", "/a", false),
        ] {
            assert_eq!(
                path_matches(path, cookie_path),
                goes,
                "{path} {cookie_path}"
            );
        }
    }

    #[test]
    fn the_default_path_is_that_of_the_folder() {
        for (path, default) in [
            ("", "/"),
            ("/", "/"),
            ("/a", "/"),
            ("/a/", "/a"),
            ("/a/b", "/a"),
            ("/a/b/", "/a/b"),
        ] {
            assert_eq!(default_path(path), default, "{path}");
        }
    }
}
