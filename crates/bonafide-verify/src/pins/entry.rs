//! The pins of one host pattern.

use std::time::Duration;

use rustls_pki_types::UnixTime;

use super::{file, verdict};
use crate::check::{Check, CheckContext, Finding, Mode};
use crate::config::description::{Description, ExpiryKind};
use crate::config::error::ConfigError;
use crate::host::pattern::HostPattern;
use crate::path::verified::VerifiedPath;
use crate::verdict::refusal::refused::Refused;
use crate::x509::spki::{PinError, SpkiSha256};

/// Maximum number of pins of one host pattern. The key in use, its backups and those of a rotation
/// in progress are only a few.
pub(super) const MAX_PINS: usize = 64;
/// The last second that RFC 3339 can express, at the end of the year 9999.
const LAST_EXPIRY: UnixTime = UnixTime::since_unix_epoch(Duration::from_secs(253_402_300_799));

/// Pins of one host pattern.
///
/// A host passes if at least one pin is the key of a certificate of its **verified path**, the
/// anchor included. The presented chain does not count: a pinned CA that a server merely appends is
/// not on the path.
///
/// For the pins of many hosts, or pins from files, use a [`PinSet`](crate::PinSet).
///
/// ```
/// use bonafide_verify::Pins;
/// use bonafide_verify::pins::OnExpiredPins;
/// # use bonafide_verify::pki_types::UnixTime;
/// # let next_year = UnixTime::now();
///
/// let pins = Pins::for_host("**.example.com")
///     .leaf("sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
///     .ca("sha256/r/mIkG3eEpVdm+u/ko/cwxzOMo1bk4TyHIlByibiA5E=")
///     .expires(next_year, OnExpiredPins::Unpinned)
///     .build()?;
/// # let _ = pins;
/// # Ok::<(), bonafide_verify::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pins {
    pattern: HostPattern,
    pins: Vec<(PinRole, SpkiSha256)>,
    lifetime: Lifetime,
    mode: Mode,
}

/// Which certificates of the path a pin is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum PinRole {
    /// The server's own certificate.
    Leaf,
    /// An intermediate or the anchor.
    Ca,
    /// Any certificate of the path.
    Any,
}

impl PinRole {
    /// Its name in files.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Leaf => "leaf",
            Self::Ca => "ca",
            Self::Any => "any",
        }
    }
}

/// What happens when the pins of a host have expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OnExpiredPins {
    /// Connections to the host are refused.
    Refuse,
    /// The check accepts the host without pins; the receipt says `not checked` and why.
    Unpinned,
}

/// The time until which pins are enforced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lifetime {
    Until(UnixTime, OnExpiredPins),
    Endless,
}

/// Whether a second pin is required.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Backup {
    Required,
    Waived,
}

impl Pins {
    /// Starts a set of pins for the hosts of `pattern`; see [`HostPattern`] for its forms.
    pub fn for_host(pattern: impl Into<String>) -> PinsBuilder {
        PinsBuilder {
            pattern: pattern.into(),
            pins: Vec::new(),
            lifetime: None,
            backup: Backup::Required,
            mode: Mode::Enforce,
        }
    }

    /// Checks the pins, from every kind of source.
    pub(super) fn checked(
        pattern: HostPattern,
        pins: Vec<(PinRole, SpkiSha256)>,
        lifetime: Option<Lifetime>,
        backup: Backup,
        mode: Mode,
    ) -> Result<Self, PinError> {
        let Some((_, first)) = pins.first() else {
            return Err(PinError::Empty { pattern });
        };
        if pins.len() > MAX_PINS {
            return Err(PinError::TooMany {
                pattern,
                limit: MAX_PINS,
            });
        }
        if backup == Backup::Required && pins.iter().all(|(_, pin)| pin == first) {
            return Err(PinError::BackupMissing { pattern });
        }
        let Some(lifetime) = lifetime else {
            return Err(PinError::ExpiryMissing { pattern });
        };
        if matches!(lifetime, Lifetime::Until(expiry, _) if expiry > LAST_EXPIRY) {
            return Err(PinError::ExpiryOutOfRange { pattern });
        }
        Ok(Self {
            pattern,
            pins,
            lifetime,
            mode,
        })
    }

    /// The hosts that the pins are for.
    pub fn pattern(&self) -> &HostPattern {
        &self.pattern
    }

    /// The pins with their roles.
    pub fn pins(&self) -> &[(PinRole, SpkiSha256)] {
        &self.pins
    }

    /// When the pins expire, and what happens then; none if they never expire.
    pub fn expiry(&self) -> Option<(UnixTime, OnExpiredPins)> {
        match self.lifetime {
            Lifetime::Until(expiry, then) => Some((expiry, then)),
            Lifetime::Endless => None,
        }
    }

    /// Whether the check refuses a path without a pinned key, or only reports it.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Whether there is a second, different pin.
    pub fn has_backup(&self) -> bool {
        let first = self.pins.first();
        self.pins
            .iter()
            .any(|(_, pin)| first.is_some_and(|(_, first)| pin != first))
    }

    /// The same pins, expiring at `end` at the latest; pins that never expire refuse after `end`.
    pub(super) fn bounded(mut self, end: UnixTime) -> Self {
        self.lifetime = match self.lifetime {
            Lifetime::Until(expiry, then) => Lifetime::Until(expiry.min(end), then),
            Lifetime::Endless => Lifetime::Until(end, OnExpiredPins::Refuse),
        };
        self
    }

    pub(super) fn describe_expiry(&self, description: &mut Description) {
        if let Lifetime::Until(expiry, _) = self.lifetime {
            description.expires(ExpiryKind::Pin, self.pattern.to_string(), expiry);
        }
    }

    pub(super) fn pins_key(&self, position: usize, key: SpkiSha256) -> bool {
        self.pins.iter().any(|(role, pin)| {
            let in_role = match role {
                PinRole::Leaf => position == 0,
                PinRole::Ca => position > 0,
                PinRole::Any => true,
            };
            in_role && *pin == key
        })
    }
}

impl Check for Pins {
    fn name(&self) -> &str {
        verdict::NAME
    }

    fn names_hosts_of(&self, pattern: &HostPattern) -> Option<&HostPattern> {
        let may_refuse = self.mode == Mode::Enforce && self.pattern.overlaps(pattern);
        may_refuse.then_some(&self.pattern)
    }

    fn judge(
        &self,
        path: &VerifiedPath<'_>,
        context: &CheckContext<'_>,
    ) -> Result<Finding, Refused> {
        match context.host() {
            Some(host) if self.pattern.covers(host) => {
                verdict::judge(host, [self], None, path, context)
            }
            _ => Ok(Finding::not_applicable(format!("for {}", self.pattern))),
        }
    }

    fn describe(&self, description: &mut Description) {
        description.setting("hosts", file::to_value(std::slice::from_ref(self)));
        self.describe_expiry(description);
    }
}

/// Builds [`Pins`]. Pins are given as text (see [`SpkiSha256`]) or as values, and are parsed by
/// [`PinsBuilder::build`].
#[derive(Clone, Debug)]
pub struct PinsBuilder {
    pattern: String,
    pins: Vec<(PinRole, String)>,
    lifetime: Option<Lifetime>,
    backup: Backup,
    mode: Mode,
}

impl PinsBuilder {
    /// Adds a pin for the server's own certificate.
    pub fn leaf(self, pin: impl ToString) -> Self {
        self.pin(PinRole::Leaf, pin)
    }

    /// Adds a pin for an intermediate or the anchor.
    pub fn ca(self, pin: impl ToString) -> Self {
        self.pin(PinRole::Ca, pin)
    }

    /// Adds a pin for any certificate of the path.
    pub fn any(self, pin: impl ToString) -> Self {
        self.pin(PinRole::Any, pin)
    }

    /// Adds a pin in the given role.
    pub fn pin(mut self, role: PinRole, pin: impl ToString) -> Self {
        self.pins.push((role, pin.to_string()));
        self
    }

    /// Sets when the pins expire, and what happens then. This or [`Self::never_expires`] must be
    /// called.
    pub fn expires(mut self, expiry: UnixTime, then: OnExpiredPins) -> Self {
        self.lifetime = Some(Lifetime::Until(expiry, then));
        self
    }

    /// Makes the pins hold without expiry. A client that does not get updates is locked out when
    /// the server's keys change.
    pub fn never_expires(mut self) -> Self {
        self.lifetime = Some(Lifetime::Endless);
        self
    }

    /// Accepts a single pin. If its key is lost, every client with this pin is locked out.
    pub fn without_backup(mut self) -> Self {
        self.backup = Backup::Waived;
        self
    }

    /// Makes the check report only: a path without a pinned key is accepted, and the receipt shows
    /// the refusal that would have happened.
    pub fn report_only(mut self) -> Self {
        self.mode = Mode::ReportOnly;
        self
    }

    /// Checks and builds the set.
    ///
    /// # Errors
    /// [`ConfigError::Pattern`] for the host pattern; [`ConfigError::Pin`] for a malformed pin, an
    /// empty set, more than 64 pins, no second, different pin as a backup (RFC 7469, 2.5 and 4.3),
    /// and no call that sets when the pins expire.
    pub fn build(self) -> Result<Pins, ConfigError> {
        let pattern: HostPattern = self.pattern.parse()?;
        let pins = self
            .pins
            .iter()
            .map(|(role, text)| Ok((*role, text.parse::<SpkiSha256>()?)))
            .collect::<Result<_, PinError>>()?;
        Ok(Pins::checked(
            pattern,
            pins,
            self.lifetime,
            self.backup,
            self.mode,
        )?)
    }
}
