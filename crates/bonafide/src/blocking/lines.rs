//! A body as lines of text, one after the other.

use super::block_on;
use crate::error::Error;

/// The lines of a response's body; see [`Response::lines`](super::Response::lines).
#[derive(Debug)]
#[must_use = "iterators do nothing unless used"]
pub struct Lines {
    lines: crate::response::Lines,
    /// There is no line after an error, such as that of a call inside a task.
    has_failed: bool,
}

impl Lines {
    pub(super) fn new(lines: crate::response::Lines) -> Self {
        Self {
            lines,
            has_failed: false,
        }
    }
}

impl Iterator for Lines {
    type Item = Result<String, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_failed {
            return None;
        }
        let line = block_on(self.lines.next_line());
        self.has_failed = line.is_err();
        line.transpose()
    }
}
