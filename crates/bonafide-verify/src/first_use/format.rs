//! The text that known keys are kept as.
//!
//! ```text
//! bonafide first use, version 1
//! camera-7.devices.example sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= 2026-11-24T13:41:56Z
//! end
//! ```
//!
//! A line a host: its name, its key as a pin, when that was seen first. The last line is there to show that none is missing. Every line ends in a
//! line feed; there is nothing else in it. What is not exactly so is damaged: it is read as it would be written, or not at all.

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
    #[error(
        "not a store of known keys: it begins otherwise than with `bonafide first use, version 1`"
    )]
    Title,
    /// The file is of a version that is not known here.
    #[error("version `{found}` is not known, only `1` is")]
    Version {
        /// What stands there; its length alone where it may be a secret.
        found: String,
    },
    /// The line is not UTF-8.
    #[error("not UTF-8")]
    NotText,
    /// The line is not a host, a key and a time, with one space between them.
    #[error("not a host, a key and a time with one space between them")]
    Fields,
    /// The first field is no host, or not written as hosts are here.
    #[error("`{found}` is not a host in lower case, without port, brackets and trailing dot")]
    Host {
        /// What stands there; its length alone where it may be a secret.
        found: String,
    },
    /// The second field is no pin, or not written as pins are printed.
    #[error("`{found}` is not a key: `sha256/` with 44 characters of Base64")]
    Key {
        /// What stands there; its length alone where it may be a secret.
        found: String,
    },
    /// The third field is no time.
    #[error("`{found}` is not a time such as `2026-11-24T13:41:56Z`")]
    Time {
        /// What stands there; its length alone where it may be a secret.
        found: String,
    },
    /// The host is there already.
    #[error("`{host}` is there twice")]
    Repeated {
        /// The host.
        host: String,
    },
    /// The file ends before its last line, `end`, or within a line: something is missing.
    #[error("the file ends without its last line, `end`: something is missing")]
    CutShort,
    /// Something follows the last line, `end`.
    #[error("something follows the last line, `end`")]
    AfterEnd,
}

/// The keys by host, in the order in which they are written.
pub(super) type Known = BTreeMap<String, KnownKey>;

/// Reads a whole store; what is wrong is told with its line, from 1.
pub(super) fn read(bytes: &[u8]) -> Result<Known, (usize, StoreFault)> {
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
    let mut known = Known::new();
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

/// Writes a whole store. What is in it has passed [`can_be_written`].
pub(super) fn write(known: &Known) -> String {
    let mut text = format!("{TITLE}{VERSION}\n");
    for (host, KnownKey { key, first_seen }) in known {
        let _ = writeln!(text, "{host} {key} {}", Rfc3339Time(*first_seen));
    }
    text.push_str(END);
    text.push('\n');
    text
}

/// Whether a line that is written with this host and this key can be read again.
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

/// What stands in a file, fit for a message.
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
