//! Grants: loud exceptions, for one exact host, with a reason and an expiry.
//!
//! Exists only with the feature `danger-insecure-grants`. A grant forgives named refusals; it does not switch verification off: the peer
//! is judged as ever, everything that is not forgiven refuses, and the handshake's signature is always verified. Each connection under a
//! grant emits a `warn` event with the reason, and its receipt says *not verified*.

use std::collections::HashSet;
use std::sync::Arc;

use rustls_pki_types::UnixTime;
use webpki::EndEntityCert;

use crate::certificate::Certificate;
use crate::check::{Mode, Place};
use crate::clock::Rfc3339Time;
use crate::code::Code;
use crate::config_error::ConfigError;
use crate::diagnosis::diagnose_name;
use crate::judge::{Evidence, Fault, Trial, earliest};
use crate::pin::HostPattern;
use crate::policy::{Zone, ZoneId};
use crate::receipt::{CheckRecord, Outcome, Receipt, Verdict};
use crate::refusal::{Reason, Refusal};

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

/// Looks whether the zone's grant forgives `fault` and everything else that is wrong with the peer.
pub(crate) fn forgive(trial: &Trial<'_>, fault: Box<Fault>) -> Result<Arc<Receipt>, Refusal> {
    let grant = match &trial.zone.grant {
        Some(grant) if trial.time < grant.expiry() => grant,
        _ => return Err(trial.refusal(fault)),
    };
    let mut forgiven = Vec::new();
    match all_forgiven(trial, grant, fault, &mut forgiven) {
        Ok(mut evidence) => {
            evidence.valid_until = earliest(evidence.valid_until, Some(grant.expiry()));
            let verdict = Verdict::Granted {
                forgiven,
                reason: grant.reason.clone(),
                expires: grant.expiry(),
            };
            let receipt = trial.receipt(verdict, evidence);
            announce(&receipt);
            Ok(receipt)
        }
        Err(unforgiven) => Err(trial.refusal(unforgiven)),
    }
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

/// Judges with one premise changed until nothing is wrong that is not forgiven.
fn all_forgiven(
    trial: &Trial<'_>,
    grant: &Grant,
    fault: Box<Fault>,
    forgiven: &mut Vec<Code>,
) -> Result<Evidence, Box<Fault>> {
    take_note(grant, &fault, forgiven)?;
    let first_path_fault = path_fault(&fault);
    // The name and the checks: judged once more, with the forgiven codes only recorded.
    let at = first_path_fault
        .as_ref()
        .and_then(forgiving_time)
        .unwrap_or(trial.time);
    match trial.run(at, &grant.forgiven) {
        Ok(evidence) => {
            note_recorded(&evidence.checks, forgiven);
            Ok(amended(evidence, first_path_fault))
        }
        Err(again) if path_fault(&again).is_some() => {
            take_note(grant, &again, forgiven)?;
            on_the_leaf_alone(trial, grant, again, forgiven)
        }
        Err(unforgiven) => Err(unforgiven),
    }
}

/// With no path to judge, the leaf must be free of every fault that is not forgiven, and what needs a path counts as a refusal.
fn on_the_leaf_alone(
    trial: &Trial<'_>,
    grant: &Grant,
    fault: Box<Fault>,
    forgiven: &mut Vec<Code>,
) -> Result<Evidence, Box<Fault>> {
    let mut checks = fault.checks.clone();
    let mut refuse = |row: &str, reason: Reason| {
        let refused = Outcome::Refused(reason.clone());
        match checks.iter_mut().find(|check| check.name() == row) {
            Some(check) => check.outcome = refused,
            None => checks.push(CheckRecord::new(row.to_owned(), refused)),
        }
        let fault = Fault {
            reason,
            subject: fault.subject.clone(),
            source: None,
            path: None,
            checks: checks.clone(),
            checks_passed: 0,
        };
        take_note(grant, &fault, forgiven)
    };
    let malformed = |error: der::Error| Reason::Malformed {
        detail: error.to_string(),
    };
    let leaf_der = match trial.peer.chain.leaf() {
        Some(leaf) => leaf,
        None => return refuse("path", Reason::NoCertificate).map(|()| Evidence::default()),
    };
    let leaf = match Certificate::from_der(leaf_der) {
        Ok(leaf) => leaf,
        Err(error) => return refuse("path", malformed(error)).map(|()| Evidence::default()),
    };
    if trial.time > leaf.not_after() {
        refuse(
            "path",
            Reason::Expired {
                not_after: leaf.not_after(),
            },
        )?;
    }
    if trial.time < leaf.not_before() {
        refuse(
            "path",
            Reason::NotYetValid {
                not_before: leaf.not_before(),
            },
        )?;
    }
    let name = match (EndEntityCert::try_from(leaf_der), trial.peer.name) {
        (Ok(end_entity), Some(name)) => end_entity.verify_is_valid_for_subject_name(name),
        (Err(error), _) => Err(error),
        (Ok(_), None) => Err(webpki::Error::UnsupportedNameType),
    };
    if let Err(error) = name {
        refuse(
            "name",
            diagnose_name(&error, trial.host.unwrap_or_default(), leaf_der).0,
        )?;
    }
    let context = trial.context(trial.time);
    let (profile, profile_mode) = trial.zone.profile;
    if let (Err(reason), Mode::Enforce) = (
        profile.judge_one(&leaf, Place::Leaf, &context),
        profile_mode,
    ) {
        refuse(crate::check::Check::name(&profile), reason)?;
    }
    for (check, mode) in trial.checks().skip(1) {
        if mode == Mode::Enforce {
            let message = format!("{} needs a verified path, and there is none", check.name());
            refuse(check.name(), Reason::Check { message })?;
        }
    }
    let valid_until = (leaf.not_after() > trial.time).then(|| leaf.not_after());
    Ok(Evidence {
        path: None,
        checks,
        valid_until,
    })
}

fn take_note(grant: &Grant, fault: &Fault, forgiven: &mut Vec<Code>) -> Result<(), Box<Fault>> {
    let code = fault.reason.code();
    if !grant.forgiven.contains(&code) {
        return Err(Box::new(fault.clone()));
    }
    if !forgiven.contains(&code) {
        forgiven.push(code);
    }
    Ok(())
}

fn note_recorded(checks: &[CheckRecord], forgiven: &mut Vec<Code>) {
    for check in checks {
        if let Outcome::Refused(reason) = check.outcome()
            && !forgiven.contains(&reason.code())
        {
            forgiven.push(reason.code());
        }
    }
}

/// The fault, if it is one of the path itself: no path was proved.
fn path_fault(fault: &Fault) -> Option<Reason> {
    fault.path.is_none().then(|| fault.reason.clone())
}

/// A time at which the certificate that `reason` names is valid: the premise to change when time is forgiven.
fn forgiving_time(reason: &Reason) -> Option<UnixTime> {
    match reason {
        Reason::Expired { not_after } => Some(*not_after),
        Reason::NotYetValid { not_before } => Some(*not_before),
        _ => None,
    }
}

/// The evidence with the row of the path showing what was forgiven there.
fn amended(mut evidence: Evidence, path_fault: Option<Reason>) -> Evidence {
    if let Some(reason) = path_fault
        && let Some(row) = evidence
            .checks
            .iter_mut()
            .find(|check| check.name() == "path")
    {
        row.outcome = Outcome::Refused(reason);
        evidence.path = None;
    }
    evidence
}
