//! One `Strict-Transport-Security` field: RFC 6797 section 6.1.

/// What a field says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) max_age_seconds: u64,
    pub(super) include_subdomains: bool,
}

impl Field {
    /// `None` if the field does not follow the grammar, has a directive twice, or has no `max-age`:
    /// then it is ignored as a whole. Unknown directives are ignored.
    pub(super) fn parse(field: &[u8]) -> Option<Self> {
        let mut names: Vec<Vec<u8>> = Vec::new();
        let (mut max_age_seconds, mut include_subdomains) = (None, false);
        for directive in directives(field)? {
            let Some((name, value)) = parts(directive)? else {
                continue;
            };
            let name = name.to_ascii_lowercase();
            match (&name[..], value) {
                (b"max-age", Some(value)) => max_age_seconds = Some(seconds(&value)?),
                (b"includesubdomains", None) => include_subdomains = true,
                (b"max-age" | b"includesubdomains", _) => return None,
                _ => {}
            }
            if names.contains(&name) {
                return None;
            }
            names.push(name);
        }
        Some(Self {
            max_age_seconds: max_age_seconds?,
            include_subdomains,
        })
    }
}

/// The parts between semicolons outside quotation marks; `None` if a quotation mark is not closed.
fn directives(field: &[u8]) -> Option<Vec<&[u8]>> {
    let (mut quoted, mut escaped) = (false, false);
    let directives = field.split(|byte| {
        let escapes = quoted && !escaped && *byte == b'\\';
        if *byte == b'"' && !escaped {
            quoted = !quoted;
        }
        escaped = escapes;
        *byte == b';' && !quoted
    });
    let directives = directives.collect();
    (!quoted).then_some(directives)
}

/// The name and the value of a directive, which may be empty (`Some(None)`); `None` if it is
/// neither.
#[expect(
    clippy::type_complexity,
    reason = "read by one function, which takes it apart"
)]
fn parts(directive: &[u8]) -> Option<Option<(&[u8], Option<Vec<u8>>)>> {
    let directive = directive.trim_ascii();
    if directive.is_empty() {
        return Some(None);
    }
    let mut halves = directive.splitn(2, |byte| *byte == b'=');
    let name = halves.next()?.trim_ascii();
    let value = match halves.next().map(<[u8]>::trim_ascii) {
        None => None,
        Some([b'"', quoted @ .., b'"']) => Some(unquoted(quoted)?),
        Some(value) => Some(value.to_vec())
            .filter(|value| is_token(value))
            .map(Some)?,
    };
    is_token(name).then_some(Some((name, value)))
}

/// What a quoted string says; `None` if a quotation mark in it is not escaped.
fn unquoted(quoted: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = quoted.iter();
    let mut text = Vec::new();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => text.push(*bytes.next()?),
            b'"' => return None,
            byte => text.push(*byte),
        }
    }
    Some(text)
}

fn is_token(text: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !text.is_empty() && text.iter().all(is_part)
}

/// `delta-seconds`; the largest number for one that is too large.
fn seconds(value: &[u8]) -> Option<u64> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(str::from_utf8(value).ok()?.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_follows_the_grammar_or_is_ignored_as_a_whole() {
        // field, max-age and includeSubDomains
        for (field, expected) in [
            ("max-age=31536000", Some((31_536_000, false))),
            (
                "max-age=15768000 ; includeSubDomains",
                Some((15_768_000, true)),
            ),
            ("  max-age=\"31536000\"", Some((31_536_000, false))),
            ("MAX-AGE=0; INCLUDESUBDOMAINS", Some((0, true))),
            ("; includeSubDomains;;max-age = 1 ;", Some((1, true))),
            ("max-age=1; preload; x=\"a;b\\\"c\"; y", Some((1, false))),
            ("max-age=99999999999999999999999", Some((u64::MAX, false))),
            ("", None),
            ("includeSubDomains", None),
            ("max-age", None),
            ("max-age=", None),
            ("max-age=-1", None),
            ("max-age=1.5", None),
            ("max-age=1 2", None),
            ("max-age=1, max-age=2", None),
            ("max-age=1; max-age=1", None),
            ("max-age=1; x; X", None),
            ("max-age=1; includeSubDomains=1", None),
            ("max-age=1; includeSubDomains; includeSubDomains", None),
            ("max-age=1; \"x\"", None),
            ("max-age=1; x=\"a", None),
            ("max-age=1; x=\"a\"b\"", None),
            ("max-age=\"1", None),
            ("max-age=1; a b", None),
            ("max-age=1; =x", None),
            ("max-age='1'", None),
        ] {
            let field = (field, Field::parse(field.as_bytes()));
            let expected = expected.map(|(max_age_seconds, include_subdomains)| Field {
                max_age_seconds,
                include_subdomains,
            });
            assert_eq!(field.1, expected, "{}", field.0);
        }
    }
}
