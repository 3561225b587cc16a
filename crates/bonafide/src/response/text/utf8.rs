//! Text in UTF-8, for a client without other charsets.

use std::mem;

use bytes::Bytes;
use http::HeaderValue;

use super::declared;
use crate::error::{Failure, Kind, Phase};

/// The one charset.
#[derive(Clone, Copy)]
pub(in crate::response) struct Charset(());

impl Charset {
    pub(in crate::response) const UTF_8: Self = Self(());

    /// UTF-8, unless `Content-Type` names another charset.
    pub(in crate::response) fn of(
        content_type: Option<&HeaderValue>,
        default: Self,
    ) -> Result<Self, Failure> {
        let is_utf8 = |label: &str| {
            let known = ["utf-8", "utf8", "us-ascii"];
            known.iter().any(|known| label.eq_ignore_ascii_case(known))
        };
        match declared(content_type, is_utf8) {
            None | Some(true) => Ok(default),
            Some(false) => Err(other_charset()),
        }
    }

    /// `bytes` as text, without a byte order mark.
    pub(in crate::response) fn decode(self, bytes: Bytes) -> String {
        let has_mark = bytes.starts_with("\u{feff}".as_bytes());
        match String::from_utf8(bytes.into()) {
            Ok(text) if !has_mark => text,
            Ok(text) => text.chars().skip(1).collect(),
            Err(error) => {
                let (mut decoder, mut text) = (self.decoder(), String::new());
                decoder.push(error.as_bytes(), &mut text);
                decoder.finish(&mut text);
                text
            }
        }
    }

    /// Decodes in pieces what [`decode`](Self::decode) decodes as one.
    pub(in crate::response) fn decoder(self) -> Decoder {
        Decoder {
            begun: Vec::new(),
            is_first: true,
        }
    }
}

#[cold]
fn other_charset() -> Failure {
    let what = "the response's body is text in a charset other than UTF-8, which the feature \
                `charset` reads";
    Failure::new(Kind::Decode, what).during(Phase::Body)
}

/// Decodes text in pieces.
pub(in crate::response) struct Decoder {
    /// The first bytes of a character, at most three.
    begun: Vec<u8>,
    /// Whether no character was decoded yet.
    is_first: bool,
}

impl Decoder {
    /// Appends the text of `bytes` to `text`. What may be a part of a character waits for the rest.
    pub(in crate::response) fn push(&mut self, bytes: &[u8], text: &mut String) {
        let joined;
        let bytes = if self.begun.is_empty() {
            bytes
        } else {
            let mut begun = mem::take(&mut self.begun);
            begun.extend_from_slice(bytes);
            joined = begun;
            &joined
        };
        let mut chunks = bytes.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            self.append(chunk.valid(), text);
            let invalid = chunk.invalid();
            if chunks.peek().is_none() && may_go_on(invalid) {
                self.begun = invalid.to_vec();
            } else if !invalid.is_empty() {
                self.append("\u{fffd}", text);
            }
        }
    }

    /// Appends what has waited, once the bytes have ended.
    pub(in crate::response) fn finish(&mut self, text: &mut String) {
        if !mem::take(&mut self.begun).is_empty() {
            self.append("\u{fffd}", text);
        }
    }

    fn append(&mut self, more: &str, text: &mut String) {
        if more.is_empty() {
            return;
        }
        let is_first = mem::replace(&mut self.is_first, false);
        let more = more
            .strip_prefix('\u{feff}')
            .filter(|_| is_first)
            .unwrap_or(more);
        text.push_str(more);
    }
}

/// Whether `bytes`, which end the input, are the beginning of a character.
fn may_go_on(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_charset_is_an_error_that_names_the_feature() {
        for (content_type, is_read) in [
            (None, true),
            (Some("text/plain"), true),
            (Some("text/plain; charset=UTF-8"), true),
            (Some("text/plain; charset=\"us-ascii\""), true),
            (Some("text/plain; charset=latin1"), false),
            (Some("text/plain; charset=no-such"), false),
        ] {
            let header = content_type.map(HeaderValue::from_static);
            match Charset::of(header.as_ref(), Charset::UTF_8) {
                Ok(_) => assert!(is_read, "{content_type:?}"),
                Err(failure) => {
                    assert!(!is_read, "{content_type:?}");
                    assert_eq!(failure.kind, Kind::Decode);
                    assert_eq!(
                        failure.to_string(),
                        "the response's body is text in a charset other than UTF-8, which the \
                         feature `charset` reads"
                    );
                }
            }
        }
    }
}
