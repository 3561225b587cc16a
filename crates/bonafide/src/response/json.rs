//! From JSON to a value.

use std::borrow::Cow;
use std::fmt;

use bonafide_tower::shown::plain_words;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::error::{Failure, Kind, Phase};

/// The failure of a body.
pub(super) const OF_BODY: &str = "the response's body is not JSON of the expected type";

/// Reads `bytes` as JSON. The failure is `what`; it says where the mistake is, and quotes no value.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8], what: &'static str) -> Result<T, Failure> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().iter().next().map(|_| error.path().to_string());
        unexpected(what, path, error.inner())
    })?;
    json.end().map_err(|error| unexpected(what, None, &error))?;
    Ok(value)
}

#[cold]
fn unexpected(what: &'static str, path: Option<String>, error: &serde_json::Error) -> Failure {
    let mistake = Mistake {
        path: path.map(|path| plain_words(path.as_bytes())),
        what: match (error.classify(), missing_field(error)) {
            (_, Some(field)) => format!("the field `{field}` is missing").into(),
            (Category::Data, None) => "the value does not fit the type".into(),
            (Category::Eof, None) => "the body ends before the JSON does".into(),
            (Category::Syntax | Category::Io, None) => "this is not JSON".into(),
        },
        line: error.line(),
        column: error.column(),
    };
    Failure::new(Kind::Decode, what)
        .during(Phase::Body)
        .caused_by(mistake)
}

/// The field that serde missed. It is the name in the type, and not a part of the body.
fn missing_field(error: &serde_json::Error) -> Option<String> {
    let text = error.to_string();
    let (name, _) = text.strip_prefix("missing field `")?.split_once('`')?;
    Some(plain_words(name.as_bytes()))
}

/// Where JSON is not as it was expected. serde's own text quotes the value, which may be a secret.
#[derive(Debug)]
struct Mistake {
    path: Option<String>,
    what: Cow<'static, str>,
    line: usize,
    column: usize,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.path {
            write!(f, "at `{path}`, ")?;
        }
        let Self {
            path: _,
            what,
            line,
            column,
        } = self;
        write!(f, "line {line}, column {column}: {what}")
    }
}

impl std::error::Error for Mistake {}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde::Deserialize;

    use super::*;
    use crate::error::Error;

    #[derive(Debug, Deserialize)]
    struct Order {
        #[expect(dead_code, reason = "only its type matters")]
        items: Vec<HashMap<String, u8>>,
    }

    #[test]
    fn a_mistake_is_named_by_its_path_and_no_value_is_quoted() {
        for (json, mistake) in [
            (
                r#"{"items": [{}, {"price": "s3cret"}]}"#,
                "at `items[1].price`, line 1, column 33: the value does not fit the type",
            ),
            (
                "{\"items\":\n[{\"a\": 300}]}",
                "at `items[0].a`, line 2, column 10: the value does not fit the type",
            ),
            (
                r#"{"items": [{"a": s3cret}]}"#,
                "at `items[0].a`, line 1, column 18: this is not JSON",
            ),
            ("{}", "line 1, column 2: the field `items` is missing"),
            ("", "line 1, column 0: the body ends before the JSON does"),
            (
                r#"{"items": []} s3cret"#,
                "line 1, column 15: this is not JSON",
            ),
        ] {
            let failure = parse::<Order>(json.as_bytes(), OF_BODY).expect_err(json);
            let error = Error::from(failure);
            assert_eq!(error.kind(), Kind::Decode);
            assert_eq!(
                error.to_string(),
                format!("the response's body is not JSON of the expected type: {mistake}")
            );
            let shown = format!("{error:?}");
            assert!(!shown.contains("s3cret"), "{shown}");
        }
        assert_eq!(
            parse::<Vec<u8>>(b" [1, 2] ", OF_BODY).expect("numbers"),
            [1, 2]
        );
    }
}
