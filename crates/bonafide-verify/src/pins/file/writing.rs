//! Pin files as text, the same for the same pins.

use std::fmt::Write as _;

use rustls_pki_types::UnixTime;
use serde::Serialize;

use super::reading::{BundleHeader, NEVER, VERSION};
use crate::check::Mode;
use crate::config::clock::Rfc3339Time;
use crate::pins::entry::{OnExpiredPins, Pins};

#[derive(Serialize)]
struct File<'a> {
    version: u64,
    count: usize,
    hosts: Vec<Host<'a>>,
}

/// One entry. Optional fields come first, so that a text truncated after them is never a complete
/// file.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Host<'a> {
    host: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    backup: Option<&'static str>,
    expires: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_expiry: Option<&'static str>,
    pins: Vec<Pin<'a>>,
}

#[derive(Serialize)]
struct Pin<'a> {
    role: &'a str,
    pin: String,
}

impl Host<'_> {
    fn of(pins: &Pins) -> Self {
        let (expires, on_expiry) = match pins.expiry() {
            Some((expiry, OnExpiredPins::Refuse)) => (time(expiry), Some("refuse")),
            Some((expiry, OnExpiredPins::Unpinned)) => (time(expiry), Some("unpinned")),
            None => (NEVER.to_owned(), None),
        };
        Self {
            host: pins.pattern().to_string(),
            mode: (pins.mode() == Mode::ReportOnly).then_some("report-only"),
            backup: (!pins.has_backup()).then_some("waived"),
            expires,
            on_expiry,
            pins: pins
                .pins()
                .iter()
                .map(|(role, pin)| Pin {
                    role: role.name(),
                    pin: pin.to_string(),
                })
                .collect(),
        }
    }
}

pub(in crate::pins) fn to_json(entries: &[Pins]) -> String {
    let file = File {
        version: VERSION,
        count: entries.len(),
        hosts: entries.iter().map(Host::of).collect(),
    };
    // Texts and numbers can always be written as JSON.
    let mut text = serde_json::to_string_pretty(&file).unwrap_or_default();
    text.push('\n');
    text
}

/// The entries as the effective policy shows them.
pub(in crate::pins) fn to_value(entries: &[Pins]) -> serde_json::Value {
    let hosts: Vec<Host<'_>> = entries.iter().map(Host::of).collect();
    serde_json::to_value(hosts).unwrap_or_default()
}

pub(in crate::pins) fn to_toml(entries: &[Pins]) -> String {
    let mut text = head(entries);
    push_hosts(&mut text, entries);
    text
}

/// The payload of a bundle, after its first line.
pub(in crate::pins) fn to_payload(header: &BundleHeader, entries: &[Pins]) -> String {
    let mut text = head(entries);
    let BundleHeader {
        name,
        version,
        expires,
    } = header;
    let _ = write!(
        text,
        "\n[bundle]\nname = \"{name}\"\nversion = {version}\nexpires = \"{}\"\n",
        time(*expires)
    );
    push_hosts(&mut text, entries);
    text
}

fn head(entries: &[Pins]) -> String {
    format!("version = {VERSION}\ncount = {}\n", entries.len())
}

/// Names, pins and times have no characters that TOML must escape.
fn push_hosts(text: &mut String, entries: &[Pins]) {
    for entry in entries {
        let host = Host::of(entry);
        let _ = write!(text, "\n[[hosts]]\nhost = \"{}\"\n", host.host);
        let optional = [
            ("mode", host.mode),
            ("backup", host.backup),
            ("expires", Some(host.expires.as_str())),
            ("on-expiry", host.on_expiry),
        ];
        for (field, value) in optional {
            if let Some(value) = value {
                let _ = writeln!(text, "{field} = \"{value}\"");
            }
        }
        text.push_str("pins = [\n");
        for Pin { role, pin } in &host.pins {
            let _ = writeln!(text, "    {{ role = \"{role}\", pin = \"{pin}\" }},");
        }
        text.push_str("]\n");
    }
}

fn time(time: UnixTime) -> String {
    Rfc3339Time(time).to_string()
}
