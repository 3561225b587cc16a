//! The first bytes of a member, which say how to decode it.

use super::Coding;
use super::zstd_frame;

/// The bytes that every gzip member begins with (RFC 1952 section 2.3.1), its only method included.
const GZIP: &[u8] = &[0x1f, 0x8b, 8];

/// The size of a window that RFC 7932 section 9.1 reserves, in the low seven bits of a stream. With
/// it the format "large window" begins, which the decoder of the crate brotli also reads: its
/// window has up to 1 GiB, and the decoder allocates all of it.
const BROTLI_RESERVED: u8 = 0b001_0001;

/// The meaning of the first bytes of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beginning {
    /// More of them are needed.
    Unknown,
    /// It is in this format.
    Of(Format),
    /// They cannot begin a member of this coding.
    Foreign,
    /// They are a form that the format's RFC reserves.
    Reserved,
    /// It needs a window of more bytes than are allowed.
    WindowTooLarge { window: u64, limit: u64 },
}

/// What a decoder is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Brotli,
    BareDeflate,
    Gzip,
    Zlib,
    Zstd,
}

/// The meaning of `bytes`, the first ones of a member of `coding`. There is at least one.
pub(super) fn beginning(coding: Coding, bytes: &[u8]) -> Beginning {
    match coding {
        Coding::Brotli => match bytes.first() {
            Some(first) if first & 0x7f == BROTLI_RESERVED => Beginning::Reserved,
            _ => Beginning::Of(Format::Brotli),
        },
        Coding::Deflate => match *bytes {
            [first, second, ..] if is_zlib(first, second) => Beginning::Of(Format::Zlib),
            [_, _, ..] => Beginning::Of(Format::BareDeflate),
            _ => Beginning::Unknown,
        },
        Coding::Gzip => {
            if bytes.starts_with(GZIP) {
                Beginning::Of(Format::Gzip)
            } else if GZIP.starts_with(bytes) {
                Beginning::Unknown
            } else {
                Beginning::Foreign
            }
        }
        Coding::Zstd => zstd_frame::beginning(bytes),
    }
}

/// Whether a zlib header has these two bytes (RFC 1950 section 2.2): method 8, a window of 32 KiB
/// at most, and a multiple of 31. A bare stream would begin so with a stored block whose padding is
/// not zero, which no encoder writes.
fn is_zlib(first: u8, second: u8) -> bool {
    first & 0x0f == 8 && first >> 4 <= 7 && u16::from_be_bytes([first, second]).is_multiple_of(31)
}

/// Whether further members may follow the first: RFC 1952 section 2.2, RFC 8878 section 3.1.
pub(super) fn has_several(coding: Coding) -> bool {
    match coding {
        Coding::Gzip | Coding::Zstd => true,
        Coding::Brotli | Coding::Deflate => false,
    }
}

/// Whether zero bytes may follow the last member. gzip(1) skips them since archives on tape were
/// filled up with them, and files of that kind are served.
pub(super) fn may_be_padded(coding: Coding) -> bool {
    match coding {
        Coding::Gzip => true,
        Coding::Brotli | Coding::Deflate | Coding::Zstd => false,
    }
}
