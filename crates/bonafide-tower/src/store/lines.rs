//! The text of a state: a first line that names it, a line of fields for each entry, and a last
//! line that counts them, so that a truncated state is detected.

use std::str::FromStr;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, percent_encode};

use super::{Kind, StoreError};

/// Characters that are encoded in a field; `percent_encode` also encodes everything that is not
/// ASCII.
const ENCODED: &AsciiSet = &CONTROLS.add(b'%');

fn first_line(kind: Kind) -> String {
    format!("bonafide {kind} 1")
}

/// Writes a state.
pub(crate) struct Writer {
    text: String,
    entries: usize,
}

impl Writer {
    pub(crate) fn new(kind: Kind) -> Self {
        let mut text = first_line(kind);
        text.push('\n');
        Self { text, entries: 0 }
    }

    /// Adds an entry.
    pub(crate) fn line(&mut self, fields: &[&[u8]]) {
        for (at, field) in fields.iter().enumerate() {
            if at > 0 {
                self.text.push('\t');
            }
            self.text.extend(percent_encode(field, ENCODED));
        }
        self.text.push('\n');
        self.entries += 1;
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.text.push_str(&format!("end {}\n", self.entries));
        self.text.into_bytes()
    }
}

/// The entries of a state.
pub(crate) struct Lines<'a> {
    kind: Kind,
    entries: Vec<&'a str>,
}

impl<'a> Lines<'a> {
    /// Reads the frame of a state.
    pub(crate) fn parse(kind: Kind, state: &'a [u8]) -> Result<Self, StoreError> {
        let corrupt = |line, problem| StoreError::Corrupt {
            kind,
            line,
            problem,
        };
        let text = str::from_utf8(state).map_err(|_| corrupt(1, "not UTF-8"))?;
        let mut entries: Vec<&str> = text.split('\n').collect();
        let lines = entries.len();
        if entries.pop() != Some("") {
            return Err(corrupt(lines, "the text does not end with a line feed"));
        }
        let first = first_line(kind);
        if entries.first().is_none_or(|line| **line != first) {
            return Err(corrupt(1, "not the first line of such a state"));
        }
        let last = entries.pop().unwrap_or_default();
        let entries = entries.get(1..).unwrap_or_default().to_vec();
        if last != format!("end {}", entries.len()) {
            return Err(corrupt(
                lines - 1,
                "not the last line of a state with as many entries",
            ));
        }
        Ok(Self { kind, entries })
    }

    /// Reads each entry with `read`, which says what is wrong with one.
    pub(crate) fn read<T>(
        &self,
        mut read: impl FnMut(&mut Fields<'_>) -> Result<T, &'static str>,
    ) -> Result<Vec<T>, StoreError> {
        let entries = self.entries.iter().enumerate();
        entries
            .map(|(at, entry)| {
                let mut fields = Fields(Some(entry));
                let value = read(&mut fields).and_then(|value| match fields.0 {
                    None => Ok(value),
                    Some(_) => Err("too many fields"),
                });
                value.map_err(|problem| StoreError::Corrupt {
                    kind: self.kind,
                    line: at + 2,
                    problem,
                })
            })
            .collect()
    }
}

/// The fields of an entry that are not read yet.
pub(crate) struct Fields<'a>(Option<&'a str>);

impl Fields<'_> {
    /// The next one.
    pub(crate) fn bytes(&mut self) -> Result<Vec<u8>, &'static str> {
        let rest = self.0.ok_or("too few fields")?;
        let (field, rest) = match rest.split_once('\t') {
            Some((field, rest)) => (field, Some(rest)),
            None => (rest, None),
        };
        self.0 = rest;
        Ok(percent_decode_str(field).collect())
    }

    /// The next one, which is text.
    pub(crate) fn text(&mut self) -> Result<String, &'static str> {
        String::from_utf8(self.bytes()?).map_err(|_| "a field that is not UTF-8")
    }

    /// The next one, which is a number.
    pub(crate) fn number<T: FromStr>(&mut self) -> Result<T, &'static str> {
        let text = self.text()?;
        text.parse().map_err(|_| "a field that is not a number")
    }
}
