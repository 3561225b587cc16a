use std::io;
use std::task::Poll;

use bytes::{Buf, Bytes};
use http::{HeaderMap, HeaderValue};
use http_body::Body as _;
use http_body_util::{BodyExt as _, Empty, Full};

use super::encoding::{ALL, Sent, text};
use super::reading::{Next, Script, decoded, next, plan, read, ready_data};
use crate::BoxError;
use crate::decompression::{DecodedBody, DecodingLimits, Plan};

fn trailers() -> HeaderMap {
    let mut trailers = HeaderMap::new();
    trailers.insert("x-checksum", HeaderValue::from_static("7"));
    trailers
}

#[test]
fn each_coding_gives_what_was_encoded() {
    for sent in ALL {
        for length in [0, 1, 5, 1_000, 32 * 1024, 32 * 1024 + 1, 300_000] {
            let data = text(length);
            let name = sent.coding().as_str();
            let (decoded, fault) = read(name, [sent.encode(&data)], DecodingLimits::default());
            assert!(fault.is_none(), "{sent:?}, {length}: {fault:?}");
            assert!(decoded == data, "{sent:?}, {length}");
        }
    }
}

/// From the programs gzip and zstd, and from Python's brotli and zlib.
#[test]
fn what_other_programs_encode_is_decoded() {
    let hello = "hello hello hello";
    let cases: [(&str, &[u8], &str); 5] = [
        (
            "gzip",
            b"\x1f\x8b\x08\0\0\0\0\0\x02\x03\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x90\0\x80\x88\xf9\
              \xe5\x11\0\0\0",
            hello,
        ),
        ("br", b"\x0b\x02\x80hello\x03", "hello"),
        (
            "zstd",
            b"\x28\xb5\x2f\xfd\x04\x58\x65\0\0\x30hello \x01\0\x31\x4a\x11\xa2\xed\x1e\x0c",
            hello,
        ),
        (
            "deflate",
            b"\x78\x9c\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x90\0\x3a\x2e\x06\x7d",
            hello,
        ),
        ("deflate", b"\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x90\0", hello),
    ];
    for (name, encoded, expected) in cases {
        let (decoded, fault) = read(name, [encoded], DecodingLimits::default());
        assert!(fault.is_none(), "{name}: {fault:?}");
        assert_eq!(decoded, expected.as_bytes(), "{name}");
    }
}

#[test]
fn codings_on_top_of_each_other_are_taken_off_in_reverse_order() {
    let data = text(200_000);
    let mut encoded = data.clone();
    for sent in [Sent::Gzip, Sent::BareDeflate, Sent::Zstd, Sent::Brotli] {
        encoded = sent.encode(&encoded);
    }
    let pieces = encoded.chunks(777);
    let (decoded, fault) = read("gzip, deflate, zstd, br", pieces, DecodingLimits::default());
    assert!(fault.is_none(), "{fault:?}");
    assert!(decoded == data);
}

#[test]
fn what_was_flushed_is_there_before_anything_else_comes() {
    for sent in ALL {
        let mut encoder = sent.encoder();
        let mut script = Script::default();
        let events = ["one", "two", "a third one, longer than the others"];
        for event in events {
            let mut encoded = encoder.write(event.as_bytes());
            encoded.extend(encoder.flush());
            script = script.then(Next::Data(encoded.into())).then(Next::Wait);
        }
        script = script.then(Next::Data(encoder.finish().into()));
        let mut body = decoded(sent.coding().as_str(), script);
        for event in events {
            assert_eq!(ready_data(&mut body), event.as_bytes(), "{sent:?}");
        }
        assert_eq!(ready_data(&mut body), b"", "{sent:?}");
        assert!(body.is_end_stream(), "{sent:?}");
    }
}

/// A block that is stored as it is, cut off where a frame of output is full: the decoder has
/// nothing left in it.
#[test]
fn a_piece_that_fills_a_frame_to_the_last_byte_is_no_fault() {
    let stored = [&b"\0\0\x80\xff\x7f"[..], &text(32 * 1024)].concat();
    let script = Script::of([stored])
        .then(Next::Wait)
        .then(Next::Data(Bytes::from_static(b"\x03\0")));
    let mut body = decoded("deflate", script);
    assert!(ready_data(&mut body) == text(32 * 1024));
    assert!(matches!(next(&mut body), Poll::Ready(None)));
}

#[test]
fn flushes_come_through_two_codings() {
    let (mut gzip, mut brotli) = (Sent::Gzip.encoder(), Sent::Brotli.encoder());
    let mut script = Script::default();
    for event in ["one", "two"] {
        let mut once = gzip.write(event.as_bytes());
        once.extend(gzip.flush());
        let mut twice = brotli.write(&once);
        twice.extend(brotli.flush());
        script = script.then(Next::Data(twice.into())).then(Next::Wait);
    }
    let mut body = decoded("gzip, br", script);
    assert_eq!(ready_data(&mut body), b"one");
    assert_eq!(ready_data(&mut body), b"two");
}

#[test]
fn each_member_is_there_when_its_last_byte_is() {
    for sent in [Sent::Gzip, Sent::Zstd] {
        let mut script = Script::default();
        for at in 0..100 {
            let event = format!("event {at}\n");
            let member = Bytes::from(sent.encode(event.as_bytes()));
            let (head, tail) = (member.slice(..3), member.slice(3..));
            script = script.then(Next::Data(head)).then(Next::Wait);
            script = script.then(Next::Data(tail)).then(Next::Wait);
        }
        let mut body = decoded(sent.coding().as_str(), script);
        for at in 0..100 {
            assert_eq!(ready_data(&mut body), b"", "{sent:?}");
            let event = format!("event {at}\n");
            assert_eq!(ready_data(&mut body), event.as_bytes(), "{sent:?}");
        }
        assert!(matches!(next(&mut body), Poll::Ready(None)), "{sent:?}");
    }
}

#[test]
fn many_members_in_one_piece_are_all_decoded_and_empty_ones_are_nothing() {
    for sent in [Sent::Gzip, Sent::Zstd] {
        let members = [&b"one"[..], b"", b"", b"two", &text(100_000), b""];
        let encoded: Vec<u8> = members.iter().flat_map(|data| sent.encode(data)).collect();
        for length in [encoded.len(), 1] {
            let pieces = encoded.chunks(length);
            let (decoded, fault) = read(sent.coding().as_str(), pieces, DecodingLimits::default());
            assert!(fault.is_none(), "{sent:?}: {fault:?}");
            assert!(decoded == members.concat(), "{sent:?}");
        }
    }
}

#[test]
fn zstd_frames_to_be_skipped_are_nothing() {
    let mut encoded = b"\x5a\x2a\x4d\x18\x04\0\0\0skip".to_vec();
    encoded.extend(Sent::Zstd.encode(b"data"));
    encoded.extend(b"\x50\x2a\x4d\x18\0\0\0\0");
    for length in [encoded.len(), 1] {
        let pieces = encoded.chunks(length);
        let (decoded, fault) = read("zstd", pieces, DecodingLimits::default());
        assert!(fault.is_none(), "{fault:?}");
        assert_eq!(decoded, b"data");
    }
}

#[test]
fn a_body_without_a_byte_is_empty_in_every_coding() {
    for name in ["gzip", "br", "zstd", "deflate", "gzip, br, zstd, deflate"] {
        for pieces in [&[][..], &["", ""]] {
            let (decoded, fault) = read(name, pieces, DecodingLimits::default());
            assert!(fault.is_none(), "{name}: {fault:?}");
            assert_eq!(decoded, b"", "{name}");
        }
        let body: DecodedBody<_> = decoded(name, Empty::<Bytes>::new());
        assert!(body.is_end_stream(), "{name}");
        assert_eq!(body.size_hint().exact(), Some(0), "{name}");
    }
}

#[test]
fn a_coding_around_nothing_is_empty() {
    let encoded = Sent::Brotli.encode(b"");
    let (decoded, fault) = read("gzip, br", [encoded], DecodingLimits::default());
    assert!(fault.is_none(), "{fault:?}");
    assert_eq!(decoded, b"");
}

#[tokio::test]
async fn trailers_come_after_all_data() {
    for sent in ALL {
        let data = text(100_000);
        let script = Script::of([sent.encode(&data)]).then(Next::Trailers(trailers()));
        let body = decoded(sent.coding().as_str(), script);
        let collected = body.collect().await.unwrap();
        assert_eq!(collected.trailers(), Some(&trailers()), "{sent:?}");
        assert!(collected.to_bytes() == data, "{sent:?}");
    }
}

#[tokio::test]
async fn trailers_of_an_empty_body_stay() {
    let script = Script::default().then(Next::Trailers(trailers()));
    let body = decoded("gzip", script);
    assert!(!body.is_end_stream());
    let collected = body.collect().await.unwrap();
    assert_eq!(collected.trailers(), Some(&trailers()));
    assert_eq!(collected.to_bytes(), "");
}

#[test]
fn trailers_do_not_hide_that_the_data_is_cut_off() {
    let mut encoded = Sent::Gzip.encode(b"hello");
    encoded.pop();
    let script = Script::of([encoded]).then(Next::Trailers(trailers()));
    let mut body = decoded("gzip", script);
    let Poll::Ready(Some(Ok(frame))) = next(&mut body) else {
        panic!("no data")
    };
    assert_eq!(frame.into_data().unwrap(), "hello");
    let Poll::Ready(Some(Err(error))) = next(&mut body) else {
        panic!("no error")
    };
    assert_eq!(
        error.to_string(),
        "the response body ends before its gzip data is complete"
    );
    assert!(matches!(next(&mut body), Poll::Ready(None)));
}

#[test]
fn no_more_is_read_than_what_is_asked_for_needs() {
    let piece = Sent::Zstd.encode(&vec![b'a'; 200_000]);
    let pieces = vec![piece; 3];
    let mut body = decoded("zstd", Script::of(pieces));
    let mut frames = 0;
    let mut left = Vec::new();
    while let Poll::Ready(Some(frame)) = next(&mut body) {
        frames += 1;
        assert!(frame.unwrap().into_data().unwrap().len() <= 32 * 1024);
        left.push(body.get_ref().0.len());
    }
    assert!(frames >= 3 * 200_000 / (32 * 1024), "{frames}");
    let read_at = |count: usize| left.iter().filter(|&&left| left == count).count();
    for count in 0..3 {
        assert!(read_at(count) >= 200_000 / (32 * 1024), "{left:?}");
    }
}

#[test]
fn the_size_of_a_decoded_body_is_unknown_until_it_has_ended() {
    let mut body = decoded("gzip", Script::of([Sent::Gzip.encode(b"hello")]));
    assert_eq!(body.size_hint().lower(), 0);
    assert_eq!(body.size_hint().upper(), None);
    assert!(!body.is_end_stream());
    assert!(matches!(next(&mut body), Poll::Ready(Some(Ok(_)))));
    assert_eq!(body.size_hint().upper(), None);
    assert!(!body.is_end_stream());
    assert!(matches!(next(&mut body), Poll::Ready(None)));
    assert_eq!(body.size_hint().exact(), Some(0));
    assert!(body.is_end_stream());
}

#[tokio::test]
async fn what_is_not_decoded_comes_as_it_is() {
    let script = Script::of(["one", "", "two"]).then(Next::Trailers(trailers()));
    let limits = DecodingLimits::default().with_max_bytes(1);
    let mut body: DecodedBody<_> = DecodedBody::new(script, Plan::default(), limits);
    assert_eq!(body.size_hint().exact(), Some(6));
    for expected in ["one", "", "two"] {
        let frame = body.frame().await.unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap(), expected);
    }
    let frame = body.frame().await.unwrap().unwrap();
    assert_eq!(frame.into_trailers().unwrap(), trailers());
    assert!(body.frame().await.is_none());
    assert!(body.is_end_stream());
}

#[tokio::test]
async fn data_of_any_type_is_decoded() {
    let encoded = Sent::Gzip.encode(b"hello");
    let (head, tail) = encoded.split_at(7);
    let chained = Buf::chain(Bytes::copy_from_slice(head), Bytes::copy_from_slice(tail));
    let body = DecodedBody::<_, BoxError>::new(
        Full::new(chained),
        plan("gzip"),
        DecodingLimits::default(),
    );
    assert_eq!(body.collect().await.unwrap().to_bytes(), "hello");
}

#[test]
fn an_error_of_the_inner_body_comes_as_it_is_after_the_data_before_it() {
    // Cut off, which is not reported on top of it.
    let mut gzip = Sent::Gzip.encode(b"hello");
    gzip.pop();
    for name in ["gzip", "identity"] {
        let data = match name {
            "gzip" => gzip.clone(),
            _ => b"hello".to_vec(),
        };
        let reset = io::Error::from(io::ErrorKind::ConnectionReset);
        let mut body = decoded(name, Script::of([data]).then(Next::Fail(reset)));
        let Poll::Ready(Some(Ok(frame))) = next(&mut body) else {
            panic!("no data")
        };
        assert_eq!(frame.into_data().unwrap(), "hello");
        let Poll::Ready(Some(Err(error))) = next(&mut body) else {
            panic!("no error")
        };
        let error = error.downcast::<io::Error>().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset, "{name}");
        assert!(matches!(next(&mut body), Poll::Ready(None)), "{name}");
    }
}

#[test]
fn a_body_is_unpin_send_and_sync_where_the_inner_one_is() {
    fn check<T: Unpin + Send + Sync>(_: &T) {}
    check(&decoded("gzip", Script::default()));
}
