//! Makes text of peers, plug-ins and persons safe for a line of a terminal or an error.

use std::path::{Path, PathBuf};

/// Escapes everything in the text that could break the line, move the cursor or change the
/// direction of writing.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if breaks_the_line(c) {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    line
}

/// Control characters, line and paragraph separators, and the marks of Unicode's bidirectional
/// algorithm (UAX #9, 2).
fn breaks_the_line(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{2028}' | '\u{2029}' | '\u{061c}' | '\u{200e}' | '\u{200f}'
        )
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The part of an invalid text that an error may repeat: the text itself, or only its length if it
/// may be a key, a password or the content of a file that was passed by mistake.
pub(crate) fn excerpt(text: &str) -> String {
    /// A host pattern may have 256 characters.
    const MAX_CHARS: usize = 256;
    let length = text.chars().count();
    if length > MAX_CHARS || may_be_secret(text) {
        format!("({length} characters)")
    } else {
        text.to_owned()
    }
}

/// The path as an error may show it. If the path is actually the content of a file, for example
/// because a variable has a key instead of the path to it, a placeholder is returned.
pub(crate) fn shown_path(path: &Path) -> PathBuf {
    match is_content(path) {
        true => PathBuf::from(CONTENT),
        false => path.to_owned(),
    }
}

/// Whether the path is actually the content of a file: PEM, or a key in Base64 without PEM markers.
pub(crate) fn is_content(path: &Path) -> bool {
    /// Maximum length of a part of a file name in mixed case with digits, without other characters.
    const MAX_RUN: usize = 40;
    /// The same for a part that begins like a key.
    const MAX_RUN_OF_KEY: usize = 20;
    /// The first characters of the Base64 of private keys in DER (RFC 5208; RFC 5915; RFC 8410, 7).
    const BEGINS: [&str; 6] = ["MII", "MIG", "MC4C", "MHcC", "MFEC", "MFMC"];
    let text = path.as_os_str().to_string_lossy();
    let is_key = |run: &str| {
        let begins_as_one = BEGINS.iter().any(|begin| run.starts_with(begin));
        let max = if begins_as_one {
            MAX_RUN_OF_KEY
        } else {
            MAX_RUN
        };
        run.len() > max && mixes_cases(run) && run.contains(|c: char| c.is_ascii_digit())
    };
    text.contains("-----BEGIN")
        || text.contains('\n')
        || text
            .split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '=')))
            .any(is_key)
}

fn mixes_cases(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_lowercase())
        && text.contains(|c: char| c.is_ascii_uppercase())
}

/// The placeholder for a path that is actually the content of a file.
const CONTENT: &str = "(the content of a file where its name should be)";

/// Whether the text has a part that looks like a key in Base64 or hexadecimal, or like a user name
/// and a password before a host. Pins are public.
fn may_be_secret(text: &str) -> bool {
    /// Maximum length of a part of a name in mixed case.
    const MAX_BASE64: usize = 16;
    const MAX_HEX: usize = 32;
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '-' | '_');
    let is_hex = |c: char| c.is_ascii_hexdigit() || c == ':';
    let has_base64 = text
        .split(|c| !is_base64(c))
        .any(|part| part.len() >= MAX_BASE64 && mixes_cases(part));
    let has_hex = text.split(|c| !is_hex(c)).any(|part| part.len() >= MAX_HEX);
    text.contains('@') || (has_base64 && !text.starts_with("sha256/")) || has_hex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_repeats_a_slip_and_not_what_may_be_a_secret() {
        for text in [
            "",
            "*.example..com",
            "a-host-with-a-very-long-name.internal.example.com",
            "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
            "2027-13-30T12:00:00Z",
            "report_only",
        ] {
            assert_eq!(excerpt(text), text);
        }
        for (text, shown) in [
            ("user:secret@host", "(16 characters)"),
            ("MIIEvQIBADANBgkqhkiG9w0BAQ", "(26 characters)"),
            (
                "-----BEGIN PRIVATE KEY----- MIIEvQIBADANBgkqhkiG",
                "(48 characters)",
            ),
            ("00:9f:3e:aa:00:9f:3e:aa:00:9f:3e:aa", "(35 characters)"),
        ] {
            assert_eq!(excerpt(text), shown);
        }
        assert_eq!(excerpt(&"a".repeat(300)), "(300 characters)");
    }

    #[test]
    fn a_path_is_shown_and_the_content_of_a_file_is_not() {
        for path in [
            "/etc/Certificates/Corp-Root-2026.PEM",
            "/etc/ssl/MICorporationRootCA2026.pem",
            "My company's root certificate authority of 2026, exported from the old store",
        ] {
            assert_eq!(shown_path(Path::new(path)), Path::new(path));
        }
        for content in [
            "-----BEGIN PRIVATE KEY-----\\nAAAA",
            "AAAA\nAAAA",
            "/srv/MC4CAQAwBQYDK2VwBCIEIJqoZrxJ2mUO/0dgz3hpxhlk",
        ] {
            assert_eq!(shown_path(Path::new(content)), Path::new(CONTENT));
        }
    }

    #[test]
    fn what_breaks_a_line_is_escaped_and_the_rest_is_kept() {
        assert_eq!(one_line("CN=bücher"), "CN=bücher");
        assert_eq!(
            one_line("a\nb\u{1b}[2J\u{2028}\u{202e}c"),
            "a\\nb\\u{1b}[2J\\u{2028}\\u{202e}c"
        );
    }
}
