//! Pins as a check: a host's verified path must contain one of its keys.

use rustls_pki_types::UnixTime;

use crate::check::{Check, CheckContext, Finding};
use crate::config_error::ConfigError;
use crate::host_pattern::HostPattern;
use crate::path::VerifiedPath;
use crate::reason::{Reason, Refused};
use crate::spki::{PinError, SpkiSha256};

/// Pins of one host pattern.
///
/// A host is believed when at least one pin is the key of a certificate of its **verified path**, the anchor included. The presented
/// chain plays no part: a pinned CA that a server merely appends is not on the path.
///
/// ```
/// use bonafide_verify::{OnExpiredPins, Pins};
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
#[derive(Clone, Debug)]
pub struct Pins {
    pattern: HostPattern,
    pins: Vec<(PinRole, SpkiSha256)>,
    expiry: Option<(UnixTime, OnExpiredPins)>,
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

/// What happens when the pins of a host have expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OnExpiredPins {
    /// Connections to the host are refused.
    Refuse,
    /// The host is believed without pins; the receipt says `not checked` and why.
    Unpinned,
}

impl Pins {
    /// Starts a set of pins for the hosts of `pattern`; see [`HostPattern`] for its forms.
    pub fn for_host(pattern: impl Into<String>) -> PinsBuilder {
        PinsBuilder {
            pattern: pattern.into(),
            pins: Vec::new(),
            expiry: None,
            backup: Backup::Required,
        }
    }

    /// The hosts that the pins are for.
    pub fn pattern(&self) -> &HostPattern {
        &self.pattern
    }

    /// The pins with their roles.
    pub fn pins(&self) -> &[(PinRole, SpkiSha256)] {
        &self.pins
    }

    /// When the pins expire, and what happens then.
    pub fn expiry(&self) -> Option<(UnixTime, OnExpiredPins)> {
        self.expiry
    }

    fn matches(&self, position: usize, key: SpkiSha256) -> bool {
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
        "pins"
    }

    fn only_for(&self) -> Option<&HostPattern> {
        Some(&self.pattern)
    }

    fn judge(
        &self,
        path: &VerifiedPath<'_>,
        context: &CheckContext<'_>,
    ) -> Result<Finding, Refused> {
        let Some(host) = context.host().filter(|host| self.pattern.matches(host)) else {
            return Ok(Finding::not_applicable(format!("for {}", self.pattern)));
        };
        match self.expiry {
            Some((expiry, OnExpiredPins::Unpinned)) if context.time() >= expiry => {
                return Ok(Finding::not_checked("the pins have expired"));
            }
            Some((expired, OnExpiredPins::Refuse)) if context.time() >= expired => {
                return Err(Refused::new(Reason::PinsExpired {
                    pattern: self.pattern.clone(),
                    expired,
                }));
            }
            _ => {}
        }
        let observed: Vec<SpkiSha256> = path.keys().collect();
        let hit = observed
            .iter()
            .enumerate()
            .find(|(position, key)| self.matches(*position, **key));
        let pinned = |which| {
            let finding = Finding::pinned(which);
            match self.expiry {
                Some((expiry, _)) => finding.valid_until(expiry),
                None => finding,
            }
        };
        match hit {
            Some((0, key)) => Ok(pinned(format!("leaf {key}"))),
            Some((_, key)) => Ok(pinned(format!("ca {key}"))),
            None => Err(Refused::new(Reason::PinMismatch {
                host: host.to_owned(),
                pattern: self.pattern.clone(),
                configured: self.pins.iter().map(|(_, pin)| *pin).collect(),
                observed,
            })),
        }
    }
}

/// Builds [`Pins`]. Pins are given as text (see [`SpkiSha256`]) or as values, and are parsed by [`PinsBuilder::build`].
#[derive(Clone, Debug)]
pub struct PinsBuilder {
    pattern: String,
    pins: Vec<(PinRole, String)>,
    expiry: Option<(UnixTime, OnExpiredPins)>,
    backup: Backup,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Backup {
    Required,
    Waived,
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

    /// Sets when the pins expire, and what happens then. Without it they never do.
    pub fn expires(mut self, expiry: UnixTime, then: OnExpiredPins) -> Self {
        self.expiry = Some((expiry, then));
        self
    }

    /// Accepts a single pin. Losing its key strands every client that has it.
    pub fn without_backup(mut self) -> Self {
        self.backup = Backup::Waived;
        self
    }

    /// Checks and builds the set.
    ///
    /// # Errors
    /// [`ConfigError::Pattern`] for the host pattern; [`ConfigError::Pin`] for a malformed pin, an empty set, or one without a second, different
    /// pin as a backup (RFC 7469, 2.5 and 4.3).
    pub fn build(self) -> Result<Pins, ConfigError> {
        let pattern: HostPattern = self.pattern.parse()?;
        let mut pins = Vec::with_capacity(self.pins.len());
        for (role, text) in &self.pins {
            pins.push((*role, text.parse::<SpkiSha256>()?));
        }
        let Some((_, first)) = pins.first() else {
            return Err(PinError::Empty { pattern }.into());
        };
        if self.backup == Backup::Required && pins.iter().all(|(_, pin)| pin == first) {
            return Err(PinError::BackupMissing { pattern }.into());
        }
        Ok(Pins {
            pattern,
            pins,
            expiry: self.expiry,
        })
    }
}
