//! A text in TOML or JSON as values with their positions in the text.

use std::borrow::Cow;

use serde_json::value::RawValue;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::MAX_FILE_BYTES;
use super::error::{PinFileError, PinFileProblem};
use super::json::Fields;

/// A text and the name of its file.
pub(super) struct Document<'a> {
    file: &'a str,
    text: &'a str,
}

/// A TOML text that was parsed.
pub(super) struct TomlTable<'a>(Spanned<DeTable<'a>>);

/// One value and its position, in bytes.
#[derive(Clone, Copy)]
pub(super) struct Node<'a> {
    pub(super) at: usize,
    raw: Raw<'a>,
}

#[derive(Clone, Copy)]
enum Raw<'a> {
    TomlTable(&'a DeTable<'a>),
    Toml(&'a DeValue<'a>),
    Json(&'a RawValue),
}

/// The content of a node, one level deep.
pub(super) enum Value<'a> {
    Table(Vec<(Cow<'a, str>, Node<'a>)>),
    Array(Vec<Node<'a>>),
    Text(Cow<'a, str>),
    Whole(u64),
    Other(&'static str),
}

impl<'a> Document<'a> {
    pub(super) fn new(file: &'a str, bytes: &'a [u8]) -> Result<Self, PinFileError> {
        if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_FILE_BYTES) {
            let limit_bytes = MAX_FILE_BYTES;
            return Err(PinFileError::new(
                file,
                None,
                PinFileProblem::TooLarge { limit_bytes },
            ));
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Self { file, text }),
            Err(error) => {
                let readable = bytes.get(..error.valid_up_to()).unwrap_or_default();
                let readable = std::str::from_utf8(readable).unwrap_or_default();
                let place = Some(end_of(readable));
                Err(PinFileError::new(file, place, PinFileProblem::NotUtf8))
            }
        }
    }

    pub(super) fn parse_toml(&self) -> Result<TomlTable<'a>, PinFileError> {
        DeTable::parse(self.text).map(TomlTable).map_err(|error| {
            let at = error.span().map(|span| span.start);
            // Only the message: the error itself contains the whole text, and would print the line.
            let message = error.message().to_owned();
            self.problem(at, PinFileProblem::Toml { message })
        })
    }

    pub(super) fn parse_json(&self) -> Result<Node<'a>, PinFileError> {
        match serde_json::from_str::<&RawValue>(self.text) {
            Ok(raw) => Ok(self.json_node(raw)),
            Err(error) => {
                // Columns of serde_json count bytes, and begin at 0 after a line break.
                let line = error.line().max(1);
                let before = self.text.split('\n').nth(line - 1).unwrap_or_default();
                let bytes = error.column().saturating_sub(1);
                let before = before.as_bytes().get(..bytes).unwrap_or_default();
                let column = String::from_utf8_lossy(before).chars().count() + 1;
                let problem = PinFileProblem::Json(error.into());
                Err(PinFileError::new(self.file, Some((line, column)), problem))
            }
        }
    }

    pub(super) fn problem(&self, at: Option<usize>, problem: PinFileProblem) -> PinFileError {
        PinFileError::new(self.file, at.map(|at| self.place(at)), problem)
    }

    pub(super) fn line(&self, at: usize) -> usize {
        self.place(at).0
    }

    /// The line and the column of a position in the text.
    fn place(&self, at: usize) -> (usize, usize) {
        let before = self
            .text
            .char_indices()
            .take_while(|(start, _)| *start < at);
        let end = before.last().map_or(0, |(start, c)| start + c.len_utf8());
        end_of(&self.text[..end])
    }

    /// The content of the node.
    pub(super) fn open(&self, node: Node<'a>) -> Result<Value<'a>, PinFileError> {
        match node.raw {
            Raw::TomlTable(table) => Ok(Value::Table(toml_fields(table))),
            Raw::Toml(value) => Ok(open_toml(value)),
            Raw::Json(raw) => self
                .open_json(raw.get())
                .map_err(|error| self.problem(Some(node.at), PinFileProblem::Json(error.into()))),
        }
    }

    fn open_json(&self, raw: &'a str) -> Result<Value<'a>, serde_json::Error> {
        Ok(match raw.as_bytes().first() {
            Some(b'{') => {
                let Fields(fields) = serde_json::from_str(raw)?;
                let fields = fields.into_iter();
                Value::Table(
                    fields
                        .map(|(name, raw)| (name.into(), self.json_node(raw)))
                        .collect(),
                )
            }
            Some(b'[') => {
                let elements: Vec<&RawValue> = serde_json::from_str(raw)?;
                Value::Array(
                    elements
                        .into_iter()
                        .map(|raw| self.json_node(raw))
                        .collect(),
                )
            }
            Some(b'"') => Value::Text(serde_json::from_str::<String>(raw)?.into()),
            Some(b't' | b'f') => Value::Other("a boolean"),
            Some(b'n') => Value::Other("null"),
            _ => match raw.parse() {
                Ok(number) => Value::Whole(number),
                Err(_) => Value::Other("a number that is negative, too large or not whole"),
            },
        })
    }

    fn json_node(&self, raw: &'a RawValue) -> Node<'a> {
        // A raw value is borrowed from the text.
        let at = raw.get().as_ptr().addr() - self.text.as_ptr().addr();
        Node {
            at,
            raw: Raw::Json(raw),
        }
    }
}

impl TomlTable<'_> {
    pub(super) fn root(&self) -> Node<'_> {
        Node {
            at: 0,
            raw: Raw::TomlTable(self.0.get_ref()),
        }
    }
}

fn open_toml<'a>(value: &'a DeValue<'a>) -> Value<'a> {
    match value {
        DeValue::Table(table) => Value::Table(toml_fields(table)),
        DeValue::Array(array) => Value::Array(array.iter().map(toml_node).collect()),
        DeValue::String(text) => Value::Text(Cow::Borrowed(text)),
        DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).map_or(
            Value::Other("a number that is negative or too large"),
            Value::Whole,
        ),
        DeValue::Float(_) => Value::Other("a number that is not whole"),
        DeValue::Boolean(_) => Value::Other("a boolean"),
        DeValue::Datetime(_) => Value::Other("a time without quotes"),
    }
}

/// The fields in the order of the text.
fn toml_fields<'a>(table: &'a DeTable<'a>) -> Vec<(Cow<'a, str>, Node<'a>)> {
    let mut fields: Vec<_> = table
        .iter()
        .map(|(name, value)| (name.span().start, name, toml_node(value)))
        .collect();
    fields.sort_by_key(|(at, ..)| *at);
    fields
        .into_iter()
        .map(|(_, name, node)| (Cow::Borrowed(name.get_ref().as_ref()), node))
        .collect()
}

fn toml_node<'a>(value: &'a Spanned<DeValue<'a>>) -> Node<'a> {
    Node {
        at: value.span().start,
        raw: Raw::Toml(value.get_ref()),
    }
}

/// The line and the column right after a text.
fn end_of(text: &str) -> (usize, usize) {
    let line = text.matches('\n').count() + 1;
    let last = text.rsplit('\n').next().unwrap_or_default();
    (line, last.chars().count() + 1)
}
