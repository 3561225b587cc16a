//! Rule `length`: a long file probably has a second subject.

use super::finding::Finding;
use super::table::Length;
use crate::source::RustFile;

const RULE: &str = "length";

/// Counts the lines of the file.
pub(crate) fn check(file: &RustFile, limits: &Length) -> Vec<Finding> {
    let lines = file.text.lines().count();
    let message = format!("{lines} lines: does it have a second subject?");
    if lines > limits.max_lines {
        vec![Finding::error(RULE, &file.path, 0, message)]
    } else if lines > limits.warn_lines {
        vec![Finding::warning(RULE, &file.path, 0, message)]
    } else {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Weight;
    use super::*;

    fn verdict(lines: usize) -> Vec<Weight> {
        let file = RustFile::parse("a.rs", "\n".repeat(lines)).unwrap();
        let found = check(&file, &Length::default());
        found.into_iter().map(|finding| finding.weight).collect()
    }

    #[test]
    fn a_file_at_a_limit_is_accepted_and_one_line_more_is_not() {
        assert_eq!(verdict(400), []);
        assert_eq!(verdict(401), [Weight::Warning]);
        assert_eq!(verdict(600), [Weight::Warning]);
        assert_eq!(verdict(601), [Weight::Error]);
    }
}
