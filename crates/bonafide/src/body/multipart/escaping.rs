//! Names and file names inside quotes.

/// Appends `name` to `header`, escaped after WHATWG HTML, "multipart/form-data encoding algorithm":
/// `"`, CR and LF, and nothing else. What is appended can neither end the quotes nor the line.
pub(super) fn push_escaped(header: &mut String, name: &str) {
    for character in name.chars() {
        match character {
            '"' => header.push_str("%22"),
            '\r' => header.push_str("%0D"),
            '\n' => header.push_str("%0A"),
            other => header.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_line_ends_are_escaped_and_nothing_else() {
        for (name, escaped) in [
            ("photo", "photo"),
            ("a\"b", "a%22b"),
            ("a\r\nb\rc\nd", "a%0D%0Ab%0Dc%0Ad"),
            ("100%22", "100%22"),
            ("\\ ; \u{1f600} \u{e9}'%", "\\ ; \u{1f600} \u{e9}'%"),
            ("", ""),
        ] {
            let mut header = String::new();
            push_escaped(&mut header, name);
            assert_eq!(header, escaped);
        }
    }
}
