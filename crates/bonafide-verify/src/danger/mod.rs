//! Grants: loud exceptions, for one exact host, with a reason and an expiry.
//!
//! Exists only with the feature `danger-insecure-grants`. A grant forgives named refusals; it does not switch verification off: the peer
//! is judged as ever, everything that is not forgiven refuses, and the handshake's signature is always verified. Each connection under a
//! grant emits a `warn` event with the reason, and its receipt says *not verified*.

mod forgive;

use std::collections::HashSet;
use std::sync::Arc;

use rustls_pki_types::UnixTime;

pub(crate) use self::forgive::forgive;

use crate::clock::Rfc3339Time;
use crate::code::Code;
use crate::config_error::ConfigError;
use crate::pin::HostPattern;
use crate::policy::{Zone, ZoneId};
use crate::receipt::{Receipt, Verdict};

/// When set to anything but nothing or `0`, a policy with a grant does not build.
const FORBID: &str = "BONAFIDE_FORBID_DANGER";

/// An exception for one exact host: the refusals that it forgives, why, and until when.
///
/// ```
/// use std::time::Duration;
///
/// use bonafide_verify::danger::Grant;
/// use bonafide_verify::pki_types::UnixTime;
/// use bonafide_verify::{Code, Policy};
///
/// let in_an_hour = UnixTime::since_unix_epoch(Duration::from_secs(UnixTime::now().as_secs() + 3600));
/// let grant = Grant::for_host("localhost")
///     .forgive(Code::SelfSigned)
///     .because("the development server makes its own certificate")
///     .until(in_an_hour);
/// let policy = Policy::builder().danger_grant(grant).build()?;
/// # let _ = policy;
/// # Ok::<(), bonafide_verify::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Grant {
    host: String,
    forgiven: Vec<Code>,
    reason: String,
    expires: Option<UnixTime>,
}

impl Grant {
    /// Starts a grant for one exact host: a DNS name or an IP address, no wildcard.
    pub fn for_host(host: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            forgiven: Vec::new(),
            reason: String::new(),
            expires: None,
        }
    }

    /// Forgives one kind of refusal. What is not named refuses as ever.
    pub fn forgive(mut self, code: Code) -> Self {
        self.forgiven.push(code);
        self
    }

    /// Says why, for every event and receipt.
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = reason.into();
        self
    }

    /// Sets when the grant ends, by the policy's clock. Past it, it is gone.
    pub fn until(mut self, expires: UnixTime) -> Self {
        self.expires = Some(expires);
        self
    }

    fn check(&self) -> Result<HostPattern, ConfigError> {
        let invalid = |problem: &str| ConfigError::InvalidGrant {
            host: self.host.clone(),
            problem: problem.to_owned(),
        };
        let pattern: HostPattern = self.host.parse()?;
        if !pattern.is_exact() {
            return Err(invalid("is not for one exact host"));
        }
        if self.forgiven.is_empty() {
            return Err(invalid("forgives nothing"));
        }
        if let Some(code) = self.forgiven.iter().find(|code| !is_forgivable(**code)) {
            return Err(invalid(&format!("names {code}, which cannot be forgiven")));
        }
        if self.reason.trim().is_empty() {
            return Err(invalid("has no reason"));
        }
        if self.expires.is_none() {
            return Err(invalid("has no expiry"));
        }
        Ok(pattern)
    }

    fn expiry(&self) -> UnixTime {
        self.expires
            .unwrap_or_else(|| UnixTime::since_unix_epoch(std::time::Duration::ZERO))
    }
}

/// Refusals about who a certificate is from, for whom and until when. What cannot be read, verified or negotiated cannot be forgiven, nor can a
/// signature that does not verify.
fn is_forgivable(code: Code) -> bool {
    matches!(
        code,
        Code::Expired
            | Code::NotYetValid
            | Code::ExpiredAnchor
            | Code::UnknownIssuer
            | Code::SelfSigned
            | Code::NameMismatch
            | Code::NoSubjectAltName
            | Code::NameConstraint
            | Code::PathLength
            | Code::CaAsLeaf
            | Code::LeafAsCa
            | Code::WrongPurpose
            | Code::EmptyPurpose
            | Code::WeakSignature
            | Code::WeakKey
            | Code::PinMismatch
            | Code::PinsExpired
            | Code::CheckRefused
    )
}

/// Gives each grant its zone: the one with its exact host, or one of its own made like the zone that covers the host.
pub(crate) fn with_grants(
    grants: Vec<Grant>,
    default: Option<&Zone>,
    mut zones: Vec<Zone>,
) -> Result<Vec<Zone>, ConfigError> {
    let mut hosts = HashSet::new();
    for grant in grants {
        let pattern = grant.check()?;
        if std::env::var_os(FORBID).is_some_and(|value| !value.is_empty() && value != "0") {
            return Err(ConfigError::DangerForbidden { host: grant.host });
        }
        if !hosts.insert(pattern.clone()) {
            return Err(ConfigError::DuplicateZone {
                pattern: pattern.to_string(),
            });
        }
        let grant = Some(Arc::new(grant));
        if let Some(zone) = zones
            .iter_mut()
            .find(|zone| zone.pattern() == Some(&pattern))
        {
            zone.grant = grant;
            continue;
        }
        let covering = zones
            .iter()
            .filter(|zone| {
                zone.pattern()
                    .is_some_and(|other| other.matches(pattern.host()))
            })
            .max_by_key(|zone| zone.pattern().map(|pattern| pattern.precedence()))
            .or(default);
        let Some(covering) = covering else {
            return Err(ConfigError::HostNotInPolicy {
                host: pattern.to_string(),
            });
        };
        let zone = Zone {
            id: ZoneId::new(u32::try_from(zones.len() + 1).unwrap_or(u32::MAX)),
            name: Arc::from(pattern.to_string()),
            pattern: Some(pattern),
            anchors: Arc::clone(&covering.anchors),
            profile: covering.profile,
            checks: covering.checks.clone(),
            identity: covering.identity.clone(),
            min_version: covering.min_version,
            grant,
        };
        zones.push(zone);
    }
    Ok(zones)
}

/// Emits the `warn` event of a connection under a grant.
pub(crate) fn announce(receipt: &Receipt) {
    if let Verdict::Granted {
        forgiven,
        reason,
        expires,
    } = receipt.verdict()
    {
        let forgiven: Vec<_> = forgiven.iter().map(|code| code.as_str()).collect();
        tracing::warn!(
            host = receipt.host().unwrap_or_default(),
            forgiven = forgiven.join(" "),
            reason = reason.as_str(),
            expires = %Rfc3339Time(*expires),
            "connection to a peer that is not verified, under a grant"
        );
    }
}
