//! Finds where the sections of a PEM text begin and end (RFC 7468, 3).
//!
//! rustls-pki-types skips lines that it does not know, so a section whose marker is indented or
//! follows a byte order mark is skipped without an error. Here everything that begins with
//! `-----BEGIN` is a section, which is read or is an error.

use super::error::PemFault;
use crate::files::found_kind::BYTE_ORDER_MARK;

const BEGIN: &[u8] = b"-----BEGIN";
const END: &[u8] = b"-----END";
const DASHES: &[u8] = b"-----";

/// One section: its label and the lines between its markers, or what is wrong with it.
pub(super) type Scanned<'a> = Result<Block<'a>, PemFault>;

/// A section with both of its markers.
pub(super) struct Block<'a> {
    pub(super) label: &'a [u8],
    /// The non-empty lines between the markers, each trimmed and followed by a line feed.
    pub(super) body: Vec<u8>,
}

/// The sections of a text, in their order.
pub(super) struct Scan<'a> {
    /// The text after the current line.
    rest: &'a [u8],
    /// The rest of a line, which is scanned as a line of its own.
    pending: Option<&'a [u8]>,
    open: Option<Block<'a>>,
    /// Whether the next END marker belongs to a malformed section that was reported already.
    at_fault: bool,
}

impl<'a> Scan<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self {
            rest: text,
            pending: None,
            open: None,
            at_fault: false,
        }
    }

    /// The next line, trimmed.
    fn line(&mut self) -> Option<&'a [u8]> {
        if let Some(line) = self.pending.take() {
            return Some(line);
        }
        if self.rest.is_empty() {
            return None;
        }
        let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
        let length = self.rest.iter().position(is_end);
        let (line, rest) = self.rest.split_at(length.unwrap_or(self.rest.len()));
        self.rest = rest.get(1..).unwrap_or_default();
        Some(trimmed(line))
    }

    /// A line outside of a section.
    fn outside(&mut self, line: &'a [u8]) -> Option<PemFault> {
        if line.starts_with(END) {
            // An END marker without a BEGIN marker.
            let was_counted = std::mem::take(&mut self.at_fault);
            return (!was_counted).then_some(PemFault::Begin);
        }
        if let Some((label, [])) = marker(line, BEGIN) {
            self.at_fault = false;
            self.open = Some(Block {
                label,
                body: Vec::new(),
            });
            return None;
        }
        if find(line, BEGIN).is_none() || is_comment(line) {
            return None;
        }
        self.at_fault = find(line, END).is_none();
        Some(PemFault::Begin)
    }

    /// A line inside a section. The section ends with it or stays open.
    fn inside(&mut self, mut block: Block<'a>, line: &'a [u8]) -> Option<Scanned<'a>> {
        if line.starts_with(BEGIN) {
            self.pending = Some(line);
            return Some(Err(PemFault::End));
        }
        if !line.starts_with(END) {
            // CR LF counts as two line ends, with an empty line between them.
            if line.is_empty() {
                self.open = Some(block);
                return None;
            }
            block.body.extend_from_slice(line);
            block.body.push(b'\n');
            self.open = Some(block);
            return None;
        }
        let Some((label, behind)) = marker(line, END) else {
            return Some(Err(PemFault::End));
        };
        self.pending = (!behind.is_empty()).then_some(behind);
        Some(match label == block.label {
            true => Ok(block),
            false => Err(PemFault::End),
        })
    }
}

impl<'a> Iterator for Scan<'a> {
    type Item = Scanned<'a>;

    fn next(&mut self) -> Option<Scanned<'a>> {
        while let Some(line) = self.line() {
            let scanned = match self.open.take() {
                Some(block) => self.inside(block, line),
                None => self.outside(line).map(Err),
            };
            if scanned.is_some() {
                return scanned;
            }
        }
        self.open.take().map(|_| Err(PemFault::End))
    }
}

/// The label of the marker at the beginning of the line, and the text after the marker.
fn marker<'a>(line: &'a [u8], kind: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let label = line.strip_prefix(kind)?.strip_prefix(b" ")?;
    let end = find(label, DASHES)?;
    let (label, behind) = label.split_at_checked(end)?;
    Some((label, trimmed(behind.strip_prefix(DASHES)?)))
}

/// Removes white space and byte order marks, which occur inside a text if files were concatenated.
fn trimmed(mut line: &[u8]) -> &[u8] {
    loop {
        line = line.trim_ascii();
        match line.strip_prefix(&BYTE_ORDER_MARK) {
            Some(rest) => line = rest,
            None => return line,
        }
    }
}

/// Whether the line is commented out, as in configuration files.
fn is_comment(line: &[u8]) -> bool {
    const BEGINS: [&[u8]; 3] = [b"#", b";", b"//"];
    BEGINS.iter().any(|begin| line.starts_with(begin))
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|part| part == wanted)
}
