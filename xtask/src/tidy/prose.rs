//! Lines of Markdown, in pages and in comments: which of them could be broken and are not.

/// Reads the lines of one page or of one comment in their order.
#[derive(Default)]
pub(crate) struct Prose {
    fence: Option<Fence>,
    after_blank: bool,
    in_indented_code: bool,
    in_list: bool,
}

struct Fence {
    marker: String,
    is_code: bool,
}

impl Prose {
    /// Says whether the line has at most `columns`, or cannot be broken. `before` is how many
    /// columns stand before `text`: the indent and the comment marker.
    pub(crate) fn accepts(&mut self, before: usize, text: &str, columns: usize) -> bool {
        let fits = before + text.chars().count() <= columns;
        let trimmed = text.trim_start();
        if let Some(fence) = &self.fence {
            let accepted = fits || !fence.is_code || quote_crosses(before, text, columns);
            if trimmed.trim_end() == fence.marker {
                self.fence = None;
            }
            return accepted;
        }
        if let Some(fence) = Fence::opened_by(trimmed, before > 0) {
            self.fence = Some(fence);
            return true;
        }
        self.follow_blocks(text);
        let is_definition = trimmed.starts_with('[')
            && trimmed
                .split_once(']')
                .is_some_and(|(_, rest)| rest.starts_with(':'));
        fits || trimmed.starts_with(['|', '#'])
            || is_definition
            || self.in_indented_code
            || !can_be_broken(before, text, columns)
    }

    fn follow_blocks(&mut self, text: &str) {
        if text.trim().is_empty() {
            self.after_blank = true;
            return;
        }
        let indent = text.len() - text.trim_start().len();
        let is_item = without_marker(text) != text.trim_start();
        self.in_list = is_item || (self.in_list && (indent > 1 || !self.after_blank));
        self.in_indented_code =
            indent >= 4 && !self.in_list && (self.after_blank || self.in_indented_code);
        self.after_blank = false;
    }
}

impl Fence {
    /// In a comment a fence without a language holds Rust, in a page it holds what a program
    /// prints.
    fn opened_by(trimmed: &str, in_comment: bool) -> Option<Self> {
        let mark = trimmed.chars().next().filter(|c| matches!(c, '`' | '~'))?;
        let length = trimmed.chars().take_while(|c| *c == mark).count();
        if length < 3 {
            return None;
        }
        let language = trimmed[length..].split([',', ' ']).next().unwrap_or("");
        let is_code = match language {
            "rust" | "toml" => true,
            "" | "no_run" | "ignore" | "should_panic" | "compile_fail" => in_comment,
            _ => false,
        };
        Some(Self {
            marker: mark.to_string().repeat(length),
            is_code,
        })
    }
}

/// The text without indent, quote and list markers.
fn without_marker(text: &str) -> &str {
    let text = text.trim_start();
    if let Some(rest) = text.strip_prefix("> ") {
        return without_marker(rest);
    }
    let number = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let bullets = ["- ", "* ", "+ "].iter();
    let item = bullets.filter_map(|mark| text.strip_prefix(mark)).next();
    let numbered = number.strip_prefix(". ").filter(|_| number != text);
    item.or(numbered).unwrap_or(text)
}

/// Whether a blank between two words, outside code spans and the targets of links, stands where a
/// break would bring the first part into the limit.
fn can_be_broken(before: usize, text: &str, columns: usize) -> bool {
    let body = without_marker(text);
    let start = text.chars().count() - body.chars().count();
    let characters: Vec<char> = body.chars().collect();
    let mut at = 0;
    while at < characters.len() && before + start + at <= columns {
        let rest = &characters[at..];
        at += match rest {
            ['`', ..] => code_span(rest),
            [']', '(', ..] => rest.iter().position(|c| *c == ')').unwrap_or(1),
            [' ', ..] if at > 0 => return true,
            _ => 1,
        };
    }
    false
}

/// The length of the code span at the start, or of the backticks where none is closed.
fn code_span(text: &[char]) -> usize {
    let run = |text: &[char]| text.iter().take_while(|c| **c == '`').count();
    let opening = run(text);
    let mut at = opening;
    while at < text.len() {
        let closing = run(&text[at..]);
        if closing == opening {
            return at + closing;
        }
        at += closing.max(1);
    }
    opening
}

/// Whether a quoted string of a line of code goes over the limit.
pub(crate) fn quote_crosses(before: usize, text: &str, columns: usize) -> bool {
    let line: Vec<char> = text.chars().collect();
    let mut literals = Vec::new();
    let mut opened = None;
    let mut escaped = false;
    for (at, c) in line.iter().enumerate() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' | '\'' if opened.is_none() => opened = Some((at, c)),
            _ => {
                if let Some((from, _)) = opened.filter(|(_, mark)| *mark == c) {
                    literals.push((from, at + 1));
                    opened = None;
                }
            }
        }
    }
    literals.extend(opened.map(|(from, _)| (from, line.len())));
    literal_crosses(&line, &literals, columns.saturating_sub(before))
}

/// Whether a literal goes over the limit, or no blank stands between its end and the line's.
pub(crate) fn literal_crosses(line: &[char], literals: &[(usize, usize)], columns: usize) -> bool {
    literals
        .iter()
        .any(|(from, to)| *from < columns && (*to > columns || !line[*to..].contains(&' ')))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether each line is accepted at 20 columns.
    fn verdicts(before: usize, text: &str) -> Vec<bool> {
        let mut prose = Prose::default();
        text.lines()
            .map(|line| prose.accepts(before, line, 20))
            .collect()
    }

    #[test]
    fn a_line_that_could_be_broken_is_refused() {
        for line in [
            "words and more of it.",
            "- an item with words.",
            "1. an item with words.",
            "> a quote with words.",
            "see `a b` and `c d e f`",
            "[a text](https://x.example)",
            "`open and never closed",
            "ääääääääää ääääääääää",
        ] {
            assert_eq!(verdicts(0, line), [false], "{line}");
        }
        assert_eq!(verdicts(4, "words and more of"), [false]);
    }

    #[test]
    fn a_line_in_the_limit_or_without_a_place_to_break_is_accepted() {
        for line in [
            "words and more of it",
            "äääääääääääääääääääää",
            "https://www.example.com/a/b",
            "- https://www.example.com/a/b",
            "`one span that has blanks in it`",
            "``a span with ` and blanks in it``",
            "[text](a target with blanks in it)",
            "[name]: https://www.example.com",
            "| a | table | of | cells |",
            "## A heading of many words",
            "https://www.example.com/ after it",
        ] {
            assert_eq!(verdicts(0, line), [true], "{line}");
        }
        assert_eq!(verdicts(4, "words and more o"), [true]);
    }

    #[test]
    fn a_fence_holds_code_or_what_a_program_prints() {
        let long = "let a = b.c().d().e();";
        let fenced = |info: &str| format!("```{info}\n{long}\n```\n{long}");
        for (info, before, accepted) in [
            ("", 0, true),
            ("text", 0, true),
            ("text", 1, true),
            ("console", 0, true),
            ("rust", 0, false),
            ("rust", 1, false),
            ("toml", 0, false),
            ("", 1, false),
            ("no_run", 1, false),
        ] {
            let expected = [true, accepted, true, false];
            assert_eq!(verdicts(before, &fenced(info)), expected, "{info} {before}");
        }
        let string = "```rust\na(\"a text of some length\")\na(\"b\", c, d, e, f, g);\n```";
        assert_eq!(verdicts(0, string), [true, true, false, true]);
    }

    #[test]
    fn an_indented_block_is_code_unless_it_belongs_to_a_list() {
        let long = "    openssl s_client -connect";
        assert_eq!(verdicts(0, &format!("a\n\n{long}\n{long}")), [true; 4]);
        assert_eq!(verdicts(0, &format!("a\n{long}")), [true, false]);
        assert_eq!(verdicts(0, &format!("- a\n\n{long}")), [true, true, false]);
        let after = format!("- a\n\nb\n\n{long}");
        assert_eq!(verdicts(0, &after), [true; 5]);
    }
}
