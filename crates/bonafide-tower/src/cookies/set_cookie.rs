//! One `Set-Cookie` field: RFC 6265bis section 5.6.
//!
//! An own parser, because the steps of that section are what servers rely on. The crate `cookie`
//! refuses cookies without a name, takes quotation marks off values, and reads fewer dates.

use super::{CookieError, SameSite, date};

/// The most bytes of name and value together (section 5.6, step 5).
pub(super) const MAX_PAIR_BYTES: usize = 4096;
/// The most bytes of the value of an attribute: a longer one is ignored (section 5.6).
pub(super) const MAX_ATTRIBUTE_BYTES: usize = 1024;

/// What a field says, before it is known who may say it.
#[derive(Clone, Default)]
pub(super) struct SetCookie<'a> {
    pub(super) name: &'a [u8],
    pub(super) value: &'a [u8],
    /// In seconds from now.
    pub(super) max_age: Option<i64>,
    /// In seconds since 1970.
    pub(super) expires: Option<i64>,
    /// In lower case, without one leading period; not empty.
    pub(super) domain: Option<String>,
    pub(super) path: PathAttribute<'a>,
    pub(super) secure: bool,
    pub(super) http_only: bool,
    pub(super) same_site: SameSite,
}

/// The last `Path` of a field.
#[derive(Clone, Copy, Default)]
pub(super) enum PathAttribute<'a> {
    #[default]
    Missing,
    /// Empty, or not from `/` on: the default path is meant.
    Default,
    Is(&'a [u8]),
}

impl<'a> SetCookie<'a> {
    pub(super) fn parse(field: &'a [u8]) -> Result<Self, CookieError> {
        let is_control = |byte: &u8| *byte != b'\t' && byte.is_ascii_control();
        if field.iter().any(is_control) {
            return Err(CookieError::ControlCharacter);
        }
        let mut parts = field.split(|byte| *byte == b';');
        let pair = parts.next().unwrap_or_default();
        let (name, value) = match split_at_equals(pair) {
            (name, Some(value)) => (name, value),
            (value, None) => (&[][..], value),
        };
        let bytes = name.len() + value.len();
        if bytes > MAX_PAIR_BYTES {
            return Err(CookieError::TooLong {
                bytes,
                limit_bytes: MAX_PAIR_BYTES,
            });
        }
        if bytes == 0 {
            return Err(CookieError::Empty);
        }
        let mut cookie = Self {
            name,
            value,
            ..Self::default()
        };
        for part in parts {
            let (name, value) = split_at_equals(part);
            let value = value.unwrap_or_default();
            if value.len() <= MAX_ATTRIBUTE_BYTES {
                cookie.attribute(name, value)?;
            }
        }
        Ok(cookie)
    }

    /// Of attributes with the same name the last one counts.
    fn attribute(&mut self, name: &[u8], value: &'a [u8]) -> Result<(), CookieError> {
        let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
        if is("Expires") {
            self.expires = date::parse(value).or(self.expires);
        } else if is("Max-Age") {
            self.max_age = seconds(value).or(self.max_age);
        } else if is("Domain") {
            let domain = value.strip_prefix(b".").unwrap_or(value);
            let domain = match str::from_utf8(domain) {
                Ok(domain) if domain.is_ascii() => domain.to_ascii_lowercase(),
                _ => return Err(CookieError::DomainNotAscii),
            };
            self.domain = Some(domain).filter(|domain| !domain.is_empty());
        } else if is("Path") {
            self.path = match value {
                [b'/', ..] => PathAttribute::Is(value),
                _ => PathAttribute::Default,
            };
        } else if is("Secure") {
            self.secure = true;
        } else if is("HttpOnly") {
            self.http_only = true;
        } else if is("SameSite") {
            self.same_site = SameSite::parse(value);
        }
        Ok(())
    }
}

/// What stands before the first `=` and after it, without white space around.
fn split_at_equals(part: &[u8]) -> (&[u8], Option<&[u8]>) {
    let mut halves = part.splitn(2, |byte| *byte == b'=');
    let name = trimmed(halves.next().unwrap_or_default());
    (name, halves.next().map(trimmed))
}

/// Without white space (SP and HTAB) around.
fn trimmed(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

/// A `Max-Age`; the nearest number that there is for one that is too large.
fn seconds(value: &[u8]) -> Option<i64> {
    let digits = value.strip_prefix(b"-").unwrap_or(value);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let bound = if digits.len() < value.len() {
        i64::MIN
    } else {
        i64::MAX
    };
    let text = str::from_utf8(value).ok()?;
    Some(text.parse().unwrap_or(bound))
}
