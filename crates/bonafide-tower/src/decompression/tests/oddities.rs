//! Bodies that are rare: what gzip may have in its head, empty members, other formats.

use std::io;

use super::encoding::Sent;
use super::reading::{Outcome, read};
use crate::decompression::{Coding, DecodingLimits, DecompressionError};

/// What comes out of `encoded`, which is the same however it is cut.
fn outcome(content_encoding: &str, encoded: &[u8]) -> Outcome {
    let whole = read(content_encoding, [encoded], DecodingLimits::default());
    for length in [1, 7] {
        let pieces = encoded.chunks(length);
        let cut = read(content_encoding, pieces, DecodingLimits::default());
        assert_eq!(format!("{whole:?}"), format!("{cut:?}"), "{length}");
    }
    whole
}

fn is_truncated(fault: &Option<DecompressionError>) -> bool {
    let coding = Coding::Gzip;
    matches!(fault, Some(DecompressionError::Truncated { coding: of }) if *of == coding)
}

/// What the decoder of `coding` says is wrong.
fn problem(coding: Coding, fault: Option<DecompressionError>) -> (io::ErrorKind, String) {
    match fault {
        Some(DecompressionError::Corrupt { coding: of, source }) if of == coding => {
            (source.kind(), source.to_string())
        }
        other => panic!("{coding}: {other:?}"),
    }
}

const EXTRA: u8 = 4;
const NAME: u8 = 8;
const COMMENT: u8 = 16;
const HEADER_CRC: u8 = 2;

/// A gzip member with `hello` whose head has these flags, and then these fields (RFC 1952 section
/// 2.3.1).
fn member(flags: u8, fields: &[u8]) -> Vec<u8> {
    let plain = Sent::Gzip.encode(b"hello");
    [&plain[..3], &[flags], &plain[4..10], fields, &plain[10..]].concat()
}

/// CRC-16 of RFC 1952: the low half of the CRC-32 of the head.
fn header_crc(head: &[u8]) -> [u8; 2] {
    let mut crc = u32::MAX;
    for byte in head {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    let [low, high, ..] = (!crc).to_le_bytes();
    [low, high]
}

#[test]
fn a_gzip_head_may_have_an_extra_field_a_name_a_comment_and_a_checksum() {
    let every = EXTRA | NAME | COMMENT | HEADER_CRC;
    let fields = b"\x03\0ext\xfcname\0comment\0";
    let head_bytes = 10 + fields.len();
    let crc = header_crc(&member(every, fields)[..head_bytes]);
    for (flags, fields) in [
        (EXTRA, &b"\0\0"[..]),
        (EXTRA, b"\x02\0xy"),
        (NAME, b"\0"),
        (NAME, b"hello.txt\0"),
        (COMMENT, b"a comment\0"),
        (EXTRA | NAME | COMMENT, fields),
        (every, &[&fields[..], &crc].concat()),
    ] {
        let encoded = member(flags, fields);
        let (decoded, fault) = outcome("gzip", &encoded);
        assert!(fault.is_none(), "{flags}: {fault:?}");
        assert_eq!(decoded, b"hello", "{flags}");
        for length in 1..encoded.len() {
            let (_, fault) = outcome("gzip", &encoded[..length]);
            assert!(is_truncated(&fault), "{flags}, {length}: {fault:?}");
        }
    }
}

#[test]
fn a_gzip_head_whose_checksum_does_not_fit_is_corrupt() {
    let fields = b"name\0";
    let [low, high] = header_crc(&member(NAME | HEADER_CRC, fields)[..10 + fields.len()]);
    let wrong = [&fields[..], &[low ^ 1, high]].concat();
    let (decoded, fault) = outcome("gzip", &member(NAME | HEADER_CRC, &wrong));
    assert_eq!(decoded, b"");
    let expected = "CRC computed for header does not match".to_owned();
    let invalid = io::ErrorKind::InvalidData;
    assert_eq!(problem(Coding::Gzip, fault), (invalid, expected));
}

#[test]
fn a_field_of_a_gzip_head_that_does_not_end_is_cut_off_data() {
    let endless = vec![b'x'; 1 << 20];
    for (flags, fields) in [
        (NAME, &endless[..]),
        (COMMENT, &endless),
        (EXTRA, b"\xff\xffshort"),
    ] {
        let head = [b"\x1f\x8b\x08", &[flags][..], &[0; 6], fields].concat();
        let pieces = head.chunks(60_000);
        let (decoded, fault) = read("gzip", pieces, DecodingLimits::default());
        assert_eq!(decoded, b"");
        assert!(is_truncated(&fault), "{flags}: {fault:?}");
    }
}

#[test]
fn empty_members_first_last_and_between_are_nothing() {
    for sent in [Sent::Gzip, Sent::Zstd] {
        let name = sent.coding().as_str();
        let [empty, one, two] = [&b""[..], b"one", b"two"].map(|data| sent.encode(data));
        for (members, expected) in [
            (&[&empty][..], ""),
            (&[&empty, &empty], ""),
            (&[&empty, &one], "one"),
            (&[&one, &empty], "one"),
            (&[&one, &empty, &empty, &two], "onetwo"),
            (&[&empty, &one, &two, &empty], "onetwo"),
        ] {
            let encoded: Vec<u8> = members.iter().copied().flatten().copied().collect();
            let (decoded, fault) = outcome(name, &encoded);
            assert!(fault.is_none(), "{sent:?}: {fault:?}");
            assert_eq!(decoded, expected.as_bytes(), "{sent:?}");
        }
    }
}

#[test]
fn an_empty_member_that_is_filled_up_with_zero_bytes_is_empty() {
    let encoded = [Sent::Gzip.encode(b""), vec![0; 100]].concat();
    let (decoded, fault) = outcome("gzip", &encoded);
    assert!(fault.is_none(), "{fault:?}");
    assert_eq!(decoded, b"");
}

#[test]
fn the_format_of_another_coding_is_corrupt() {
    let no_magic = "it does not begin with the magic number".to_owned();
    for (coding, sent) in [
        (Coding::Gzip, Sent::Zlib),
        (Coding::Gzip, Sent::BareDeflate),
        (Coding::Gzip, Sent::Zstd),
        (Coding::Zstd, Sent::Gzip),
        (Coding::Zstd, Sent::Brotli),
    ] {
        let (decoded, fault) = outcome(coding.as_str(), &sent.encode(b"hello"));
        assert_eq!(decoded, b"", "{coding}: {sent:?}");
        let expected = (io::ErrorKind::InvalidData, no_magic.clone());
        assert_eq!(problem(coding, fault), expected, "{sent:?}");
    }
    // These two have no magic number: the decoder says it.
    for sent in [Sent::Gzip, Sent::Zstd] {
        let (decoded, fault) = outcome("deflate", &sent.encode(b"hello"));
        assert_eq!(decoded, b"", "{sent:?}");
        problem(Coding::Deflate, fault);
    }
}

/// The format "large window" begins so, whose window may have 1 GiB.
#[test]
fn a_brotli_window_that_the_rfc_reserves_is_corrupt() {
    for bits in 10..=30_u8 {
        // The low six bits are the size; then the last block begins, and is empty.
        let stream = [0x11, bits | 0b1100_0000];
        let (decoded, fault) = outcome("br", &stream);
        assert_eq!(decoded, b"");
        let expected = "its window has a size that RFC 7932 reserves".to_owned();
        let invalid = io::ErrorKind::InvalidData;
        assert_eq!(problem(Coding::Brotli, fault), (invalid, expected));
    }
    // The largest window of RFC 7932: 16 MiB.
    let (decoded, fault) = outcome("br", &[0x0f | 0b0011_0000]);
    assert!(fault.is_none(), "{fault:?}");
    assert_eq!(decoded, b"");
}

#[cfg(feature = "decompression-zstd")]
#[test]
fn a_broken_zstd_frame_is_judged_the_same_however_it_arrives() {
    // A frame of no bytes, whose last block is compressed and has no content.
    let frame = [0x28, 0xb5, 0x2f, 0xfd, 0x20, 0, 5, 0, 0];
    assert!(matches!(outcome("zstd", &frame), (nothing, None) if nothing.is_empty()));
    let followed = outcome("zstd", &[&frame[..], &[0, 0x0e, 0x24]].concat());
    let coding = Coding::Zstd;
    assert!(matches!(
        followed,
        (nothing, Some(DecompressionError::TrailingData { coding: of }))
            if nothing.is_empty() && of == coding
    ));
}
