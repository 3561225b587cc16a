//! Interim responses (RFC 9110, section 15.2), which hyper's servers do not write by request.

use bytes::{BufMut as _, Bytes, BytesMut};
use http::{HeaderMap, StatusCode};

use super::http2::headers as headers_frame;

pub(super) fn http1(status: StatusCode, headers: &HeaderMap) -> Bytes {
    let reason = status.canonical_reason().unwrap_or_default();
    let mut head = BytesMut::new();
    head.put_slice(format!("HTTP/1.1 {} {reason}\r\n", status.as_u16()).as_bytes());
    for (name, value) in headers {
        head.put_slice(name.as_str().as_bytes());
        head.put_slice(b": ");
        head.put_slice(value.as_bytes());
        head.put_slice(b"\r\n");
    }
    head.put_slice(b"\r\n");
    head.freeze()
}

/// A HEADERS frame with an interim response. Its fields are literals that are not indexed
/// (RFC 7541, section 6.2.2), so the state of hyper's encoder stays right.
pub(super) fn http2(stream: u32, status: StatusCode, headers: &HeaderMap) -> Bytes {
    /// `:status` in the static table.
    const STATUS: u8 = 8;
    let mut block = BytesMut::new();
    block.put_u8(STATUS);
    put_text(&mut block, status.as_str().as_bytes());
    for (name, value) in headers {
        block.put_u8(0);
        put_text(&mut block, name.as_str().as_bytes());
        put_text(&mut block, value.as_bytes());
    }
    headers_frame(stream, &block)
}

/// A string without Huffman coding (RFC 7541, section 5.2).
fn put_text(block: &mut BytesMut, text: &[u8]) {
    const PREFIX: usize = 127;
    if text.len() < PREFIX {
        block.put_u8(u8::try_from(text.len()).expect("less than 127"));
    } else {
        block.put_u8(127);
        let mut rest = text.len() - PREFIX;
        while rest >= 128 {
            block.put_u8(u8::try_from(rest % 128).expect("less than 128") | 128);
            rest /= 128;
        }
        block.put_u8(u8::try_from(rest).expect("less than 128"));
    }
    block.put_slice(text);
}
