//! Pin files: what is read, what is refused and where, and that nothing is lost between the
//! formats.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod malformed;
mod reading;
mod round_trips;

use std::time::Duration;

use bonafide_verify::pins::OnExpiredPins;
use bonafide_verify::pki_types::UnixTime;
use bonafide_verify::x509::SpkiSha256;
use bonafide_verify::{PinSet, Pins};

/// A file of two hosts; each of its lines can be replaced.
const LINES: [&str; 20] = [
    "version = 1",
    "count = 2",
    "",
    "[[hosts]]",
    "host = \"**.example.com\"",
    "expires = \"2027-06-30\"",
    "on-expiry = \"refuse\"",
    "pins = [",
    "  { role = \"ca\", pin = \"sha256/AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\" },",
    "  { role = \"leaf\", pin = \"sha256/AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\" },",
    "]",
    "",
    "[[hosts]]",
    "host = \"api.example.com\"",
    "mode = \"report-only\"",
    "backup = \"waived\"",
    "expires = \"never\"",
    "pins = [",
    "  { role = \"any\", pin = \"sha256/AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=\" },",
    "]",
];

fn file() -> String {
    LINES.join("\n") + "\n"
}

/// The file with the given line, from 1, replaced.
fn with(line: usize, replacement: &str) -> String {
    let mut lines = LINES;
    lines[line - 1] = replacement;
    lines.join("\n") + "\n"
}

fn at(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

fn key(byte: u8) -> SpkiSha256 {
    SpkiSha256([byte; 32])
}

/// The set that the file is.
fn set() -> PinSet {
    let both = Pins::for_host("**.example.com")
        .ca(key(1))
        .leaf(key(2))
        .expires(at(1_814_313_600), OnExpiredPins::Refuse)
        .build()
        .unwrap();
    let one = Pins::for_host("api.example.com")
        .any(key(3))
        .without_backup()
        .report_only()
        .never_expires()
        .build()
        .unwrap();
    PinSet::new([both, one]).unwrap()
}
