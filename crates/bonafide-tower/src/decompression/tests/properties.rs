use proptest::prelude::*;

use super::encoding::{ALL, Sent};
use super::reading::{Outcome, read};
use crate::decompression::DecodingLimits;

/// Runs of one byte, and bytes that differ.
fn data() -> impl Strategy<Value = Vec<u8>> {
    let run = (any::<u8>(), 0_usize..20_000).prop_map(|(byte, length)| vec![byte; length]);
    let noise = prop::collection::vec(any::<u8>(), 0..2_000);
    prop::collection::vec(prop_oneof![run, noise], 0..6).prop_map(|parts| parts.concat())
}

/// `bytes`, cut after these lengths, again and again.
fn cut<'a>(bytes: &'a [u8], lengths: &[usize]) -> Vec<&'a [u8]> {
    let mut lengths = lengths.iter().cycle();
    let mut pieces = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let length = lengths
            .next()
            .map_or(rest.len(), |&length| length.min(rest.len()));
        let (piece, after) = rest.split_at(length);
        pieces.push(piece);
        rest = after;
    }
    pieces
}

fn lengths() -> impl Strategy<Value = Vec<usize>> {
    let length = prop_oneof![1_usize..4, 1_usize..100, 1_usize..10_000];
    prop::collection::vec(length, 1..6)
}

fn sent() -> impl Strategy<Value = Sent> {
    prop::sample::select(ALL.to_vec())
}

fn words((data, fault): &Outcome) -> (&[u8], String) {
    (data, format!("{fault:?}"))
}

proptest! {
    #[test]
    fn however_a_body_is_cut_the_same_comes_out(
        sent in sent(),
        members in prop::collection::vec(data(), 1..4),
        lengths in lengths(),
    ) {
        let members = match sent {
            Sent::Gzip | Sent::Zstd => &members[..],
            _ => &members[..1],
        };
        let encoded: Vec<u8> = members.iter().flat_map(|data| sent.encode(data)).collect();
        let name = sent.coding().as_str();
        let (decoded, fault) = read(name, cut(&encoded, &lengths), DecodingLimits::default());
        prop_assert!(fault.is_none(), "{fault:?}");
        prop_assert!(decoded == members.concat());
    }

    #[test]
    fn however_codings_are_stacked_the_same_comes_out(
        stack in prop::collection::vec(sent(), 1..=4),
        data in data(),
        lengths in lengths(),
    ) {
        let encoded = stack.iter().fold(data.clone(), |data, sent| sent.encode(&data));
        let names: Vec<_> = stack.iter().map(|sent| sent.coding().as_str()).collect();
        let limits = DecodingLimits::default();
        let (decoded, fault) = read(&names.join(", "), cut(&encoded, &lengths), limits);
        prop_assert!(fault.is_none(), "{fault:?}");
        prop_assert!(decoded == data);
    }

    #[test]
    fn whatever_comes_never_panics_and_ends(
        name in prop::sample::select(vec!["gzip", "br", "zstd", "deflate", "br, gzip"]),
        bytes in prop::collection::vec(any::<u8>(), 0..600),
        lengths in lengths(),
    ) {
        let limits = DecodingLimits::default().with_max_bytes(1 << 20);
        read(name, cut(&bytes, &lengths), limits);
    }

    #[test]
    fn a_changed_byte_gives_the_same_however_the_body_is_cut(
        sent in sent(),
        data in prop::collection::vec(any::<u8>(), 0..300),
        at in any::<prop::sample::Index>(),
        flip in 1_u8..,
        lengths in lengths(),
    ) {
        let mut encoded = sent.encode(&data);
        let at = at.index(encoded.len());
        encoded[at] ^= flip;
        let name = sent.coding().as_str();
        let limits = DecodingLimits::default().with_max_bytes(1 << 20);
        let whole = read(name, [&encoded], limits);
        let pieces = read(name, cut(&encoded, &lengths), limits);
        prop_assert_eq!(words(&whole).1, words(&pieces).1);
    }
}
