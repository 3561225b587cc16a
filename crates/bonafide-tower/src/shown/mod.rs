//! URLs and untrusted text in the form that errors, `Debug` and logs may show.
//!
//! A URL can hold secrets in its user name, password, query and fragment, and a server can send any
//! bytes. All texts for people use this module to show either. It is part of the feature
//! `redirect`.
//!
//! ```
//! use bonafide_tower::shown::{ShownUrl, quoted};
//! use url::Url;
//!
//! let url = Url::parse("https://user:password@example.com/a?b=c&sig=abc#fragment")?;
//! assert_eq!(ShownUrl(&url).to_string(), "https://example.com/a?b=c&sig=REDACTED");
//! assert_eq!(quoted(b"https://user:password@example.com:x/"), r#""REDACTED@example.com:x/""#);
//! # Ok::<(), url::ParseError>(())
//! ```

mod parameters;

use std::fmt;

use url::{Position, Url};

use self::parameters::Query;

/// Replaces a secret, as in OpenTelemetry.
const REDACTED: &str = "REDACTED";

/// The most bytes of an untrusted value that a text quotes: 128.
pub const MAX_QUOTED_BYTES: usize = 128;

/// A URL as text for people: scheme, host, port, path and query. User name, password and fragment
/// are left out. The values of secret parameters of the query read `REDACTED`: those that
/// OpenTelemetry lists (what signs a URL at Amazon, Azure and Google), API keys, tokens and
/// passwords by their usual names.
///
/// Of a URL that is neither `https` nor `http` only the scheme is shown, and that only where `//`
/// follows: otherwise it may be the user name of a URL without a scheme.
///
/// See the [module docs](self) for an example.
#[derive(Clone, Copy)]
pub struct ShownUrl<'a>(pub &'a Url);

impl fmt::Display for ShownUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(url) = *self;
        if !is_http(url) {
            return match shown_scheme(url) {
                Some(scheme) => write!(f, "{scheme}:{REDACTED}"),
                None => f.write_str(REDACTED),
            };
        }
        f.write_str(&url[..Position::BeforeUsername])?;
        f.write_str(&url[Position::BeforeHost..Position::AfterPath])?;
        match url.query() {
            Some(query) => write!(f, "?{}", Query(query)),
            None => Ok(()),
        }
    }
}

/// The same text, in quotation marks.
impl fmt::Debug for ShownUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_string(), f)
    }
}

/// Whether the scheme of `url` is `https` or `http`.
pub fn is_http(url: &Url) -> bool {
    matches!(url.scheme(), "https" | "http")
}

/// The scheme of `url`, if it surely is one (`//` follows) and has 32 bytes or fewer.
///
/// ```
/// use bonafide_tower::shown::shown_scheme;
/// use url::Url;
///
/// let scheme = |text| Url::parse(text).ok().as_ref().and_then(shown_scheme).map(str::to_owned);
/// assert_eq!(scheme("ftp://example.com/").as_deref(), Some("ftp"));
/// assert_eq!(scheme("user:password@example.com"), None);
/// ```
pub fn shown_scheme(url: &Url) -> Option<&str> {
    Some(url.scheme()).filter(|scheme| url.has_authority() && scheme.len() <= 32)
}

/// A value that was meant to be a URL or a host and is not one: escaped, in quotation marks, no
/// more than [`MAX_QUOTED_BYTES`] of it. The text before an `@` may be a password and is redacted,
/// and so are secret parameters; the fragment is left out.
pub fn quoted(value: &[u8]) -> String {
    let text = value.escape_ascii().to_string();
    let after = text.rfind('@').map(|at| at + "@".len());
    let encoded = text.rfind("%40").map(|at| at + "%40".len());
    let kept = match after.max(encoded) {
        Some(after) => format!("{REDACTED}@{}", &text[after..]),
        None => text,
    };
    let kept = kept.split_once('#').map_or(&*kept, |(before, _)| before);
    let shown = match kept.split_once('?') {
        Some((path, query)) => format!("{path}?{}", Query(query)),
        None => kept.to_owned(),
    };
    format!("\"{}\"", bounded(&shown))
}

/// Text from a server, at most [`MAX_QUOTED_BYTES`] of it, with control characters escaped: a
/// terminal or a log cannot mistake it for anything else.
///
/// ```
/// use bonafide_tower::shown::plain_words;
///
/// assert_eq!(plain_words(b"Not \x1b[31mfound"), r"Not \x1b[31mfound");
/// ```
pub fn plain_words(words: &[u8]) -> String {
    bounded(&words.escape_ascii().to_string()).replace("\\'", "'")
}

/// `url` without user name and password.
///
/// ```
/// use bonafide_tower::shown::without_credentials;
/// use url::Url;
///
/// let url = without_credentials(Url::parse("https://user:password@example.com/")?);
/// assert_eq!(url.as_str(), "https://example.com/");
/// # Ok::<(), url::ParseError>(())
/// ```
pub fn without_credentials(mut url: Url) -> Url {
    // Both fail only for URLs without a host, which have neither.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}

/// The beginning of `ascii`, with a mark where it was cut.
fn bounded(ascii: &str) -> String {
    match ascii.get(..MAX_QUOTED_BYTES) {
        Some(start) if ascii.len() > MAX_QUOTED_BYTES => format!("{start}..."),
        _ => ascii.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_what_may_be_secret() {
        for (written, shown) in [
            ("https://h/a?b=c", "https://h/a?b=c"),
            ("https://us:s3cret@h:8443/a", "https://h:8443/a"),
            ("http://[::1]/?a&b=#s3cret", "http://[::1]/?a&b="),
            (
                "https://h/a?a=1&sig=s3cret&b=2#s3cret",
                "https://h/a?a=1&sig=REDACTED&b=2",
            ),
            ("ftp://us:s3cret@h/s3cret?s3cret", "ftp:REDACTED"),
            ("s3cret:s3cret@h", "REDACTED"),
            ("data:s3cret", "REDACTED"),
            (
                "a.scheme.that.is.rather.longer.than.any.that.exists://h",
                "REDACTED",
            ),
        ] {
            let url = Url::parse(written).expect("a URL");
            assert_eq!(ShownUrl(&url).to_string(), shown, "{written}");
            assert_eq!(format!("{:?}", ShownUrl(&url)), format!("{shown:?}"));
        }
    }

    #[test]
    fn a_foreign_value_is_quoted_up_to_a_bound_and_without_secrets() {
        let long = "x".repeat(200);
        let cut = format!("\"{}...\"", "x".repeat(128));
        for (value, shown) in [
            (&b"https://a b/"[..], r#""https://a b/""#),
            (b"a\"b\\c\n\xe9", r#""a\"b\\c\n\xe9""#),
            (long.as_bytes(), &*cut),
            (b"https://us:s3cret@h:99999/", r#""REDACTED@h:99999/""#),
            (b"https://us:s3%40cret%40h:x/", r#""REDACTED@h:x/""#),
            (b"https://us:s3?cre@t#@h:x/", r#""REDACTED@h:x/""#),
            (b"//h:x/?Token=s3cret#s3cret", r#""//h:x/?Token=REDACTED""#),
            (b"", r#""""#),
        ] {
            assert_eq!(quoted(value), shown);
        }
    }

    #[test]
    fn words_of_a_server_are_one_line() {
        assert_eq!(plain_words(b"Didn't Work"), "Didn't Work");
        assert_eq!(plain_words(b"a\x1b[31m\tb\xff"), r"a\x1b[31m\tb\xff");
        assert_eq!(plain_words(&[b'x'; 200]).len(), 128 + 3);
    }
}
