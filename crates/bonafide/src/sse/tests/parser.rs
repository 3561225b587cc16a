//! The parser: a table of the WHATWG HTML standard's examples and rules, every way to cut a stream
//! into pieces, and limits.

use std::iter;
use std::time::Duration;

use proptest::prelude::*;

use crate::sse::{Parser, TooLarge};

/// What a stream says: each event as (type, data, ID), then the error, if there is one.
type Read = (Vec<(String, String, String)>, Option<TooLarge>);

fn read(mut parser: Parser, pieces: impl IntoIterator<Item = impl AsRef<[u8]>>) -> (Read, Parser) {
    let mut events = Vec::new();
    for piece in pieces {
        let mut rest = piece.as_ref();
        loop {
            match parser.read(&mut rest) {
                Ok(Some(event)) => events.push((
                    event.event_type().to_owned(),
                    event.data().to_owned(),
                    event.id().to_owned(),
                )),
                Ok(None) => break assert_eq!(rest, b"", "all is read"),
                Err(error) => return ((events, Some(error)), parser),
            }
        }
    }
    ((events, None), parser)
}

/// The events of a whole stream, as (type, data, ID).
fn events(stream: &[u8]) -> Vec<(String, String, String)> {
    let ((events, error), _) = read(Parser::new(), [stream]);
    assert_eq!(error, None);
    events
}

#[test]
fn streams_are_read_as_the_standard_says() {
    // what, the stream, its events as (type, data, ID)
    for (what, stream, expected) in [
        ("nothing", &b""[..], &[][..]),
        (
            "the first example of 9.2.6",
            b"data: YHOO\ndata: +2\ndata: 10\n\n",
            &[("message", "YHOO\n+2\n10", "")],
        ),
        (
            "the second: a comment, an ID, an empty ID, a space that counts",
            b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
            &[
                ("message", "first event", "1"),
                ("message", "second event", ""),
                ("message", " third event", ""),
            ],
        ),
        (
            "the third: an event of an empty line, one of a line feed, and none without its end",
            b"data\n\ndata\ndata\n\ndata:",
            &[("message", "", ""), ("message", "\n", "")],
        ),
        (
            "the fourth: one space is taken off",
            b"data:test\n\ndata: test\n\n",
            &[("message", "test", ""), ("message", "test", "")],
        ),
        (
            "types of 9.2.1",
            b"event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\n",
            &[("add", "73857293", ""), ("remove", "2153", "")],
        ),
        (
            "a type holds for one event, and an empty one is `message`",
            b"event: a\ndata: 1\n\ndata: 2\n\nevent: a\nevent\ndata: 3\n\n",
            &[("a", "1", ""), ("message", "2", ""), ("message", "3", "")],
        ),
        (
            "an event without data is not returned, and its type is forgotten",
            b"event: a\nid: 1\n\ndata: 2\n\n",
            &[("message", "2", "1")],
        ),
        (
            "the ends of lines, mixed",
            b"data: 1\rdata: 2\r\ndata: 3\n\r\ndata: 4\r\rdata: 5\n\n",
            &[("message", "1\n2\n3", ""), ("message", "4", ""), ("message", "5", "")],
        ),
        (
            "LF and CR are two ends, CR and LF one",
            b"data: 1\n\rdata: 2\r\n\r\n",
            &[("message", "1", ""), ("message", "2", "")],
        ),
        (
            "one byte order mark is taken off, at the beginning alone",
            b"\xef\xbb\xbfdata: 1\n\n\xef\xbb\xbfdata: 2\n\ndata: 3\n\n",
            &[("message", "1", ""), ("message", "3", "")],
        ),
        (
            "a second mark belongs to the name of the field",
            b"\xef\xbb\xbf\xef\xbb\xbfdata: 1\n\ndata: 2\n\n",
            &[("message", "2", "")],
        ),
        (
            "half a mark belongs to the line",
            b"\xef\xbbdata: 1\n\ndata: 2\n\n",
            &[("message", "2", "")],
        ),
        (
            "names are compared byte by byte, and unknown ones are ignored",
            b"DATA: 1\n data: 2\ndata : 3\nfoo: 4\ndatax: 5\n\ndata: 6\n\n",
            &[("message", "6", "")],
        ),
        (
            "a colon in a value stays",
            b"data: a: b\nid:: c\n\n",
            &[("message", "a: b", ": c")],
        ),
        (
            "a tab is not a space",
            b"data:\tx\n\n",
            &[("message", "\tx", "")],
        ),
        (
            "an ID with NUL is ignored, a NUL in data is not",
            b"id: 1\ndata: a\n\nid: 2\0\ndata: b\0\n\n",
            &[("message", "a", "1"), ("message", "b\0", "1")],
        ),
        (
            "bytes that are not UTF-8 become U+FFFD, also before the end of a line",
            b"data: \xff\xe2\x82\n\nevent: \x80\ndata: \xf0\x9f\x92\x96\n\n",
            &[("message", "\u{fffd}\u{fffd}", ""), ("\u{fffd}", "\u{1f496}", "")],
        ),
        (
            "an event that has not ended is discarded",
            b"data: 1\n\nid: 2\ndata: 2\n",
            &[("message", "1", "")],
        ),
    ] {
        let seen = events(stream);
        let expected: Vec<_> = expected
            .iter()
            .map(|(kind, data, id)| ((*kind).to_owned(), (*data).to_owned(), (*id).to_owned()))
            .collect();
        assert_eq!(seen, expected, "{what}");
    }
}

#[test]
fn the_last_event_id_is_that_of_the_last_event_that_ended() {
    // the stream, the last event ID
    for (stream, id) in [
        ("data: 1\n\n", None),
        ("id: 1\n", None),
        ("id: 1\n\n", Some("1")),
        ("id: 1\n\nid: 2\ndata: x\n", Some("1")),
        ("id: 1\n\ndata: x\n\n", Some("1")),
        ("id: 1\n\nid\n\n", Some("")),
    ] {
        let (_, mut parser) = read(Parser::new(), [stream]);
        assert_eq!(parser.last_event_id(), id, "{stream:?}");
        // A new connection goes on from there, and without what had not ended.
        parser.restart();
        let ((events, _), parser) = read(parser, ["\u{feff}data: next\n\n"]);
        let id = id.unwrap_or_default();
        assert_eq!(
            events,
            [("message".into(), "next".into(), id.into())],
            "{stream:?}"
        );
        assert_eq!(parser.last_event_id().unwrap_or_default(), id);
    }
}

#[test]
fn only_digits_set_the_time_to_wait() {
    // the lines, milliseconds
    for (lines, millis) in [
        ("retry: 1500\n", Some(1500)),
        ("retry:0\n", Some(0)),
        ("retry: 0005\n", Some(5)),
        ("retry\n", None),
        ("retry:\n", None),
        ("retry: -1\n", None),
        ("retry: +1\n", None),
        ("retry: 1.5\n", None),
        ("retry: 1 \n", None),
        ("retry: \u{661}\n", None),
        ("retry: 7\nretry: x\n", Some(7)),
        ("retry: 99999999999999999999999\n", Some(u64::MAX)),
    ] {
        let (_, mut parser) = read(Parser::new(), [lines]);
        assert_eq!(
            parser.retry(),
            millis.map(Duration::from_millis),
            "{lines:?}"
        );
        parser.restart();
        assert_eq!(
            parser.retry(),
            millis.map(Duration::from_millis),
            "it stays"
        );
    }
}

#[test]
fn a_line_or_an_event_over_its_limit_is_an_error_that_stays() {
    let small = || Parser::new().max_line_bytes(8).max_event_bytes(6);
    let line = TooLarge::Line { limit: 8 };
    let event = TooLarge::Event { limit: 6 };
    // the stream, how many events are returned before, the error
    for (stream, before, error) in [
        ("data: 12\n\n", 1, None),
        ("data: 12\r\n\r\n", 1, None),
        ("data: 123\n\n", 0, Some(line)),
        ("data: 1\n\n:comment\n\n:comments\n\n", 1, Some(line)),
        ("data: 1\n\nunknown: 1", 1, Some(line)),
        // Each value has a line feed with it.
        ("data: 12\ndata: 34\n\n", 1, None),
        ("data: 12\ndata: 34\ndata\n\n", 0, Some(event)),
        // The limit is for one event.
        ("data: 12\ndata: 34\n\ndata: 12\ndata: 34\n\n", 2, None),
    ] {
        let ((events, seen), mut parser) = read(small(), [stream]);
        assert_eq!((events.len(), seen), (before, error), "{stream:?}");
        if let Some(error) = error {
            assert_eq!(
                parser.read(&mut &b"data: 1\n\n"[..]),
                Err(error),
                "it stays"
            );
        }
    }
    // A byte that is not UTF-8 counts as the three that take its place.
    let ((_, seen), _) = read(small(), [b"data:\xff\xff\n"]);
    assert_eq!(seen, Some(event));
}

#[test]
fn a_line_that_never_ends_is_refused_when_it_is_too_long() {
    let mut parser = Parser::new();
    let piece = [b'x'; 1024];
    let mut read = 0;
    let error = loop {
        match parser.read(&mut &piece[..]) {
            Ok(event) => assert_eq!(event, None),
            Err(error) => break error,
        }
        read += piece.len();
        assert!(read < 16 * 1024 * 1024, "a line without a limit");
    };
    let limit = 1024 * 1024;
    assert_eq!((read, error), (limit, TooLarge::Line { limit }));
    assert_eq!(
        error.to_string(),
        "a line of the event stream is larger than 1048576 bytes, the limit set by `max_line_bytes`"
    );
}

#[test]
fn an_event_that_never_ends_is_refused_when_it_is_too_large() {
    let mut parser = Parser::new();
    let line = [&b"data: "[..], &[b'x'; 1023], b"\n"].concat();
    let mut read = 0;
    let error = loop {
        match parser.read(&mut &line[..]) {
            Ok(event) => assert_eq!(event, None),
            Err(error) => break error,
        }
        read += 1024;
        assert!(read < 16 * 1024 * 1024, "an event without a limit");
    };
    assert_eq!(
        (read, error),
        (1024 * 1024, TooLarge::Event { limit: 1_048_576 })
    );
    assert_eq!(
        error.to_string(),
        "an event is larger than 1048576 bytes, the limit set by `max_event_bytes`"
    );
}

/// A stream of what parsers get wrong: ends of lines, colons, spaces, marks, fields, broken UTF-8.
fn streams() -> impl Strategy<Value = Vec<u8>> {
    let parts: Vec<&[u8]> = vec![
        b"\n",
        b"\r",
        b"\r\n",
        b"\n\n",
        b":",
        b" ",
        b"data",
        b"data: ",
        b"event:",
        b"id: ",
        b"retry: 1",
        b"\xef\xbb\xbf",
        b"\xef\xbb",
        b"\xff",
        b"\xf0\x9f\x92\x96",
        b"\0",
        b"x",
    ];
    let part = prop::sample::select(parts);
    prop::collection::vec(part, 0..40).prop_map(|parts| parts.concat())
}

/// `stream` cut after each byte that `cuts` names.
fn cut<'a>(stream: &'a [u8], cuts: &'a [prop::sample::Index]) -> impl Iterator<Item = &'a [u8]> {
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
    at.sort_unstable();
    at.push(stream.len());
    let from = iter::once(0).chain(at.clone());
    from.zip(at).map(|(from, to)| &stream[from..to])
}

/// The standard's rules over a whole stream at once, written as they are in the standard.
fn by_the_letter(stream: &[u8]) -> Vec<(String, String, String)> {
    let text = String::from_utf8_lossy(stream);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut lines: Vec<&str> = text.split('\n').collect();
    // What has no end.
    lines.pop();
    let (mut kind, mut data, mut id) = (String::new(), String::new(), String::new());
    let mut events = Vec::new();
    for line in lines {
        if line.is_empty() {
            if !data.is_empty() {
                data.pop();
                let kind = if kind.is_empty() { "message" } else { &kind };
                events.push((kind.to_owned(), data.clone(), id.clone()));
            }
            kind.clear();
            data.clear();
            continue;
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "event" => kind = value.to_owned(),
            "data" => data = data + value + "\n",
            "id" if !value.contains('\0') => id = value.to_owned(),
            _ => {}
        }
    }
    events
}

proptest! {
    #[test]
    fn any_cut_of_a_stream_gives_what_the_standard_says(
        stream in streams(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let expected = by_the_letter(&stream);
        prop_assert_eq!(&events(&stream), &expected);
        let ((pieced, _), _) = read(Parser::new(), cut(&stream, &cuts));
        prop_assert_eq!(&pieced, &expected);
        let ((bytes, _), _) = read(Parser::new(), stream.chunks(1));
        prop_assert_eq!(&bytes, &expected);
    }

    #[test]
    fn any_cut_of_a_stream_meets_the_same_limit_at_the_same_event(
        stream in streams(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let small = || Parser::new().max_line_bytes(9).max_event_bytes(6);
        let (whole, _) = read(small(), [&stream]);
        let (pieced, _) = read(small(), cut(&stream, &cuts));
        prop_assert_eq!(&pieced, &whole);
        let (bytes, _) = read(small(), stream.chunks(1));
        prop_assert_eq!(&bytes, &whole);
    }
}

#[test]
fn events_without_an_id_of_their_own_share_one_long_id_and_do_not_copy_it() {
    let id = "x".repeat(60_000);
    let stream = format!("id: {id}\n\ndata\n\ndata\n\n: a restart\n");
    let mut parser = Parser::new();
    let mut rest = stream.as_bytes();
    let first = parser.read(&mut rest).expect("no error").expect("an event");
    let second = parser.read(&mut rest).expect("no error").expect("an event");
    assert_eq!(first.id(), id);
    let last = parser.last_event_id().expect("an ID").as_ptr();
    assert_eq!((first.id().as_ptr(), second.id().as_ptr()), (last, last));
    parser.restart();
    let mut rest = &b"data\n\n"[..];
    let third = parser.read(&mut rest).expect("no error").expect("an event");
    assert_eq!(third.id().as_ptr(), last);
}
