//! What servers stream: events.

use super::{SeedError, Seeds};

/// Each field, each end of a line, a mark, and what is not UTF-8. The first byte is the size of a
/// piece, by which the target sets its limits too.
pub(super) fn events(seeds: &Seeds<'_>) -> Result<(), SeedError> {
    for (name, stream) in [
        ("one", &b"data: one\n\n"[..]),
        (
            "fields",
            b"id: 1\nevent: add\nretry: 1500\ndata: a\ndata: b\nother: x\n\n",
        ),
        ("ends", b"data: 1\rdata: 2\r\ndata: 3\n\r\r\n\n\r"),
        ("mark", b"\xef\xbb\xbfdata: 1\n\n\xef\xbb\xbfdata: 2\n\n"),
        ("half-mark", b"\xef\xbbdata: 1\n\ndata: 2\n\n"),
        ("empty", b"data\n\ndata\ndata\n\nid\nevent\nretry\n\ndata:"),
        ("comments", b":\n: keep\n:alive\n\ndata: a\n: within\n\n"),
        (
            "broken",
            b"id: \x00\nevent: \x80\ndata: \xf0\x9f\x92\ndata:\xff\n\n",
        ),
        ("long", &[b'd'; 64]),
    ] {
        for size in [2, 16] {
            let input = [&[size], stream].concat();
            seeds.raw(&format!("{name}-{size}"), &input)?;
        }
    }
    Ok(())
}
