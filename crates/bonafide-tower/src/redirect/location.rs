//! Resolving a `Location`.

use http::HeaderMap;
use http::header::LOCATION;
use percent_encoding::{AsciiSet, percent_encode};
use url::{ParseError, Url};

use super::RedirectError;
use crate::BoxError;
use crate::shown::{is_http, quoted, shown_scheme, without_credentials};

/// Encodes non-ASCII alone, which `percent_encode` always encodes.
const NOT_ASCII: &AsciiSet = &AsciiSet::EMPTY;

/// The URL that a redirect at `base` leads to, without user name and password; `None` if it leads
/// nowhere: there is no `Location`, or an empty one.
///
/// The value is resolved by the URL standard (as the Fetch standard's "location URL" is), so that
/// `///host` is `//host`. Octets that are not UTF-8 are percent-encoded one by one.
///
/// # Errors
///
/// If there are several that differ, or the one is not an `https` or `http` URL.
pub(super) fn location(base: &Url, headers: &HeaderMap) -> Result<Option<Url>, RedirectError> {
    let mut all = headers.get_all(LOCATION).iter();
    let Some(value) = all.next() else {
        return Ok(None);
    };
    if all.any(|other| other != value) {
        return Err(RedirectError::Ambiguous);
    }
    let value = value.as_bytes();
    if value.trim_ascii().is_empty() {
        return Ok(None);
    }
    let joined = match std::str::from_utf8(value) {
        Ok(text) => join(base, text),
        Err(_) => join(base, &percent_encode(value, NOT_ASCII).to_string()),
    };
    let url = joined.map_err(|error| unusable(value, error))?;
    if is_http(&url) {
        Ok(Some(without_credentials(url)))
    } else {
        Err(not_http(&url))
    }
}

/// As `base.join(text)`, except that two or more slashes start an authority, as the URL standard
/// requires for `https` and `http` ("special authority ignore slashes state"). The `url` crate
/// finds an empty host after `//` there.
fn join(base: &Url, text: &str) -> Result<Url, ParseError> {
    let text = text.trim_ascii();
    let authority = text.trim_start_matches(['/', '\\', '\t']);
    let slashes = &text[..text.len() - authority.len()];
    if slashes.replace('\t', "").len() > 2 {
        base.join(&format!("//{authority}"))
    } else {
        base.join(text)
    }
}

/// Of such a URL at most the scheme is known.
#[cold]
fn not_http(url: &Url) -> RedirectError {
    RedirectError::NotHttp {
        scheme: shown_scheme(url).map(str::to_owned),
    }
}

/// The error of a redirect whose `Location` is `value`.
#[cold]
pub(super) fn unusable(value: &[u8], source: impl Into<BoxError>) -> RedirectError {
    RedirectError::Unusable {
        location: quoted(value),
        source: source.into(),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(values: &[&[u8]]) -> Result<Option<String>, RedirectError> {
        let base = Url::parse("https://here.example:8443/a/b?c").unwrap();
        let mut headers = HeaderMap::new();
        for value in values {
            let value = HeaderValue::from_bytes(value).unwrap();
            headers.append(LOCATION, value);
        }
        location(&base, &headers).map(|url| url.map(String::from))
    }

    #[test]
    fn a_location_is_resolved_as_the_url_standard_says() {
        for (value, url) in [
            (&b"d"[..], "https://here.example:8443/a/d"),
            (b"/d", "https://here.example:8443/d"),
            (b"?d", "https://here.example:8443/a/b?d"),
            (b"#d", "https://here.example:8443/a/b?c#d"),
            (b" /d ", "https://here.example:8443/d"),
            (b"//there", "https://there/"),
            (b"///there", "https://there/"),
            (b"////there/d", "https://there/d"),
            (b"/\t//there", "https://there/"),
            (b"\\\\there", "https://there/"),
            (b"\\/\\there", "https://there/"),
            (b"/\\there", "https://there/"),
            (b"https:///there/d", "https://there/d"),
            (b"https:/there/d", "https://here.example:8443/there/d"),
            (b"https:d", "https://here.example:8443/a/d"),
            (b"http:there", "http://there/"),
            (b"HTTPS://There/\xc3\xbc", "https://there/%C3%BC"),
            (b"/\xe9?\xe9", "https://here.example:8443/%E9?%E9"),
            (b"//b\xc3\xbccher/\xe9", "https://xn--bcher-kva/%E9"),
            (b"/%zz\xff%", "https://here.example:8443/%zz%FF%"),
            (b"https://us:pw@there/", "https://there/"),
            (b"//us:pw@there:0/", "https://there:0/"),
        ] {
            let got = of(&[value, value]).unwrap();
            assert_eq!(got.as_deref(), Some(url), "{}", value.escape_ascii());
        }
    }

    #[test]
    fn without_a_value_it_leads_nowhere() {
        let cases: [&[&[u8]]; 4] = [&[], &[b""], &[b" "], &[b"", b""]];
        for values in cases {
            assert_eq!(of(values).unwrap(), None);
        }
    }

    #[test]
    fn an_unusable_location_is_quoted_up_to_a_bound_and_without_secrets() {
        let long = format!("https://h:x/{}", "y".repeat(10_000));
        let cut = format!("https://h:x/{}...", "y".repeat(128 - 12));
        for (value, quoted, cause) in [
            (&b"https://"[..], "https://", "empty host"),
            (b"//a b/", "//a b/", "invalid international domain name"),
            (
                b"https://us:s3cret@h:99999/?sig=s3cret#s3cret",
                "REDACTED@h:99999/?sig=REDACTED",
                "invalid port number",
            ),
            (
                b"https://\xe9/",
                "https://\\xe9/",
                "invalid international domain name",
            ),
            (long.as_bytes(), &cut, "invalid port number"),
        ] {
            let error = of(&[value]).unwrap_err();
            let text = error.to_string();
            match error {
                RedirectError::Unusable { location, source } => {
                    assert_eq!(location, format!("\"{quoted}\""));
                    assert_eq!(text, format!("the Location {location} is not a usable URL"));
                    assert!(source.is::<ParseError>());
                    assert_eq!(source.to_string(), cause);
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn of_a_location_that_is_not_http_the_scheme_is_named_at_most() {
        for (value, named, text) in [
            (
                &b"ftp://us:s3cret@h/s3cret"[..],
                Some("ftp"),
                "the scheme of the Location is \"ftp\", not https",
            ),
            (
                b"us:s3cret@h",
                None,
                "the Location is neither an https nor an http URL",
            ),
            (
                b"data:s3cret",
                None,
                "the Location is neither an https nor an http URL",
            ),
        ] {
            let error = of(&[value]).unwrap_err();
            assert_eq!(error.to_string(), text);
            match error {
                RedirectError::NotHttp { scheme } => assert_eq!(scheme.as_deref(), named),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn locations_that_differ_lead_nowhere_safely() {
        let error = of(&[b"/a", b"/b"]).unwrap_err();
        assert!(matches!(error, RedirectError::Ambiguous), "{error:?}");
        assert_eq!(
            error.to_string(),
            "the redirect has several different Location headers"
        );
    }
}
