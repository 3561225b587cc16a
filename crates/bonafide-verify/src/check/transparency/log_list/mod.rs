//! Log lists: the logs whose timestamps count, and their operators.

mod error;
mod schema;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::UnixTime;
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

pub use self::error::LogListError;
use crate::config::clock::Rfc3339Time;
use crate::text::{one_line, shown_path};

use crate::files::bounded::read_bounded;

/// The logs of Certificate Transparency whose timestamps count, from the v3 JSON format that
/// browsers publish theirs in.
///
/// No list is compiled in, because a list is out of date within weeks. Google publishes Chrome's
/// list as `log_list.json`, Apple its own as `current_log_list.json`. The program must obtain a
/// list and keep it fresh.
///
/// ```
/// use bonafide_verify::transparency::LogList;
///
/// let json = r#"{ "log_list_timestamp": "2026-01-01T00:00:00Z", "operators": [] }"#;
/// assert_eq!(LogList::from_json(json).unwrap_err().to_string(), "the log list has no logs");
/// ```
#[derive(Clone, Debug)]
pub struct LogList {
    timestamp: UnixTime,
    logs: HashMap<[u8; 32], Log>,
    file: Option<PathBuf>,
}

/// One log.
#[derive(Clone, Debug)]
pub(super) struct Log {
    description: String,
    spki: Vec<u8>,
    operator: String,
    /// Its previous operators, each with the end of its operation; earliest first.
    previous_operators: Vec<(UnixTime, String)>,
    state: State,
    interval: Option<Range<UnixTime>>,
}

/// A log's state, as the list states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Qualified, usable or read-only: its timestamps count.
    Trusted,
    /// Only embedded timestamps from before this time count.
    Retired(UnixTime),
    /// Pending, rejected, or without a state.
    Untrusted,
}

impl LogList {
    /// Reads a list of the v3 schema: `log_list_timestamp` and `operators[].logs[]` and
    /// `.tiled_logs[]` with `log_id`, `key`, `state`, `temporal_interval` and `previous_operators`.
    /// The caller must trust the list's origin: a signature of the list is not verified.
    ///
    /// # Errors
    /// [`LogListError`] names the position of the fault; no entry is skipped silently.
    pub fn from_json(json: impl AsRef<[u8]>) -> Result<Self, LogListError> {
        let list: schema::List =
            serde_json::from_slice(json.as_ref()).map_err(|source| LogListError::Json {
                source: source.into(),
            })?;
        let mut logs = HashMap::new();
        for (position, operator) in list.operators.iter().enumerate() {
            let kinds = [
                ("logs", &operator.logs),
                ("tiled_logs", &operator.tiled_logs),
            ];
            for (kind, entries) in kinds {
                for (index, entry) in entries.iter().enumerate() {
                    let at = format!("operators[{position}].{kind}[{index}]");
                    let (id, log) = read_log(entry, &operator.name, &at)?;
                    match logs.entry(id) {
                        Entry::Vacant(vacant) => vacant.insert(log),
                        Entry::Occupied(_) => return Err(LogListError::DuplicateLog { at }),
                    };
                }
            }
        }
        if logs.is_empty() {
            return Err(LogListError::NoLogs);
        }
        Ok(Self {
            timestamp: time(&list.log_list_timestamp, || "log_list_timestamp".to_owned())?,
            logs,
            file: None,
        })
    }

    /// Reads a list from a file of at most 16 MiB; see [`LogList::from_json`]. A watched policy
    /// follows the file.
    ///
    /// # Errors
    /// [`LogListError::Read`] if the file cannot be read, and the errors of [`LogList::from_json`].
    pub fn from_file(path: impl Into<PathBuf>) -> Result<Self, LogListError> {
        let path = path.into();
        match read_bounded(&path) {
            Ok(json) => Ok(Self {
                file: Some(path),
                ..Self::from_json(json)?
            }),
            Err(problem) => Err(LogListError::Read {
                path: shown_path(&path),
                problem,
            }),
        }
    }

    /// The file that it was read from, if any.
    pub(super) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// When the list was made.
    pub fn timestamp(&self) -> UnixTime {
        self.timestamp
    }

    /// Number of logs, in any state.
    pub fn len(&self) -> usize {
        self.logs.len()
    }

    /// Whether it has no logs; always false.
    pub fn is_empty(&self) -> bool {
        self.logs.is_empty()
    }

    /// One line for each log, ordered by name: identifier, operators, state, interval.
    pub(super) fn views(&self) -> Vec<String> {
        let views = self.logs.iter().map(|(id, log)| log.view(id));
        let mut views: Vec<String> = views.collect();
        views.sort();
        views
    }

    pub(super) fn log(&self, id: &[u8; 32]) -> Option<&Log> {
        self.logs.get(id)
    }
}

impl Log {
    pub(super) fn description(&self) -> &str {
        &self.description
    }

    /// The whole SubjectPublicKeyInfo of its key.
    pub(super) fn spki(&self) -> &[u8] {
        &self.spki
    }

    fn view(&self, id: &[u8; 32]) -> String {
        let Self {
            description,
            spki: _,
            operator,
            previous_operators,
            state,
            interval,
        } = self;
        let time = |time: UnixTime| Rfc3339Time(time).to_string();
        let mut view = format!("{} ({})", one_line(description), STANDARD.encode(id));
        for (end, name) in previous_operators {
            view += &format!(", by {} until {}", one_line(name), time(*end));
        }
        view += &format!(", by {}, ", one_line(operator));
        view += &match state {
            State::Trusted => "trusted".to_owned(),
            State::Retired(retired) => format!("retired {}", time(*retired)),
            State::Untrusted => "not trusted".to_owned(),
        };
        if let Some(interval) = interval {
            let (start, end) = (time(interval.start), time(interval.end));
            view += &format!(", for {start} to {end}");
        }
        view
    }

    /// Its operator at that time.
    pub(super) fn operator_at(&self, time: UnixTime) -> &str {
        self.previous_operators
            .iter()
            .find(|(end, _)| time < *end)
            .map_or(&self.operator, |(_, name)| name)
    }

    /// Its state at that time: a log that is retired later is still trusted.
    pub(super) fn state_at(&self, time: UnixTime) -> State {
        match self.state {
            State::Retired(retired) if time < retired => State::Trusted,
            state => state,
        }
    }

    /// The end of its trust, if the list states one.
    pub(super) fn retired(&self) -> Option<UnixTime> {
        match self.state {
            State::Retired(retired) => Some(retired),
            State::Trusted | State::Untrusted => None,
        }
    }

    /// Whether it accepts certificates that expire at that time.
    pub(super) fn takes(&self, not_after: UnixTime) -> bool {
        self.interval
            .as_ref()
            .is_none_or(|interval| interval.contains(&not_after))
    }
}

fn read_log(
    entry: &schema::Log,
    operator: &str,
    at: &str,
) -> Result<([u8; 32], Log), LogListError> {
    let member = |name: &str| format!("{at}.{name}");
    let base64 = |text: &str, name| {
        STANDARD
            .decode(text)
            .map_err(|_| LogListError::Base64 { at: member(name) })
    };
    let spki = base64(&entry.key, "key")?;
    let id: [u8; 32] =
        base64(&entry.log_id, "log_id")?
            .try_into()
            .map_err(|_| LogListError::Base64 {
                at: member("log_id"),
            })?;
    if <[u8; 32]>::from(Sha256::digest(&spki)) != id {
        return Err(LogListError::WrongId {
            at: member("log_id"),
        });
    }
    let interval = match &entry.temporal_interval {
        None => None,
        Some(interval) => {
            let bound = |text: &str, name: &str| {
                time(text, || format!("{}.{name}", member("temporal_interval")))
            };
            let start = bound(&interval.start_inclusive, "start_inclusive")?;
            let end = bound(&interval.end_exclusive, "end_exclusive")?;
            if end < start {
                return Err(LogListError::Interval {
                    at: member("temporal_interval"),
                });
            }
            Some(start..end)
        }
    };
    let mut previous_operators = Vec::with_capacity(entry.previous_operators.len());
    for (index, previous) in entry.previous_operators.iter().enumerate() {
        let end = time(&previous.end_time, || {
            format!("{at}.previous_operators[{index}].end_time")
        })?;
        previous_operators.push((end, previous.name.clone()));
    }
    previous_operators.sort_by_key(|(end, _)| *end);
    let log = Log {
        description: entry
            .description
            .clone()
            .unwrap_or_else(|| entry.log_id.clone()),
        spki,
        operator: operator.to_owned(),
        previous_operators,
        state: state(entry.state.as_ref(), || member("state"))?,
        interval,
    };
    Ok((id, log))
}

fn state(
    state: Option<&schema::State>,
    at: impl FnOnce() -> String,
) -> Result<State, LogListError> {
    use schema::State as S;
    let (since, state): (_, fn(UnixTime) -> State) = match state {
        None => return Ok(State::Untrusted),
        Some(S::Qualified(since) | S::Usable(since) | S::ReadOnly(since)) => {
            (since, |_| State::Trusted)
        }
        Some(S::Retired(since)) => (since, State::Retired),
        Some(S::Pending(since) | S::Rejected(since)) => (since, |_| State::Untrusted),
    };
    time(&since.timestamp, at).map(state)
}

fn time(text: &str, at: impl FnOnce() -> String) -> Result<UnixTime, LogListError> {
    OffsetDateTime::parse(text, &Rfc3339)
        .ok()
        .and_then(|time| u64::try_from(time.unix_timestamp()).ok())
        .map(|seconds| UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds)))
        .ok_or_else(|| LogListError::Time { at: at() })
}
