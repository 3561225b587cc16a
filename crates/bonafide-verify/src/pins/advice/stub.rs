//! A pin file to start from.

use std::fmt::Write as _;

use super::PinAdvice;
use crate::text::one_line;

pub(super) fn write(host: &str, expires: &str, advice: &[PinAdvice]) -> String {
    let mut text = format!(
        "version = 1\ncount = 1\n\n[[hosts]]\nhost = {}\n",
        quoted(host)
    );
    text.push_str("mode = \"report-only\"    # \"enforce\", once no reports arrive any more\n");
    let _ = writeln!(text, "expires = {}", quoted(expires));
    text.push_str("on-expiry = \"unpinned\"   # or \"refuse\"\npins = [\n");
    for (index, advice) in advice.iter().enumerate() {
        for line in advice.to_string().lines() {
            let _ = writeln!(text, "    # {}", one_line(line.trim_start()));
        }
        let off = if index == 0 { "" } else { "# " };
        let (role, pin) = (advice.role.name(), advice.pin);
        let _ = writeln!(text, "    {off}{{ role = \"{role}\", pin = \"{pin}\" }},\n");
    }
    text.push_str("    # the backup, without which this file is refused:\n");
    text.push_str("    # { role = \"leaf\", pin = \"sha256/…\" },\n]\n");
    text
}

/// A text as a quoted string of TOML and JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
