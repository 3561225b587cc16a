//! Text that came from outside, as people may see it: in errors, in `Debug` and in logs.

mod parameters;

use std::fmt;

use url::{Position, Url};

use self::parameters::Query;

/// What stands in place of a secret, as OpenTelemetry writes it.
const REDACTED: &str = "REDACTED";

/// The most bytes of a foreign value that a text repeats.
const MAX_QUOTED_BYTES: usize = 128;

/// A URL as text for people: scheme, host, port, path and query. User name, password and fragment are
/// left out, and the values of [secret parameters](parameters) are redacted.
///
/// Of a URL that is neither `https` nor `http` only the scheme is shown, and that only where `//` follows:
/// else it may be the user name of a URL whose scheme was forgotten.
pub(crate) struct ShownUrl<'a>(pub(crate) &'a Url);

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

impl fmt::Debug for ShownUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_string(), f)
    }
}

/// Whether the scheme of `url` is one that this crate requests.
pub(crate) fn is_http(url: &Url) -> bool {
    matches!(url.scheme(), "https" | "http")
}

/// The scheme of `url`, if it surely is one and is short.
pub(crate) fn shown_scheme(url: &Url) -> Option<&str> {
    Some(url.scheme()).filter(|scheme| url.has_authority() && scheme.len() <= 32)
}

/// A value that was meant to be a URL or a host and is none: escaped, in quotation marks, no more than
/// [`MAX_QUOTED_BYTES`] of it. Whatever stands before an `@` may be a password and is redacted, and so are
/// secret parameters; the fragment is left out.
pub(crate) fn quoted(value: &[u8]) -> String {
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

/// Words of a server, without what a terminal or a log may take for more than words.
pub(crate) fn plain_words(words: &[u8]) -> String {
    bounded(&words.escape_ascii().to_string()).replace("\\'", "'")
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
