//! JSON errors that contain nothing of the text that was read.
//!
//! The errors of serde_json repeat unexpected fields and values. A path to the wrong file may be
//! the path to a private key, and an error must not print it.

use std::fmt;

/// A text is not JSON or does not have the expected shape: where, and what was expected. The error
/// contains nothing of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    line: usize,
    column: usize,
    what: String,
}

impl JsonError {
    /// The line, from 1; 0 if it is not known.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The column in bytes; 0 at the beginning of a line.
    pub fn column(&self) -> usize {
        self.column
    }

    /// What is wrong, without line and column.
    pub fn what(&self) -> &str {
        &self.what
    }
}

impl From<serde_json::Error> for JsonError {
    fn from(error: serde_json::Error) -> Self {
        let text = error.to_string();
        let text = text
            .rsplit_once(" at line ")
            .map_or(&*text, |(text, _)| text);
        // These contain only our own field names or numbers. Other data errors repeat the data
        // before the text `, expected`.
        let harmless = ["missing field `", "duplicate field `", "invalid length "];
        let what = if !error.is_data() || harmless.iter().any(|begin| text.starts_with(begin)) {
            text.to_owned()
        } else {
            let kinds = [
                "unknown field",
                "unknown variant",
                "invalid type",
                "invalid value",
            ];
            let kind = kinds.iter().find(|kind| text.starts_with(**kind));
            let kind = kind.unwrap_or(&"not of the expected form");
            match text.rsplit_once(", expected ") {
                Some((_, expected)) => format!("{kind}, expected {expected}"),
                None => (*kind).to_owned(),
            }
        };
        Self {
            line: error.line(),
            column: error.column(),
            what,
        }
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, what } = self;
        f.write_str(what)?;
        match line {
            0 => Ok(()),
            _ => write!(f, " at line {line} column {column}"),
        }
    }
}

impl std::error::Error for JsonError {}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "what is read is of no interest here")]
    struct Shape {
        number: u64,
        text: Option<Kind>,
    }

    #[derive(Debug, Deserialize)]
    enum Kind {
        One,
    }

    #[test]
    fn what_was_expected_is_reported_and_what_was_found_is_not() {
        for (json, expected) in [
            ("{", "EOF while parsing an object at line 1 column 1"),
            ("SECRET", "expected value at line 1 column 1"),
            ("{}", "missing field `number` at line 1 column 2"),
            (
                r#"{"number": 1, "number": 2}"#,
                "duplicate field `number` at line 1 column 22",
            ),
            (
                r#"{"SECRET, expected SECRET": 1}"#,
                "unknown field, expected `number` or `text` at line 1 column 26",
            ),
            (
                r#"{"number": "SECRET"}"#,
                "invalid type, expected u64 at line 1 column 19",
            ),
            (
                r#"{"number": 1, "text": "SECRET"}"#,
                "unknown variant, expected `One` at line 1 column 30",
            ),
        ] {
            let error = JsonError::from(serde_json::from_str::<Shape>(json).map(drop).unwrap_err());
            assert_eq!(error.to_string(), expected, "{json}");
            assert!(!format!("{error:?}").contains("SECRET"), "{json}");
        }
    }
}
