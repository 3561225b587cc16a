//! The judgement of one peer: path, then name, then checks.
//!
//! The checks run inside the path builder's callback, so that a path which they refuse does not hide another that they accept. webpki's
//! error has no room for a refusal of ours; the most telling one is kept beside it.

use std::cell::RefCell;
use std::sync::Arc;

use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::EndEntityCert;

use super::Judge;
use crate::anchors::{AnchorSet, OriginCounts};
use crate::chain::{AskedTime, Peer};
use crate::check::{REVOCATION, TRANSPARENCY};
use crate::code::Code;
use crate::config_error::ConfigError;
use crate::diagnosis::{diagnose, diagnose_name};
use crate::host::host_text;
use crate::path::{self, NoPath, PathVerdict, VerifiedPath};
use crate::reason::Reason;
use crate::receipt::{CheckRecord, Outcome, PathRecord, Receipt, Verdict, Verification};
use crate::refusal::{Refusal, Subject};
use crate::zone::Zone;

/// The rows that a receipt has for what a zone may have no check of.
pub(super) const NEVER_CHECKED: [&str; 2] = [REVOCATION, TRANSPARENCY];

/// Judges `peer` by the rules of `zone`.
pub(super) fn judge(judge: &Judge, zone: &Zone, peer: &Peer<'_>) -> Result<Arc<Receipt>, Refusal> {
    let host = peer.name.map(|name| host_text(name));
    let (time, clock) = match peer.time {
        AskedTime::Now => (judge.clock.now(), Arc::clone(judge.clock.shared_name())),
        AskedTime::Handshake(time) => (time, Arc::clone(judge.clock.shared_name())),
        AskedTime::Given(time) => (time, Arc::from("given")),
    };
    let trial = Trial {
        judge,
        zone,
        peer,
        host: host.as_deref(),
        time,
        clock,
    };
    match trial.run(time, &[]) {
        Ok(evidence) => {
            let verdict = if host.is_some() {
                Verdict::Verified
            } else {
                Verdict::PathOnly
            };
            Ok(trial.receipt(verdict, evidence))
        }
        #[cfg(feature = "danger-insecure-grants")]
        Err(refused) if host.is_some() => super::forgive::forgive(&trial, refused),
        Err(refused) => Err(trial.refusal(refused)),
    }
}

/// The refusal of a host that a closed policy has no zone for.
pub(super) fn refuse_host(judge: &Judge, host: &str) -> Refusal {
    let reason = Reason::HostNotInPolicy {
        host: host.to_owned(),
    };
    let verification = Verification {
        verdict: Verdict::Refused(reason.code()),
        epoch: judge.epoch,
        zone: Arc::from("none"),
        host: Some(host.to_owned()),
        time: judge.clock.now(),
        clock: Arc::clone(judge.clock.shared_name()),
        provider: judge.provider.name(),
        anchors: OriginCounts::default(),
        path: None,
        checks: not_run(["path", "name"])
            .chain(not_run(NEVER_CHECKED))
            .collect(),
        valid_until: None,
    };
    Refusal::new(
        reason,
        None,
        Arc::new(Receipt::new(Arc::new(verification))),
        None,
    )
}

/// One peer before one zone.
pub(super) struct Trial<'a> {
    pub(super) judge: &'a Judge,
    pub(super) zone: &'a Zone,
    pub(super) peer: &'a Peer<'a>,
    pub(super) host: Option<&'a str>,
    pub(super) time: UnixTime,
    pub(super) clock: Arc<str>,
}

/// What speaks for a peer that is believed.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    pub(super) path: Option<PathRecord>,
    pub(super) checks: Vec<CheckRecord>,
    pub(super) valid_until: Option<UnixTime>,
}

/// Why a peer is not believed, before it is known whom to tell.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) reason: Reason,
    pub(super) subject: Option<Subject>,
    pub(super) source: Option<webpki::Error>,
    pub(super) path: Option<PathRecord>,
    pub(super) checks: Vec<CheckRecord>,
    /// How many checks had passed before; the fault of the path that came furthest is told.
    pub(super) checks_passed: usize,
}

/// How the proved paths have fared so far.
enum Standing {
    Believed(Evidence),
    Refused(Box<Fault>),
}

impl Trial<'_> {
    /// Judges the peer, its path as of `time`; the checks see the time of the trial. Refusals of the name and of checks whose code is in `forgiven` are recorded and do not count; outside of
    /// grants `forgiven` is empty.
    pub(super) fn run(&self, time: UnixTime, forgiven: &[Code]) -> Result<Evidence, Box<Fault>> {
        let anchors = self
            .zone
            .anchors
            .get()
            .map_err(|error| self.early(no_anchors(&error)))?;
        let leaf = self
            .peer
            .chain
            .leaf()
            .ok_or_else(|| self.early(Reason::NoCertificate))?;
        let end_entity =
            EndEntityCert::try_from(leaf).map_err(|error| self.unproved(error, anchors))?;
        let name_fault = self.name_fault(&end_entity, leaf);
        let enforced_name_fault = name_fault
            .as_ref()
            .filter(|(reason, _)| !forgiven.contains(&reason.code()));

        let standing: RefCell<Option<Standing>> = RefCell::new(None);
        let on_path = |path: &VerifiedPath<'_>| {
            if let Some((reason, subject)) = enforced_name_fault {
                let fault = self.misnamed(path, reason.clone(), subject.clone());
                standing.replace(Some(Standing::Refused(fault)));
                return PathVerdict::Take;
            }
            let name_row = self.name_row(name_fault.as_ref().map(|(reason, _)| reason));
            match self.run_checks(path, forgiven, name_row) {
                Ok(evidence) => {
                    standing.replace(Some(Standing::Believed(evidence)));
                    PathVerdict::Take
                }
                Err(fault) => {
                    let mut standing = standing.borrow_mut();
                    let told = match &*standing {
                        Some(Standing::Refused(told)) => Some(told.checks_passed),
                        _ => None,
                    };
                    if told.is_none_or(|told| fault.checks_passed > told) {
                        *standing = Some(Standing::Refused(fault));
                    }
                    PathVerdict::TryNext
                }
            }
        };
        let algorithms = self.judge.provider.signature_algorithms();
        let built = path::build(
            leaf,
            &end_entity,
            self.peer.chain.rest(),
            anchors,
            algorithms,
            time,
            &on_path,
        );
        match (built, standing.into_inner()) {
            (Ok(()), Some(Standing::Believed(evidence))) => Ok(evidence),
            (Ok(()) | Err(NoPath::AllTurnedDown), Some(Standing::Refused(fault))) => Err(fault),
            (Err(NoPath::Unproved(error)), _) => Err(self.unproved(error, anchors)),
            (Ok(()), None) | (Err(NoPath::AllTurnedDown), _) => {
                Err(self.unproved(webpki::Error::UnknownIssuer, anchors))
            }
        }
    }

    pub(super) fn receipt(&self, verdict: Verdict, evidence: Evidence) -> Arc<Receipt> {
        let Evidence {
            path,
            checks,
            valid_until,
        } = evidence;
        Arc::new(Receipt::new(Arc::new(Verification {
            verdict,
            epoch: self.judge.epoch,
            zone: Arc::clone(&self.zone.name),
            host: self.host.map(ToOwned::to_owned),
            time: self.time,
            clock: Arc::clone(&self.clock),
            provider: self.judge.provider.name(),
            anchors: self
                .zone
                .anchors
                .get()
                .map(|set| set.counts().clone())
                .unwrap_or_default(),
            path,
            checks,
            valid_until,
        })))
    }

    pub(super) fn refusal(&self, fault: Box<Fault>) -> Refusal {
        let Fault {
            reason,
            subject,
            source,
            path,
            checks,
            checks_passed: _,
        } = *fault;
        let evidence = Evidence {
            path,
            checks,
            valid_until: None,
        };
        let receipt = self.receipt(Verdict::Refused(reason.code()), evidence);
        Refusal::new(reason, subject, receipt, source)
    }

    fn name_fault(
        &self,
        end_entity: &EndEntityCert<'_>,
        leaf: &CertificateDer<'_>,
    ) -> Option<(Reason, Option<Subject>)> {
        let error = end_entity
            .verify_is_valid_for_subject_name(self.peer.name?)
            .err()?;
        Some(diagnose_name(&error, self.host.unwrap_or_default(), leaf))
    }

    fn name_row(&self, fault: Option<&Reason>) -> CheckRecord {
        let outcome = match (self.host, fault) {
            (None, _) => Outcome::NotChecked,
            (Some(_), None) => Outcome::Passed,
            (Some(_), Some(reason)) => Outcome::Refused(reason.clone()),
        };
        CheckRecord::new("name", outcome)
    }

    fn misnamed(
        &self,
        path: &VerifiedPath<'_>,
        reason: Reason,
        subject: Option<Subject>,
    ) -> Box<Fault> {
        let mut rows = vec![
            CheckRecord::new("path", Outcome::Passed),
            CheckRecord::new("name", Outcome::Refused(reason.clone())),
        ];
        rows.extend(self.unasked());
        Box::new(Fault {
            reason,
            subject,
            source: None,
            path: Some(record(path)),
            checks: rows,
            checks_passed: 0,
        })
    }

    fn unproved(&self, error: webpki::Error, anchors: &AnchorSet) -> Box<Fault> {
        let (reason, subject) = diagnose(&error, &self.peer.chain, anchors);
        Box::new(Fault {
            subject,
            source: Some(error),
            ..*self.early(reason)
        })
    }

    /// A fault found before any path was proved.
    fn early(&self, reason: Reason) -> Box<Fault> {
        let mut rows = vec![
            CheckRecord::new("path", Outcome::Refused(reason.clone())),
            CheckRecord::new("name", Outcome::NotChecked),
        ];
        rows.extend(self.unasked());
        Box::new(Fault {
            reason,
            subject: None,
            source: None,
            path: None,
            checks: rows,
            checks_passed: 0,
        })
    }

    fn unasked(&self) -> impl Iterator<Item = CheckRecord> {
        not_run(self.checks().map(|(check, _)| check.name().to_owned())).chain(self.never_checked())
    }
}

fn no_anchors(error: &ConfigError) -> Reason {
    let report = match error {
        ConfigError::NoAnchors { report } => report.to_string(),
        other => other.to_string(),
    };
    Reason::NoAnchors { report }
}

pub(super) fn not_run<N: Into<std::borrow::Cow<'static, str>>>(
    names: impl IntoIterator<Item = N>,
) -> impl Iterator<Item = CheckRecord> {
    names
        .into_iter()
        .map(|name| CheckRecord::new(name, Outcome::NotChecked))
}

pub(super) fn record(path: &VerifiedPath<'_>) -> PathRecord {
    let certificates = path
        .ders()
        .map(|der| CertificateDer::from(der.to_vec()))
        .collect();
    PathRecord::new(
        certificates,
        path.keys().collect(),
        Arc::clone(path.anchor().shared_origin()),
    )
}
