//! The text format of a store of known keys.
//!
//! ```text
//! bonafide first use, version 1
//! camera-7.devices.example sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= 2026-11-24T13:41:56Z
//! end
//! ```
//!
//! One line for each host: its name, its key as a pin, and when that key was first seen. The last
//! line shows that no line is missing. Every line ends in a line feed. Any other content counts as
//! damage: the reader accepts exactly what the writer writes.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt::Write as _;

use super::KnownKey;
use super::store::canonical;
use crate::config::clock::Rfc3339Time;
use crate::text::excerpt;
use crate::x509::spki::SpkiSha256;

const TITLE: &str = "bonafide first use, version ";
const VERSION: &str = "1";
const END: &str = "end";

/// What is wrong with a line of a store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreFault {
    /// The first line is not the title of such a file.
    #[error("not a store of known keys: the first line is not `bonafide first use, version 1`")]
    Title,
    /// The version of the file is not supported.
    #[error("version `{found}` is not supported, only version `1` is")]
    Version {
        /// The text in its place; only its length if it may be a secret.
        found: String,
    },
    /// The line is not UTF-8.
    #[error("not UTF-8")]
    NotText,
    /// The line is not a host, a key and a time, with one space between them.
    #[error("not a host, a key and a time, separated by single spaces")]
    Fields,
    /// The first field is not a host in its canonical form.
    #[error(
        "`{found}` is not a canonical host; write it in lower case, without port, brackets or trailing dot"
    )]
    Host {
        /// The text in its place; only its length if it may be a secret.
        found: String,
    },
    /// The second field is not a pin in the form in which pins are printed.
    #[error("`{found}` is not a key: expected `sha256/` and 44 characters of Base64")]
    Key {
        /// The text in its place; only its length if it may be a secret.
        found: String,
    },
    /// The third field is not a time.
    #[error("`{found}` is not a time such as `2026-11-24T13:41:56Z`")]
    Time {
        /// The text in its place; only its length if it may be a secret.
        found: String,
    },
    /// An earlier line has the same host.
    #[error("`{host}` is listed twice")]
    Repeated {
        /// The host.
        host: String,
    },
    /// The file ends before its last line, `end`, or within a line.
    #[error("the file is cut short: its last line, `end`, is missing")]
    CutShort,
    /// Something follows the last line, `end`.
    #[error("the file continues after the line `end`")]
    AfterEnd,
}

/// The keys by host, in the order in which they are written.
pub(super) type KnownKeys = BTreeMap<String, KnownKey>;

/// Reads a whole store. An error has the number of its line, from 1.
pub(super) fn read(bytes: &[u8]) -> Result<KnownKeys, (usize, StoreFault)> {
    let mut lines = Lines { bytes, number: 0 };
    let title = lines.next()?.ok_or((1, StoreFault::Title))?;
    match title.strip_prefix(TITLE) {
        None => return Err((1, StoreFault::Title)),
        Some(VERSION) => {}
        Some(found) => {
            return Err((
                1,
                StoreFault::Version {
                    found: shown(found),
                },
            ));
        }
    }
    let mut known = KnownKeys::new();
    loop {
        let line = lines.next()?;
        let number = lines.number;
        match line {
            None => return Err((number + 1, StoreFault::CutShort)),
            Some(END) if lines.bytes.is_empty() => return Ok(known),
            Some(END) => return Err((number + 1, StoreFault::AfterEnd)),
            Some(line) => {
                let (host, key) = entry(line).map_err(|fault| (number, fault))?;
                match known.entry(host) {
                    Entry::Vacant(place) => place.insert(key),
                    Entry::Occupied(place) => {
                        let host = place.key().clone();
                        return Err((number, StoreFault::Repeated { host }));
                    }
                };
            }
        }
    }
}

/// Writes a whole store. Every entry must have passed [`can_be_written`].
pub(super) fn write(known: &KnownKeys) -> String {
    let mut text = format!("{TITLE}{VERSION}\n");
    for (host, KnownKey { key, first_seen }) in known {
        let _ = writeln!(text, "{host} {key} {}", Rfc3339Time(*first_seen));
    }
    text.push_str(END);
    text.push('\n');
    text
}

/// Whether a line with this host and this key could be read back.
pub(super) fn can_be_written(host: &str, key: &KnownKey) -> Result<(), StoreFault> {
    entry(&format!(
        "{host} {} {}",
        key.key,
        Rfc3339Time(key.first_seen)
    ))
    .map(drop)
}

fn entry(line: &str) -> Result<(String, KnownKey), StoreFault> {
    let mut fields = line.split(' ');
    let (Some(host), Some(key), Some(time), None) =
        (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        return Err(StoreFault::Fields);
    };
    if canonical(host).ok().as_deref() != Some(host) {
        return Err(StoreFault::Host { found: shown(host) });
    }
    let key = key
        .parse::<SpkiSha256>()
        .ok()
        .filter(|parsed| parsed.to_string() == key)
        .ok_or_else(|| StoreFault::Key { found: shown(key) })?;
    let first_seen = time
        .parse::<Rfc3339Time>()
        .ok()
        .filter(|parsed| parsed.to_string() == time)
        .ok_or_else(|| StoreFault::Time { found: shown(time) })?
        .0;
    Ok((host.to_owned(), KnownKey { key, first_seen }))
}

/// Text of the file in a form that an error may show.
fn shown(text: &str) -> String {
    excerpt(text).escape_default().to_string()
}

/// The lines that are left, each of which ends in a line feed.
struct Lines<'a> {
    bytes: &'a [u8],
    number: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Result<Option<&'a str>, (usize, StoreFault)> {
        if self.bytes.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        let Some(end) = self.bytes.iter().position(|byte| *byte == b'\n') else {
            return Err((self.number, StoreFault::CutShort));
        };
        let (line, rest) = self.bytes.split_at(end);
        self.bytes = rest.get(1..).unwrap_or_default();
        std::str::from_utf8(line)
            .map(Some)
            .map_err(|_| (self.number, StoreFault::NotText))
    }
}
