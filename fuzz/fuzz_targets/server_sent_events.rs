//! Event streams: the same events, and the same error, wherever the stream is cut into pieces, and
//! no event over its limit.
#![no_main]

use bonafide::sse::{Event, Parser, TooLarge};
use bonafide_fuzz::budget::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    // A piece has so many bytes; a line and an event have four and eight times as many at most.
    let Some((size, stream)) = input.split_first() else {
        return;
    };
    let size = usize::from(*size).max(1);
    let (line, event) = (4 * size, 8 * size);
    let small = || Parser::new().max_line_bytes(line).max_event_bytes(event);
    let whole = bounded(|| read(small(), [stream]));
    for seen in &whole.0 {
        assert!(
            seen.data().len() < event,
            "{seen:?} with a limit of {event}"
        );
        assert!(seen.id().len() <= 3 * line && seen.event_type().len() <= 3 * line.max(7));
        assert!(!seen.id().contains(['\0', '\r', '\n']), "{seen:?}");
        assert!(!seen.event_type().contains(['\r', '\n']), "{seen:?}");
        assert!(!seen.data().contains('\r'), "{seen:?}");
    }
    assert_eq!(read(small(), stream.chunks(size)), whole);
    assert_eq!(read(small(), stream.chunks(1)), whole);
    let unlimited = read(Parser::new(), [stream]);
    assert_eq!(unlimited.0[..whole.0.len()], whole.0);
});

/// The events of a stream in these pieces, and the error that ends it.
fn read<'a>(
    mut parser: Parser,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<Event>, Option<TooLarge>) {
    let mut events = Vec::new();
    for mut piece in pieces {
        loop {
            match parser.read(&mut piece) {
                Ok(Some(event)) => events.push(event),
                Ok(None) => break,
                Err(error) => return (events, Some(error)),
            }
        }
    }
    (events, None)
}
