//! From bytes to text.

#[cfg(feature = "charset")]
mod encodings;
#[cfg(not(feature = "charset"))]
mod utf8;

use http::HeaderValue;
use mime::Mime;

#[cfg(feature = "charset")]
pub(super) use self::encodings::{Charset, Decoder};
#[cfg(not(feature = "charset"))]
pub(super) use self::utf8::{Charset, Decoder};

/// Calls `read` with the charset that `Content-Type` names (RFC 9110 section 8.3.2).
fn declared<R>(content_type: Option<&HeaderValue>, read: impl FnOnce(&str) -> R) -> Option<R> {
    let mime: Mime = content_type?.to_str().ok()?.parse().ok()?;
    Some(read(mime.get_param(mime::CHARSET)?.as_str()))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn text_is_the_same_in_one_piece_and_in_bytes() {
        for (bytes, text) in [
            (&b""[..], ""),
            ("h\u{e9}\u{1f600}x".as_bytes(), "h\u{e9}\u{1f600}x"),
            (b"\xef\xbb\xbfx\xef\xbb\xbf", "x\u{feff}"),
            (b"a\xffb\xf0\x9fc", "a\u{fffd}b\u{fffd}c"),
            (b"cut\xe2\x82", "cut\u{fffd}"),
            (b"\xef\xbb", "\u{fffd}"),
        ] {
            let charset = Charset::UTF_8;
            assert_eq!(charset.decode(Bytes::from_static(bytes)), text, "{bytes:?}");
            let (mut decoder, mut pieces) = (charset.decoder(), String::new());
            for byte in bytes {
                decoder.push(&[*byte], &mut pieces);
            }
            decoder.finish(&mut pieces);
            assert_eq!(pieces, text, "{bytes:?}");
        }
    }
}
