//! Text in all charsets of the WHATWG Encoding Standard.

use std::borrow::Cow;

use bytes::Bytes;
use encoding_rs::{CoderResult, Encoding, UTF_8};
use http::HeaderValue;

use super::declared;
use crate::error::Failure;

/// A charset.
#[derive(Clone, Copy)]
pub(in crate::response) struct Charset(&'static Encoding);

impl Charset {
    pub(in crate::response) const UTF_8: Self = Self(UTF_8);

    /// The charset with this label.
    pub(in crate::response) fn labelled(label: &str) -> Option<Self> {
        Encoding::for_label(label.as_bytes()).map(Self)
    }

    /// The charset that `Content-Type` names, else `default`.
    pub(in crate::response) fn of(
        content_type: Option<&HeaderValue>,
        default: Self,
    ) -> Result<Self, Failure> {
        let named = declared(content_type, Self::labelled).flatten();
        Ok(named.unwrap_or(default))
    }

    /// `bytes` as text; a byte order mark overrides the charset and is left out.
    pub(in crate::response) fn decode(self, bytes: Bytes) -> String {
        match self.0.decode(&bytes).0 {
            // Valid UTF-8 without a byte order mark: the bytes are the text.
            Cow::Borrowed(text) if text.len() == bytes.len() => {
                String::from_utf8(bytes.into()).unwrap_or_default()
            }
            text => text.into_owned(),
        }
    }

    /// Decodes in pieces what [`decode`](Self::decode) decodes as one.
    pub(in crate::response) fn decoder(self) -> Decoder {
        Decoder(self.0.new_decoder())
    }
}

/// Decodes text in pieces.
pub(in crate::response) struct Decoder(encoding_rs::Decoder);

impl Decoder {
    /// Appends the text of `bytes` to `text`. What may be a part of a character waits for the rest.
    pub(in crate::response) fn push(&mut self, bytes: &[u8], text: &mut String) {
        self.decode(bytes, text, false);
    }

    /// Appends what has waited, once the bytes have ended.
    pub(in crate::response) fn finish(&mut self, text: &mut String) {
        self.decode(&[], text, true);
    }

    fn decode(&mut self, mut bytes: &[u8], text: &mut String, last: bool) {
        loop {
            let most = self.0.max_utf8_buffer_length(bytes.len());
            text.reserve(most.unwrap_or(bytes.len()));
            let (result, read, _) = self.0.decode_to_string(bytes, text, last);
            match result {
                CoderResult::InputEmpty => return,
                CoderResult::OutputFull => bytes = &bytes[read..],
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_in_its_charset() {
        // content type, bytes, text
        for (content_type, bytes, text) in [
            (None, "h\u{e9}".as_bytes(), "h\u{e9}"),
            (Some("text/plain"), "h\u{e9}".as_bytes(), "h\u{e9}"),
            (Some("text/plain; charset=utf-8"), b"\xff", "\u{fffd}"),
            (
                Some("text/plain; charset=\"ISO-8859-1\""),
                b"h\xe9",
                "h\u{e9}",
            ),
            (Some("text/plain; charset=shift_jis"), b"\x83e", "\u{30c6}"),
            (
                Some("text/plain; charset=no-such"),
                "h\u{e9}".as_bytes(),
                "h\u{e9}",
            ),
            (Some("not a type"), b"x", "x"),
            (Some("text/plain; charset=latin1"), b"\xef\xbb\xbfx", "x"),
            (Some("text/plain"), b"\xff\xfeh\0", "h"),
            (Some("text/plain"), b"", ""),
        ] {
            let header = content_type.map(HeaderValue::from_static);
            let charset = Charset::of(header.as_ref(), Charset::UTF_8).expect("any charset");
            let decoded = charset.decode(Bytes::from_static(bytes));
            assert_eq!(decoded, text, "{content_type:?} {bytes:?}");
        }
    }
}
