//! From bytes to text.

use std::borrow::Cow;

use bytes::Bytes;
use encoding_rs::Encoding;
use http::HeaderValue;
use mime::Mime;

/// The charset that `Content-Type` names (RFC 9110 section 8.3.2), if it is a known one.
pub(super) fn charset(content_type: Option<&HeaderValue>) -> Option<&'static Encoding> {
    content_type
        .and_then(|value| value.to_str().ok()?.parse::<Mime>().ok())
        .and_then(|mime| Encoding::for_label(mime.get_param(mime::CHARSET)?.as_str().as_bytes()))
}

/// `bytes` as text; a byte order mark overrides `charset` and is left out.
pub(super) fn decode(charset: &'static Encoding, bytes: Bytes) -> String {
    match charset.decode(&bytes).0 {
        // Valid UTF-8 without a byte order mark: the bytes are the text.
        Cow::Borrowed(text) if text.len() == bytes.len() => {
            String::from_utf8(bytes.into()).unwrap_or_default()
        }
        text => text.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::UTF_8;

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
            let decoded = decode(
                charset(header.as_ref()).unwrap_or(UTF_8),
                Bytes::from_static(bytes),
            );
            assert_eq!(decoded, text, "{content_type:?} {bytes:?}");
        }
    }
}
