//! Text that a peer or a plug-in wrote, made fit for one line of a terminal.

/// The text with everything escaped that could break the line, move the cursor or turn the direction of writing.
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

/// Control characters, line and paragraph separators, and the marks of Unicode's bidirectional algorithm (UAX #9, 2).
fn breaks_the_line(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn what_breaks_a_line_is_escaped_and_the_rest_is_kept() {
        assert_eq!(one_line("CN=bücher"), "CN=bücher");
        assert_eq!(
            one_line("a\nb\u{1b}[2J\u{2028}\u{202e}c"),
            "a\\nb\\u{1b}[2J\\u{2028}\\u{202e}c"
        );
    }
}
