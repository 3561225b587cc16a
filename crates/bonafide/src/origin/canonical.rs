//! Splitting URLs that need no normalising, without building a [`url::Url`].
//!
//! Parsing a URL in full costs about a fifth of a small request. Most URLs in programs are already
//! written the way the URL standard would write them; this module splits those into scheme, host,
//! port and path. The `url` crate parses all others, and a property test checks that both agree.

use http::Uri;

use super::Scheme;

/// The parts of a URL that is canonical if its host is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Split<'a> {
    pub(super) scheme: Scheme,
    /// Lower-case letters, digits, dots and hyphens, whose order is not checked yet. A host that is
    /// already known is canonical, so [`Split::has_canonical_host`] is not needed for it.
    pub(super) host: &'a str,
    /// The port, the scheme's default where none is written.
    pub(super) port: u16,
    /// Path and query, starting with `/`.
    pub(super) path_and_query: &'a str,
}

/// Splits `written` into its parts; `None` if it needs a full parse.
pub(super) fn split(written: &str) -> Option<Split<'_>> {
    let (scheme, rest) = if let Some(rest) = written.strip_prefix("https://") {
        (Scheme::Https, rest)
    } else {
        (Scheme::Http, written.strip_prefix("http://")?)
    };
    let (host, rest) = split_host(rest);
    let (port, path_and_query) = match rest.as_bytes().first() {
        Some(b':') => split_port(&rest[1..], scheme)?,
        _ => (scheme.default_port(), rest),
    };
    let path_and_query = match path_and_query.as_bytes().first() {
        None => "/",
        Some(b'/') if is_canonical_path_and_query(path_and_query.as_bytes()) => path_and_query,
        Some(_) => return None,
    };
    Some(Split {
        scheme,
        host,
        port,
        path_and_query,
    })
}

/// [`split`] for a URI that is already parsed. Its text is not built.
pub(super) fn split_uri(uri: &Uri) -> Option<Split<'_>> {
    let scheme = match uri.scheme_str()? {
        "https" => Scheme::Https,
        "http" => Scheme::Http,
        _ => return None,
    };
    let (host, rest) = split_host(uri.authority()?.as_str());
    let (port, rest) = match rest.strip_prefix(':') {
        Some(rest) => split_port(rest, scheme)?,
        None => (scheme.default_port(), rest),
    };
    let path_and_query = uri.path_and_query()?.as_str();
    let is_canonical = rest.is_empty()
        && path_and_query.starts_with('/')
        && is_canonical_path_and_query(path_and_query.as_bytes());
    is_canonical.then_some(Split {
        scheme,
        host,
        port,
        path_and_query,
    })
}

/// Cuts off what may be a host.
fn split_host(rest: &str) -> (&str, &str) {
    let end = rest
        .bytes()
        .position(|byte| CLASSES[byte as usize] & IN_HOST == 0)
        .unwrap_or(rest.len());
    rest.split_at(end)
}

impl Split<'_> {
    /// Whether the host is a DNS name that normalising would not change (no internationalised
    /// label, no trailing dot, no last label that could be read as a number), or a dotted IPv4
    /// address.
    pub(super) fn has_canonical_host(&self) -> bool {
        let Some(last) = self.host.rsplit('.').next() else {
            return false;
        };
        match last.as_bytes().first() {
            Some(b'a'..=b'z') => self
                .host
                .split('.')
                .all(|label| !label.is_empty() && !label.starts_with("xn--")),
            Some(_) => self.host.parse::<std::net::Ipv4Addr>().is_ok(),
            None => false,
        }
    }
}

/// A port without leading zeros that is not the scheme's default.
fn split_port(rest: &str, scheme: Scheme) -> Option<(u16, &str)> {
    let end = rest
        .bytes()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(rest.len());
    let (digits, rest) = rest.split_at(end);
    if digits.starts_with('0') {
        return None;
    }
    let port = digits.parse().ok()?;
    (port != scheme.default_port()).then_some((port, rest))
}

/// Whether normalising would keep this path and query: only characters that are never escaped,
/// and no segment that may be `.` or `..` in any spelling.
fn is_canonical_path_and_query(bytes: &[u8]) -> bool {
    let mut bytes = bytes.iter();
    let mut stops = NOT_IN_PATH;
    while let Some(&byte) = bytes.next() {
        let class = CLASSES[byte as usize];
        if class & stops != 0 {
            return byte == b'?' && bytes.all(|&byte| CLASSES[byte as usize] & NOT_IN_QUERY == 0);
        }
        stops = NOT_IN_PATH | (class & SLASH) << 1;
    }
    true
}

/// May stand in a host as it is.
const IN_HOST: u8 = 1;
/// Does not stand for itself in a path.
const NOT_IN_PATH: u8 = 2;
/// Does not stand for itself in a query, after the `?` that it begins with.
const NOT_IN_QUERY: u8 = 4;
/// Separates the segments of a path.
const SLASH: u8 = 8;
/// May begin a path segment that means `.` or `..`: may not follow a [`SLASH`].
const NOT_FIRST: u8 = SLASH << 1;

/// What each byte may be.
const CLASSES: [u8; 256] = {
    let mut classes = [NOT_IN_PATH | NOT_IN_QUERY; 256];
    let plain = b"/-._~!$&()*+,;=:@%";
    let mut index = 0;
    while index < plain.len() {
        classes[plain[index] as usize] = 0;
        index += 1;
    }
    let mut byte = 0;
    while byte < 256 {
        let ascii = byte as u8;
        if ascii.is_ascii_alphanumeric() {
            classes[byte] = 0;
        }
        if ascii.is_ascii_lowercase() || ascii.is_ascii_digit() {
            classes[byte] |= IN_HOST;
        }
        byte += 1;
    }
    classes[b'.' as usize] |= IN_HOST | NOT_FIRST;
    classes[b'-' as usize] |= IN_HOST;
    classes[b'%' as usize] |= NOT_FIRST;
    classes[b'/' as usize] |= SLASH;
    classes[b'\'' as usize] = NOT_IN_QUERY;
    classes[b'?' as usize] = NOT_IN_PATH;
    classes
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::Url;

    use super::*;

    fn split(written: &str) -> Option<Split<'_>> {
        super::split(written).filter(Split::has_canonical_host)
    }

    /// And so does a [`Uri`] that takes the short way.
    fn assert_agrees_with_the_url_crate(written: &str) {
        if let Ok(uri) = written.parse::<Uri>()
            && let Some(of_uri) = split_uri(&uri).filter(Split::has_canonical_host)
        {
            assert_eq!(Some(of_uri), split(&uri.to_string()), "{written}");
        }
        let Some(split) = split(written) else { return };
        let url = Url::parse(written).expect("a canonical URL parses");
        assert_eq!(url.scheme(), split.scheme.as_str(), "{written}");
        assert_eq!(url.host_str(), Some(split.host), "{written}");
        assert_eq!(
            url.port().unwrap_or(split.scheme.default_port()),
            split.port,
            "{written}"
        );
        assert_eq!(
            &url[url::Position::BeforePath..url::Position::AfterQuery],
            split.path_and_query,
            "{written}"
        );
        assert_eq!(
            (url.username(), url.password(), url.fragment()),
            ("", None, None)
        );
    }

    #[test]
    fn ordinary_urls_take_the_short_way() {
        for (written, host, port, path) in [
            ("https://example.com", "example.com", 443, "/"),
            ("http://example.com/", "example.com", 80, "/"),
            (
                "https://localhost:8443/a/b.html?q=1&r=a%20b",
                "localhost",
                8443,
                "/a/b.html?q=1&r=a%20b",
            ),
            ("http://127.0.0.1:8080/x", "127.0.0.1", 8080, "/x"),
            (
                "https://a.b-c.example/?x=/../y",
                "a.b-c.example",
                443,
                "/?x=/../y",
            ),
        ] {
            let split = split(written).expect(written);
            assert_eq!(
                (split.host, split.port, split.path_and_query),
                (host, port, path)
            );
            let uri: Uri = written.parse().expect("a URI");
            assert_eq!(split_uri(&uri), Some(split));
            assert_agrees_with_the_url_crate(written);
        }
    }

    #[test]
    fn whatever_normalising_changes_takes_the_long_way() {
        for written in [
            "HTTPS://example.com/",
            "https://Example.com/",
            "https://example.com./",
            "https://xn--bcher-kva.example/",
            "https://b\u{fc}cher.example/",
            "https://user:secret@example.com/",
            "https://example.com:443/",
            "https://example.com:0080/",
            "https://example.com:/",
            "https://example.com:65536/",
            "https://127.1/",
            "https://0x7f.0.0.1/",
            "https://127.0.0.01/",
            "https://1.2.3.4.5/",
            "https://[::1]/",
            "https://a..b/",
            "https:///x",
            "https://example.com?x",
            "https://example.com/a/../b",
            "https://example.com/a/%2e%2e/b",
            "https://example.com/a b",
            "https://example.com/a#fragment",
            "https://example.com/a?q='",
            "https://example.com\\a",
            "https://example.com/\ta",
            " https://example.com/",
            "ftp://example.com/",
        ] {
            assert_eq!(split(written), None, "{written}");
        }
    }

    /// One character, two of them and two further apart, at every place of a URL.
    #[test]
    fn each_ascii_character_at_each_place_is_split_as_the_url_crate_does() {
        let around = [
            ("https://", "a.example/"),
            ("https://a", "b.example/x"),
            ("https://a.example", ""),
            ("https://a.example", "/"),
            ("https://a.example", "80/x"),
            ("https://a.example:8", "4/x"),
            ("https://127.0.0.", "/"),
            ("http://a.example:80", "/"),
            ("https://a.example/", ""),
            ("https://a.example/x/", "./y"),
            ("https://a.example/x/.", "/y"),
            ("https://a.example/x/%2", "/y"),
            ("https://a.example/x", "?y"),
            ("https://a.example/?", "#"),
            ("https://a.example/x?y=", "z"),
        ];
        for (before, after) in around {
            for first in 0..128_u8 {
                let first = char::from(first);
                assert_agrees_with_the_url_crate(&format!("{before}{first}{after}"));
                for second in 0..128_u8 {
                    let second = char::from(second);
                    assert_agrees_with_the_url_crate(&format!("{before}{first}{second}{after}"));
                }
            }
        }
    }

    proptest! {
        #[test]
        fn the_short_way_agrees_with_the_url_crate(
            written in "https?://[a-z0-9.x%@\\[\\]-]{1,12}(:[0-9]{0,6})?[/?#]?[a-zA-Z0-9/.%2eE?&='\"<>\\\\^|`{}~\\[\\]_ \\t-]{0,24}"
        ) {
            assert_agrees_with_the_url_crate(&written);
        }

        #[test]
        fn no_text_is_split_differently(written in "https?://\\PC{0,30}") {
            assert_agrees_with_the_url_crate(&written);
        }
    }
}
