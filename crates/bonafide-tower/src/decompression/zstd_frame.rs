//! The head of a zstd frame (RFC 8878 section 3.1.1.1), as far as it says how large the window is.
//!
//! libzstd has the same limit, but does not check it when a frame arrives in one piece. Without
//! this check the result would depend on how the body was divided.

use super::member::{Beginning, Format};

/// The largest window, in bytes: RFC 9659 section 3.
const MAX_WINDOW: u64 = 1 << MAX_WINDOW_LOG;

/// The logarithm of [`MAX_WINDOW`], to the base of 2.
pub(super) const MAX_WINDOW_LOG: u32 = 23;

/// Magic_Number of a frame with data.
const MAGIC: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// Magic_Number of a frame to be skipped (section 3.1.2), without the low half of its first byte.
const SKIPPABLE: [u8; 4] = [0x50, 0x2a, 0x4d, 0x18];

/// What `bytes` say, with which a frame begins.
pub(super) fn beginning(bytes: &[u8]) -> Beginning {
    if let Some(head) = bytes.strip_prefix(MAGIC) {
        return match window(head) {
            None => Beginning::Unknown,
            Some(window) if window > MAX_WINDOW => {
                let limit = MAX_WINDOW;
                Beginning::WindowTooLarge { window, limit }
            }
            Some(_) => Beginning::Of(Format::Zstd),
        };
    }
    let is_skippable = bytes
        .iter()
        .zip(SKIPPABLE)
        .enumerate()
        .all(|(at, (&byte, skippable))| match at {
            0 => byte & 0xf0 == skippable,
            _ => byte == skippable,
        });
    if is_skippable && bytes.len() >= SKIPPABLE.len() {
        Beginning::Of(Format::Zstd)
    } else if is_skippable || MAGIC.starts_with(bytes) {
        Beginning::Unknown
    } else {
        Beginning::Foreign
    }
}

/// Window_Size, in bytes, from a frame header without its magic number; `None` if that is too short
/// to say so.
fn window(header: &[u8]) -> Option<u64> {
    let (&descriptor, rest) = header.split_first()?;
    let is_single_segment = descriptor & 0x20 != 0;
    if !is_single_segment {
        let &window = rest.first()?;
        let base = 1_u64 << (10 + (window >> 3));
        return Some(base + base / 8 * u64::from(window & 7));
    }
    let dictionary_id = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let content_size = rest.get(dictionary_id..)?;
    match descriptor >> 6 {
        0 => content_size.first().map(|&size| size.into()),
        1 => Some(u64::from(u16::from_le_bytes(*content_size.first_chunk()?)) + 256),
        2 => Some(u32::from_le_bytes(*content_size.first_chunk()?).into()),
        _ => Some(u64::from_le_bytes(*content_size.first_chunk()?)),
    }
}
