//! Bodies that are broken.

use std::io;

use super::encoding::{ALL, Encoder, Sent, text};
use super::reading::{Outcome, read};
use crate::decompression::{DecodingLimits, DecompressionError};

/// What comes out of `encoded`, which is the same however it is cut.
fn outcome(sent: Sent, encoded: &[u8]) -> Outcome {
    let name = sent.coding().as_str();
    let whole = read(name, [encoded], DecodingLimits::default());
    let bytes = read(name, encoded.chunks(1), DecodingLimits::default());
    assert_eq!(format!("{whole:?}"), format!("{bytes:?}"), "{sent:?}");
    whole
}

fn is_truncated(sent: Sent, fault: &Option<DecompressionError>) -> bool {
    matches!(fault, Some(DecompressionError::Truncated { coding }) if *coding == sent.coding())
}

fn has_trailing_data(sent: Sent, fault: &Option<DecompressionError>) -> bool {
    matches!(fault, Some(DecompressionError::TrailingData { coding }) if *coding == sent.coding())
}

fn corrupt(sent: Sent, fault: Option<DecompressionError>) -> io::Error {
    match fault {
        Some(DecompressionError::Corrupt { coding, source }) if coding == sent.coding() => source,
        other => panic!("{sent:?}: {other:?}"),
    }
}

#[test]
fn a_body_that_is_cut_off_at_any_byte_is_an_error() {
    for sent in ALL {
        for data in [&b""[..], b"hello hello", &text(600)] {
            let encoded = sent.encode(data);
            for length in 1..encoded.len() {
                let (decoded, fault) = outcome(sent, &encoded[..length]);
                assert!(is_truncated(sent, &fault), "{sent:?}, {length}: {fault:?}");
                assert!(data.starts_with(&decoded), "{sent:?}, {length}");
            }
        }
    }
}

#[test]
fn a_second_member_that_is_cut_off_is_an_error_after_the_first() {
    for sent in [Sent::Gzip, Sent::Zstd] {
        let first = sent.encode(b"one");
        let both = [first.clone(), sent.encode(b"two")].concat();
        for length in first.len() + 1..both.len() {
            let (decoded, fault) = outcome(sent, &both[..length]);
            assert!(is_truncated(sent, &fault), "{sent:?}, {length}: {fault:?}");
            assert!(decoded.starts_with(b"one"), "{sent:?}, {length}");
        }
    }
}

#[test]
fn an_inner_coding_that_is_cut_off_is_named() {
    let mut once = Sent::Gzip.encode(b"hello");
    once.pop();
    let twice = Sent::Brotli.encode(&once);
    let (decoded, fault) = read("gzip, br", [twice], DecodingLimits::default());
    assert_eq!(decoded, b"hello");
    assert!(is_truncated(Sent::Gzip, &fault), "{fault:?}");
}

#[test]
fn data_after_the_last_member_is_an_error_after_what_was_decoded() {
    for sent in ALL {
        for rubbish in [&b"x"[..], b"rubbish", b"\x01\0\0", b"\n"] {
            let encoded = [&sent.encode(b"hello"), rubbish].concat();
            let (decoded, fault) = outcome(sent, &encoded);
            assert_eq!(decoded, b"hello", "{sent:?}");
            assert!(has_trailing_data(sent, &fault), "{sent:?}: {fault:?}");
        }
    }
}

#[test]
fn a_second_stream_is_data_after_the_last_member_where_a_coding_has_one() {
    for sent in [Sent::Brotli, Sent::BareDeflate, Sent::Zlib] {
        let encoded = [sent.encode(b"one"), sent.encode(b"two")].concat();
        let (decoded, fault) = outcome(sent, &encoded);
        assert_eq!(decoded, b"one", "{sent:?}");
        assert!(has_trailing_data(sent, &fault), "{sent:?}: {fault:?}");
    }
}

#[test]
fn data_that_begins_almost_like_a_member_is_an_error() {
    for (sent, almost) in [
        (Sent::Gzip, &b"\x1f\x8b\x07"[..]),
        (Sent::Gzip, b"\x1f\x8c"),
        (Sent::Zstd, b"\x28\xb5\x2f\xfc"),
        (Sent::Zstd, b"\x60\x2a\x4d\x18"),
        (Sent::Zstd, b"\x50\x2a\x4d\x19"),
    ] {
        let encoded = [&sent.encode(b"hello"), almost].concat();
        let (decoded, fault) = outcome(sent, &encoded);
        assert_eq!(decoded, b"hello", "{sent:?}");
        assert!(has_trailing_data(sent, &fault), "{sent:?}: {fault:?}");
    }
}

#[test]
fn only_gzip_may_be_filled_up_with_zero_bytes() {
    for sent in ALL {
        for zeros in [1, 512] {
            let encoded = [sent.encode(b"hello"), vec![0; zeros]].concat();
            let (decoded, fault) = outcome(sent, &encoded);
            assert_eq!(decoded, b"hello", "{sent:?}");
            match sent {
                Sent::Gzip => assert!(fault.is_none(), "{fault:?}"),
                _ => assert!(has_trailing_data(sent, &fault), "{sent:?}: {fault:?}"),
            }
        }
    }
}

#[test]
fn nothing_may_follow_the_zero_bytes() {
    let member = Sent::Gzip.encode(b"hello");
    for rest in [&member[..], b"x"] {
        let encoded = [&member, &[0; 10][..], rest].concat();
        let (decoded, fault) = outcome(Sent::Gzip, &encoded);
        assert_eq!(decoded, b"hello");
        assert!(has_trailing_data(Sent::Gzip, &fault), "{fault:?}");
    }
}

#[test]
fn a_body_that_is_not_encoded_is_corrupt() {
    for (sent, expected) in [
        (Sent::Gzip, "it does not begin with the magic number"),
        (Sent::Zstd, "it does not begin with the magic number"),
    ] {
        for body in [&b"<!DOCTYPE html>"[..], b"\0"] {
            let (decoded, fault) = outcome(sent, body);
            assert_eq!(decoded, b"");
            let source = corrupt(sent, fault);
            assert_eq!(source.kind(), io::ErrorKind::InvalidData);
            assert_eq!(source.to_string(), expected);
        }
    }
    for sent in [Sent::Brotli, Sent::BareDeflate, Sent::Zlib] {
        let (_, fault) = outcome(sent, b"<!DOCTYPE html>");
        corrupt(sent, fault);
    }
}

#[test]
fn a_checksum_that_does_not_fit_is_corrupt() {
    for sent in [Sent::Gzip, Sent::Zlib, Sent::Zstd] {
        let mut encoded = sent.encode(b"hello");
        let last = match sent {
            Sent::Gzip => encoded.len() - 8,
            _ => encoded.len() - 1,
        };
        encoded[last] ^= 1;
        let name = sent.coding().as_str();
        let (_, fault) = read(name, [&encoded], DecodingLimits::default());
        corrupt(sent, fault);
    }
}

#[test]
fn a_length_that_does_not_fit_is_corrupt() {
    let mut encoded = Sent::Gzip.encode(b"hello");
    let last = encoded.len() - 1;
    encoded[last] ^= 1;
    let (decoded, fault) = outcome(Sent::Gzip, &encoded);
    assert_eq!(decoded, b"hello");
    let source = corrupt(Sent::Gzip, fault);
    assert_eq!(source.kind(), io::ErrorKind::InvalidData);
}

/// The frame does not say that it needs one.
#[test]
fn zstd_data_that_refers_to_a_dictionary_is_corrupt() {
    let dictionary = text(500);
    let mut encoder = Encoder::zstd_with_dictionary(&dictionary);
    let mut frame = encoder.write(&dictionary);
    frame.extend(encoder.finish());
    let (decoded, fault) = outcome(Sent::Zstd, &frame);
    assert_eq!(decoded, b"");
    let source = corrupt(Sent::Zstd, fault);
    assert_eq!(source.to_string(), "Data corruption detected");
}

/// The frame says which dictionary it needs.
#[test]
fn a_zstd_frame_that_names_a_dictionary_is_corrupt() {
    let frame = b"\x28\xb5\x2f\xfd\x21\x07\x01\x09\0\0a";
    let (decoded, fault) = outcome(Sent::Zstd, frame);
    assert_eq!(decoded, b"");
    let source = corrupt(Sent::Zstd, fault);
    assert_eq!(source.to_string(), "Dictionary mismatch");
}

/// FDICT of RFC 1950 section 2.2.
#[test]
fn a_zlib_stream_that_needs_a_dictionary_is_corrupt() {
    let stream = b"\x78\xbb\x06\x2c\x02\x15\xcb\x48\xcd\xc9\xc9\x07\0";
    let (decoded, fault) = outcome(Sent::Zlib, stream);
    assert_eq!(decoded, b"");
    corrupt(Sent::Zlib, fault);
}
