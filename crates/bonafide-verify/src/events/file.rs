//! Events in a file.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::{Event, EventSink, Lost};

/// The maximum size of the file by default. Peers cause events and must not be able to fill a disk.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// Writes each event as one line of JSON at the end of a file.
///
/// ```no_run
/// use bonafide_verify::Policy;
/// use bonafide_verify::events::EventFile;
///
/// let policy = Policy::builder()
///     .events(EventFile::append("/var/log/shop/trust.jsonl")?)
///     .build()?;
/// # let _ = policy;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct EventFile {
    file: Mutex<File>,
    max_bytes: u64,
}

impl EventFile {
    /// Opens the file, or creates it, readable by its owner only. At 16 MiB, events are dropped
    /// until the file is truncated or another one is opened in its place.
    ///
    /// # Errors
    /// The error of opening the file.
    pub fn append(path: impl AsRef<Path>) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        Ok(Self {
            file: Mutex::new(options.open(path)?),
            max_bytes: MAX_BYTES,
        })
    }

    /// Sets the maximum size of the file in bytes. Default: 16 MiB.
    pub fn up_to(mut self, max_bytes: u64) -> Self {
        self.max_bytes = max_bytes;
        self
    }
}

impl EventSink for EventFile {
    fn emit(&self, event: &Event) -> Result<(), Lost> {
        let mut line = serde_json::to_vec(event).map_err(|_| Lost)?;
        line.push(b'\n');
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let size = file.metadata().map_err(|_| Lost)?.len();
        if size.saturating_add(u64::try_from(line.len()).unwrap_or(u64::MAX)) > self.max_bytes {
            return Err(Lost);
        }
        file.write_all(&line).map_err(|_| Lost)
    }
}

impl fmt::Debug for EventFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventFile")
            .field("max_bytes", &self.max_bytes)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::config::epoch::Epoch;
    use crate::events::PolicyReplaced;

    fn replaced() -> (Event, Epoch, Epoch) {
        let (from, to) = (Epoch::next(), Epoch::next());
        (Event::PolicyReplaced(PolicyReplaced { from, to }), from, to)
    }

    #[test]
    fn each_event_is_a_line_of_json_behind_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trust.jsonl");
        let (first, from, to) = replaced();
        EventFile::append(&path).unwrap().emit(&first).unwrap();
        EventFile::append(&path).unwrap().emit(&first).unwrap();
        let line = format!("{{\"event\":\"policy-replaced\",\"from\":{from},\"to\":{to}}}\n");
        assert_eq!(std::fs::read_to_string(path).unwrap(), line.repeat(2));
    }

    #[test]
    fn a_full_file_takes_no_more_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trust.jsonl");
        let (event, ..) = replaced();
        let file = EventFile::append(&path).unwrap().up_to(60);
        file.emit(&event).unwrap();
        let whole = std::fs::read(&path).unwrap();
        assert_eq!(file.emit(&event), Err(Lost));
        assert_eq!(std::fs::read(&path).unwrap(), whole);
    }
}
