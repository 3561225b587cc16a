//! The pins of many hosts as one check.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls_pki_types::UnixTime;
use serde::Serialize;

use super::break_glass::BreakGlass;
use super::entry::Pins;
use super::file::{self, PinFileError};
use super::verdict;
use crate::check::{Check, CheckContext, Finding};
use crate::config::clock::Rfc3339Time;
use crate::config::description::Description;
use crate::config::error::ConfigError;
use crate::host::name::CanonicalHost;
use crate::host::pattern::HostPattern;
use crate::path::verified::VerifiedPath;
use crate::verdict::refusal::refused::Refused;
use crate::x509::spki::PinError;

/// Maximum number of host patterns of a set.
pub(super) const MAX_HOSTS: usize = 10_000;

/// The pins of many hosts, as one check with one row on the receipt.
///
/// **Every** entry whose pattern matches a host must hold: where `**.example.com` pins a CA and
/// `api.example.com` a leaf, a path to `api.example.com` needs both. For a host that no entry
/// matches, the check does not apply; the receipt says `not applicable`.
///
/// A report-only entry refuses nothing. What it would have refused has its own row on the receipt,
/// after the row of the enforced pins.
///
/// # The file
///
/// TOML, or JSON of the same shape (`docs/pins.schema.json`). A field that is not listed here is an
/// error, with its line.
///
/// ```
/// use bonafide_verify::PinSet;
///
/// let set = PinSet::from_toml(r#"
///     version = 1
///     count = 1                          # how many hosts: a file that was cut off is refused
///
///     [[hosts]]
///     host = "**.example.com"            # as in `HostPattern`
///     mode = "enforce"                   # or "report-only"; default: "enforce"
///     expires = "2027-06-30"             # RFC 3339, or a date: its first second in UTC; or "never"
///     on-expiry = "unpinned"             # or "refuse"; not with "never"
///     pins = [                           # role: "leaf", "ca" or "any"
///         { role = "ca", pin = "sha256/r/mIkG3eEpVdm+u/ko/cwxzOMo1bk4TyHIlByibiA5E=" },
///         { role = "leaf", pin = "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" },
///     ]
/// "#)?;
/// assert_eq!(set.for_host("api.example.com").count(), 1);
/// # Ok::<(), bonafide_verify::pins::PinFileError>(())
/// ```
///
/// An entry needs two different pins, unless it has `backup = "waived"`. A file has at most 4 MiB,
/// 10,000 hosts, and 64 pins for each host.
///
/// Sets are equal if they judge in the same way; their origin does not matter.
#[derive(Clone, Debug)]
pub struct PinSet {
    /// Ordered by the name after the wildcard, so that all entries for one name are adjacent.
    entries: Arc<[Pins]>,
    glasses: Vec<BreakGlass>,
    file: Option<PathBuf>,
}

impl PartialEq for PinSet {
    fn eq(&self, other: &Self) -> bool {
        let Self {
            entries,
            glasses,
            file: _,
        } = self;
        (entries, glasses) == (&other.entries, &other.glasses)
    }
}

impl Eq for PinSet {}

impl PinSet {
    /// A set of these entries; their order does not matter.
    ///
    /// # Errors
    /// [`ConfigError::Pin`] for two entries with the same pattern, for no entry, and for more than
    /// 10,000 entries.
    pub fn new(entries: impl IntoIterator<Item = Pins>) -> Result<Self, ConfigError> {
        Ok(Self::checked(entries.into_iter().collect())?)
    }

    pub(super) fn checked(mut entries: Vec<Pins>) -> Result<Self, PinError> {
        if entries.is_empty() {
            return Err(PinError::NoHosts);
        }
        if entries.len() > MAX_HOSTS {
            return Err(PinError::TooManyHosts { limit: MAX_HOSTS });
        }
        entries.sort_by(|one, other| {
            let (one, other) = (one.pattern(), other.pattern());
            (one.host(), one).cmp(&(other.host(), other))
        });
        let twice = entries
            .windows(2)
            .find(|pair| pair[0].pattern() == pair[1].pattern());
        if let Some(pair) = twice {
            return Err(PinError::DuplicateHost {
                pattern: pair[0].pattern().clone(),
            });
        }
        Ok(Self {
            entries: entries.into(),
            glasses: Vec::new(),
            file: None,
        })
    }

    /// The same set, read from this file.
    pub(super) fn with_file(mut self, file: Option<PathBuf>) -> Self {
        self.file = file;
        self
    }

    /// Reads a set from TOML.
    ///
    /// # Errors
    /// [`PinFileError`] has the line and the problem.
    pub fn from_toml(text: impl AsRef<[u8]>) -> Result<Self, PinFileError> {
        file::from_toml(file::IN_MEMORY, text.as_ref())
    }

    /// Reads a set from JSON.
    ///
    /// # Errors
    /// [`PinFileError`] has the line and the problem.
    pub fn from_json(text: impl AsRef<[u8]>) -> Result<Self, PinFileError> {
        file::from_json(file::IN_MEMORY, text.as_ref())
    }

    /// Reads a set from a file, whose name ends in `.toml` or `.json`.
    ///
    /// # Errors
    /// [`PinFileError`] has the line and the problem, or the reason why the file could not be read.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, PinFileError> {
        file::from_file(path.as_ref())
    }

    /// The set as TOML; the same text for the same set. A break-glass is not part of it.
    pub fn to_toml(&self) -> String {
        file::to_toml(&self.entries)
    }

    /// The set as JSON; the same text for the same set. A break-glass is not part of it.
    pub fn to_json(&self) -> String {
        file::to_json(&self.entries)
    }

    /// Makes the pins of one exact host report only, for a limited time: for an emergency in which
    /// enforcing them would lock out every client.
    ///
    /// `during` is at most 30 days long, by the policy's clock. Before and after it the pins are
    /// enforced, and connections that were made during it are not reused after it. During it, every
    /// entry that matches the host only reports, also an expired one. Path, name and all other
    /// checks stay enforced. The receipt says so in capitals.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use bonafide_verify::{PinSet, Pins};
    /// # use bonafide_verify::x509::SpkiSha256;
    /// # use bonafide_verify::pki_types::UnixTime;
    /// # let [first, second] = [1, 2].map(|byte| SpkiSha256([byte; 32]));
    /// # let pins = Pins::for_host("**.example.com").ca(first).ca(second).never_expires().build()?;
    /// # let set = PinSet::new([pins])?;
    /// # let now = UnixTime::now();
    /// # let in_two_days = Duration::from_secs(now.as_secs() + 2 * 86_400);
    /// # let in_two_days = UnixTime::since_unix_epoch(in_two_days);
    /// let why = "both keys were lost, ticket 4711";
    /// let set = set.break_glass("api.example.com", why, now..in_two_days)?;
    /// # Ok::<(), bonafide_verify::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// [`ConfigError::Pattern`] and [`ConfigError::InvalidBreakGlass`]: a host that is not exact or
    /// has no pins in this set, no reason, or a time that is empty or too long.
    pub fn break_glass(
        mut self,
        host: impl AsRef<str>,
        reason: impl AsRef<str>,
        during: Range<UnixTime>,
    ) -> Result<Self, ConfigError> {
        let glass = BreakGlass::new(host.as_ref(), reason.as_ref(), during)?;
        if self.covering(glass.host()).next().is_none() {
            return Err(ConfigError::InvalidBreakGlass {
                host: host.as_ref().to_owned(),
                problem: "is for a host without pins in this set",
            });
        }
        self.glasses.push(glass);
        Ok(self)
    }

    /// The entries, ordered by the names of their patterns.
    pub fn entries(&self) -> &[Pins] {
        &self.entries
    }

    /// The entries that match `host`, in any spelling of a [`CanonicalHost`]; none if it is not a
    /// valid host.
    pub fn for_host<'a>(&'a self, host: &str) -> impl Iterator<Item = &'a Pins> + use<'a> {
        let host = CanonicalHost::parse(host).ok();
        let entries: Vec<_> = host
            .iter()
            .flat_map(|host| self.covering(host.as_str()))
            .collect();
        entries.into_iter()
    }

    /// The entries that match `host`, which is canonical.
    fn covering<'a, 'h>(&'a self, host: &'h str) -> impl Iterator<Item = &'a Pins> + use<'a, 'h> {
        let parents = std::iter::successors(Some(host), |name| {
            name.split_once('.').map(|(_, parent)| parent)
        });
        parents
            .flat_map(|name| self.of_name(name))
            .filter(move |entry| entry.pattern().covers(host))
    }

    /// The entries with exactly this name after their wildcards.
    fn of_name(&self, name: &str) -> &[Pins] {
        let begin = self
            .entries
            .partition_point(|entry| entry.pattern().host() < name);
        let length = self.entries[begin..].partition_point(|entry| entry.pattern().host() == name);
        &self.entries[begin..begin + length]
    }
}

impl Check for PinSet {
    fn name(&self) -> &str {
        verdict::NAME
    }

    fn names_hosts_of(&self, pattern: &HostPattern) -> Option<&HostPattern> {
        self.entries
            .iter()
            .find_map(|entry| entry.names_hosts_of(pattern))
    }

    fn judge(
        &self,
        path: &VerifiedPath<'_>,
        context: &CheckContext<'_>,
    ) -> Result<Finding, Refused> {
        let Some(host) = context.host() else {
            return Ok(Finding::not_applicable("no host was requested"));
        };
        let mut entries = self.covering(host).peekable();
        if entries.peek().is_none() {
            return Ok(Finding::not_applicable("no pins for this host"));
        }
        let glass = self
            .glasses
            .iter()
            .filter(|glass| glass.applies(host, context.time()))
            .max_by_key(|glass| glass.until());
        verdict::judge(host, entries, glass, path, context)
    }

    fn describe(&self, description: &mut Description) {
        description.setting("hosts", file::to_value(&self.entries));
        if !self.glasses.is_empty() {
            let glasses: Vec<_> = self.glasses.iter().map(GlassView::of).collect();
            description.setting("break-glass", glasses);
        }
        if let Some(file) = &self.file {
            description.file(file);
        }
        for entry in self.entries.iter() {
            entry.describe_expiry(description);
        }
    }
}

/// A break-glass as the effective policy shows it.
#[derive(Serialize)]
struct GlassView<'a> {
    host: &'a str,
    reason: &'a str,
    from: String,
    until: String,
}

impl<'a> GlassView<'a> {
    fn of(glass: &'a BreakGlass) -> Self {
        let time = |time| Rfc3339Time(time).to_string();
        Self {
            host: glass.host(),
            reason: glass.reason(),
            from: time(glass.during().start),
            until: time(glass.during().end),
        }
    }
}
