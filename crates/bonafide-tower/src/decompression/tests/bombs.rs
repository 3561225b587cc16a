//! Bodies that grow.

use super::encoding::{ALL, Encoder, Sent, text};
use super::reading::read;
use crate::decompression::{Coding, DecodingLimits, DecompressionError};

const MIB: usize = 1024 * 1024;

/// A body of zero bytes, small in each coding.
fn zeros(sent: Sent, length: usize) -> Vec<u8> {
    let mut encoder = sent.encoder();
    let mut encoded = Vec::new();
    for _ in 0..length / MIB {
        encoded.extend(encoder.write(&vec![0; MIB]));
    }
    encoded.extend(encoder.finish());
    encoded
}

#[test]
fn a_body_that_grows_more_than_a_thousandfold_is_refused_after_the_first_mebibyte() {
    for sent in ALL {
        let bomb = zeros(sent, 4 * MIB);
        let name = sent.coding().as_str();
        let (decoded, fault) = read(name, [&bomb], DecodingLimits::default());
        let is_1_000 = matches!(fault, Some(DecompressionError::Ratio { limit: 1_000 }));
        assert!(is_1_000, "{sent:?}, {}: {fault:?}", bomb.len());
        assert!(decoded.len() >= MIB, "{sent:?}: {}", decoded.len());
        // The head of what deflate makes counts: its best is 1,032.
        let room = match sent {
            Sent::Brotli | Sent::Zstd => MIB,
            Sent::BareDeflate | Sent::Gzip | Sent::Zlib => 2 * MIB,
        };
        assert!(decoded.len() <= room, "{sent:?}: {}", decoded.len());
    }
}

#[test]
fn one_mebibyte_may_come_out_of_any_body() {
    for sent in ALL {
        let name = sent.coding().as_str();
        let limits = DecodingLimits::default().with_max_ratio(1);
        let (decoded, fault) = read(name, [zeros(sent, MIB)], limits);
        assert!(fault.is_none(), "{sent:?}: {fault:?}");
        assert_eq!(decoded.len(), MIB, "{sent:?}");
    }
}

#[test]
fn the_ratio_can_be_set_and_switched_off() {
    for sent in ALL {
        let name = sent.coding().as_str();
        let bomb = zeros(sent, 4 * MIB);
        let limits = DecodingLimits::default().with_max_ratio(30);
        let (_, fault) = read(name, [&bomb], limits);
        let is_30 = matches!(fault, Some(DecompressionError::Ratio { limit: 30 }));
        assert!(is_30, "{sent:?}: {fault:?}");

        let limits = DecodingLimits::default().with_any_ratio();
        let (decoded, fault) = read(name, [&bomb], limits);
        assert!(fault.is_none(), "{sent:?}: {fault:?}");
        assert_eq!(decoded.len(), 4 * MIB, "{sent:?}");
    }
}

#[test]
fn the_ratio_counts_what_was_read_and_not_what_has_arrived() {
    let mut bomb = zeros(Sent::Zstd, 4 * MIB);
    bomb.extend(Sent::Zstd.encode(&text(MIB)));
    for length in [1, 100, bomb.len()] {
        let (_, fault) = read("zstd", bomb.chunks(length), DecodingLimits::default());
        let is_1_000 = matches!(fault, Some(DecompressionError::Ratio { limit: 1_000 }));
        assert!(is_1_000, "{length}: {fault:?}");
    }
}

#[test]
fn a_bomb_within_a_bomb_is_refused_by_what_the_whole_body_grows() {
    let once = zeros(Sent::Gzip, 8 * MIB);
    for outer in [Sent::Gzip, Sent::Brotli, Sent::Zstd, Sent::Zlib] {
        let twice = outer.encode(&once);
        let name = format!("gzip, {}", outer.coding());
        let (decoded, fault) = read(&name, [&twice], DecodingLimits::default());
        let is_1_000 = matches!(fault, Some(DecompressionError::Ratio { limit: 1_000 }));
        assert!(is_1_000, "{outer:?}, {}: {fault:?}", twice.len());
        assert!(decoded.len() <= 4 * MIB, "{outer:?}: {}", decoded.len());
    }
}

/// Empty members put out nothing, and reading them takes time.
#[test]
fn a_bomb_that_comes_to_nothing_in_the_end_is_refused_too() {
    let nothing = Sent::Gzip.encode(b"").repeat(4 * MIB / 20);
    let bomb = Sent::Zstd.encode(&nothing);
    let (decoded, fault) = read("gzip, zstd", [bomb], DecodingLimits::default());
    let is_1_000 = matches!(fault, Some(DecompressionError::Ratio { limit: 1_000 }));
    assert!(is_1_000, "{fault:?}");
    assert_eq!(decoded, b"");
}

#[test]
fn a_body_may_be_as_large_as_the_limit_and_no_larger() {
    for sent in ALL {
        for length in [1, 1_000, 100_000] {
            let name = sent.coding().as_str();
            let data = text(length);
            let encoded = sent.encode(&data);
            let limit = length as u64;

            let limits = DecodingLimits::default().with_max_bytes(limit);
            let (decoded, fault) = read(name, [&encoded], limits);
            assert!(fault.is_none(), "{sent:?}: {fault:?}");
            assert!(decoded == data, "{sent:?}");

            let limits = DecodingLimits::default().with_max_bytes(limit - 1);
            let (decoded, fault) = read(name, [&encoded], limits);
            match fault {
                Some(DecompressionError::TooLarge { limit }) => {
                    assert_eq!(limit, length as u64 - 1, "{sent:?}");
                }
                other => panic!("{sent:?}: {other:?}"),
            }
            assert!(
                data.starts_with(&decoded) && decoded.len() < length,
                "{sent:?}"
            );
        }
    }
}

#[test]
fn the_size_is_that_of_what_comes_out_in_the_end() {
    let once = Sent::Gzip.encode(b"");
    let twice = Sent::Brotli.encode(&once);
    let limits = DecodingLimits::default().with_max_bytes(0);
    let (decoded, fault) = read("gzip, br", [twice], limits);
    assert!(fault.is_none(), "{fault:?}");
    assert_eq!(decoded, b"");
}

#[test]
fn a_zstd_window_may_have_eight_mebibytes_and_no_more() {
    use async_compression::zstd::CParameter;

    let data = text(100_000);
    for log in [10, 23, 24, 27] {
        let unsized_window = [
            CParameter::window_log(log),
            CParameter::content_size_flag(false),
        ];
        let mut encoder = Encoder::zstd(&unsized_window);
        let mut frame = encoder.write(&data);
        frame.extend(encoder.finish());
        for pieces in [1, 7, frame.len()] {
            let (decoded, fault) = read("zstd", frame.chunks(pieces), DecodingLimits::default());
            match fault {
                None => {
                    assert!(log <= 23);
                    assert!(decoded == data);
                }
                Some(DecompressionError::WindowTooLarge { window, limit }) => {
                    assert!(log > 23);
                    assert_eq!((window, limit), (1 << log, 8 << 20));
                    assert_eq!(decoded, b"");
                }
                Some(other) => panic!("{log}: {other:?}"),
            }
        }
    }
}

/// The head of a frame, and the window that it asks for.
#[test]
fn the_window_is_read_from_every_form_of_a_zstd_frame() {
    let magic = b"\x28\xb5\x2f\xfd";
    let refused: [(&[u8], u64); 7] = [
        (b"\x00\x69", (8 << 20) / 8 * 9),
        (b"\x00\x70", 16 << 20),
        (b"\x00\xff", 15 << 38),
        (b"\xa0\x01\x00\x80\x00", (8 << 20) + 1),
        (b"\xe0\x01\x00\x80\x00\x00\x00\x00\x00", (8 << 20) + 1),
        (b"\xe0\xff\xff\xff\xff\xff\xff\xff\xff", u64::MAX),
        (b"\xa3\x01\x02\x03\x04\x01\x00\x80\x00", (8 << 20) + 1),
    ];
    for (head, expected) in refused {
        let frame = [magic, head].concat();
        for pieces in [1, 3, frame.len()] {
            let (_, fault) = read("zstd", frame.chunks(pieces), DecodingLimits::default());
            match fault {
                Some(DecompressionError::WindowTooLarge { window, limit }) => {
                    assert_eq!((window, limit), (expected, 8 << 20), "{head:x?}");
                }
                other => panic!("{head:x?}: {other:?}"),
            }
        }
    }
    let allowed: [&[u8]; 7] = [
        b"\x00\x68",
        b"\x00\x00",
        b"\x20\xff",
        b"\x60\xff\xff",
        b"\x61\x00\xff\xff",
        b"\xa2\x00\x00\x00\x00\x80\x00",
        b"\xe0\x00\x00\x80\x00\x00\x00\x00\x00",
    ];
    for head in allowed {
        let frame = [magic, head].concat();
        for pieces in [1, 3, frame.len()] {
            let (_, fault) = read("zstd", frame.chunks(pieces), DecodingLimits::default());
            let coding = Coding::Zstd;
            let is_cut_off =
                matches!(fault, Some(DecompressionError::Truncated { coding: of }) if of == coding);
            assert!(is_cut_off, "{head:x?}: {fault:?}");
        }
    }
}

#[test]
fn a_later_zstd_frame_is_judged_like_the_first() {
    let mut encoded = Sent::Zstd.encode(b"data");
    encoded.extend(b"\x28\xb5\x2f\xfd\x00\x70");
    let (decoded, fault) = read("zstd", [encoded], DecodingLimits::default());
    assert_eq!(decoded, b"data");
    match fault {
        Some(DecompressionError::WindowTooLarge { window, .. }) => assert_eq!(window, 16 << 20),
        other => panic!("{other:?}"),
    }
}
