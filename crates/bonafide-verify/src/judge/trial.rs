//! The judgement of one peer, and its result: a receipt or a refusal.

use std::sync::Arc;

use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::EndEntityCert;

use super::Judge;
use crate::anchors::{AnchorSet, OriginCounts};
use crate::check::{REVOCATION, TRANSPARENCY};
use crate::config::error::ConfigError;
use crate::host::name::host_text;
use crate::judge::diagnosis::{diagnose, diagnose_name};
use crate::path::presented::{AskedTime, Peer};
use crate::path::verified::VerifiedPath;
use crate::verdict::receipt::records::{CheckRecord, Outcome, PathRecord};
use crate::verdict::receipt::report::{Receipt, Verdict, Verification};
use crate::verdict::refusal::reason::Reason;
use crate::verdict::refusal::report::{Refusal, Subject};
use crate::x509::certificate::subject_text;
use crate::zone::Zone;

/// The checks that have a row on every receipt, also if the zone does not have such a check.
pub(super) const NEVER_CHECKED: [&str; 2] = [REVOCATION, TRANSPARENCY];

/// Judges `peer` by the rules of `zone`.
pub(super) fn judge(judge: &Judge, zone: &Zone, peer: &Peer<'_>) -> Result<Arc<Receipt>, Refusal> {
    Trial::of(judge, zone, peer, |trial| trial.verdict())
}

impl<'a> Trial<'a> {
    /// Runs `judged` on the trial of a peer in a zone.
    pub(super) fn of<T>(
        judge: &'a Judge,
        zone: &'a Zone,
        peer: &'a Peer<'a>,
        judged: impl FnOnce(&Trial<'_>) -> T,
    ) -> T {
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
        judged(&trial)
    }

    fn verdict(&self) -> Result<Arc<Receipt>, Refusal> {
        if let Some(known) = &self.zone.known {
            return super::known::judge(self, known);
        }
        match self.run(self.time, &[]) {
            Ok(evidence) => {
                let verdict = if self.host.is_some() {
                    Verdict::Verified
                } else {
                    Verdict::PathOnly
                };
                Ok(self.receipt(verdict, evidence))
            }
            #[cfg(feature = "danger-insecure-grants")]
            Err(refused) if self.host.is_some() => super::forgive::forgive(self, refused),
            Err(refused) => Err(self.refusal(refused)),
        }
    }
}

/// The refusal of a host without a zone in a closed policy.
pub(super) fn refuse_host(judge: &Judge, host: &str) -> Refusal {
    let reason = Reason::HostNotInPolicy {
        host: host.to_owned(),
    };
    let verification = Verification {
        verdict: Verdict::Refused(reason.code()),
        epoch: judge.epoch,
        successor: judge.successor.clone(),
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

/// One peer, judged by the rules of one zone.
pub(super) struct Trial<'a> {
    pub(super) judge: &'a Judge,
    pub(super) zone: &'a Zone,
    pub(super) peer: &'a Peer<'a>,
    pub(super) host: Option<&'a str>,
    pub(super) time: UnixTime,
    pub(super) clock: Arc<str>,
}

/// The path and the checks of an accepted peer, for its receipt.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    pub(super) path: Option<PathRecord>,
    pub(super) checks: Vec<CheckRecord>,
    pub(super) valid_until: Option<UnixTime>,
}

/// Why a peer is not accepted, before it is known whether a grant forgives it.
#[derive(Clone, Debug)]
pub(super) struct Rejection {
    pub(super) reason: Reason,
    pub(super) subject: Option<Subject>,
    pub(super) source: Option<webpki::Error>,
    pub(super) path: Option<PathRecord>,
    pub(super) checks: Vec<CheckRecord>,
    /// How many checks had passed before. Of several refused paths, the one that passed most checks
    /// is reported.
    pub(super) checks_passed: usize,
}

impl Trial<'_> {
    pub(super) fn receipt(&self, verdict: Verdict, evidence: Evidence) -> Arc<Receipt> {
        let Evidence {
            path,
            checks,
            valid_until,
        } = evidence;
        Arc::new(Receipt::new(Arc::new(Verification {
            verdict,
            epoch: self.judge.epoch,
            successor: self.judge.successor.clone(),
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

    pub(super) fn refusal(&self, fault: Box<Rejection>) -> Refusal {
        let Rejection {
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
        Refusal::new(reason, subject, receipt, source).with_exhibit(self.exhibit())
    }

    pub(super) fn name_fault(
        &self,
        end_entity: &EndEntityCert<'_>,
        leaf: &CertificateDer<'_>,
    ) -> Option<(Reason, Option<Subject>)> {
        let error = end_entity
            .verify_is_valid_for_subject_name(self.peer.name?)
            .err()?;
        Some(diagnose_name(&error, self.host.unwrap_or_default(), leaf))
    }

    pub(super) fn name_row(&self, fault: Option<&Reason>) -> CheckRecord {
        let outcome = match (self.host, fault) {
            (None, _) => Outcome::NotChecked,
            (Some(_), None) => Outcome::Passed,
            (Some(_), Some(reason)) => Outcome::Refused(reason.clone()),
        };
        CheckRecord::new("name", outcome)
    }

    pub(super) fn misnamed(
        &self,
        path: &VerifiedPath<'_>,
        path_row: CheckRecord,
        reason: Reason,
        subject: Option<Subject>,
    ) -> Box<Rejection> {
        let mut rows = vec![
            path_row,
            CheckRecord::new("name", Outcome::Refused(reason.clone())),
        ];
        rows.extend(self.unasked());
        Box::new(Rejection {
            reason,
            subject,
            source: None,
            path: Some(PathRecord::of(path)),
            checks: rows,
            checks_passed: 0,
        })
    }

    /// The rejection of a proved path with more intermediates than the zone allows.
    pub(super) fn overlong(&self, path: &VerifiedPath<'_>, reason: Reason) -> Box<Rejection> {
        Box::new(Rejection {
            path: Some(PathRecord::of(path)),
            ..*self.early(reason)
        })
    }

    pub(super) fn unproved(&self, error: webpki::Error, anchors: &AnchorSet) -> Box<Rejection> {
        let (reason, subject) = diagnose(
            &error,
            &self.peer.chain,
            anchors,
            self.judge.provider.signature_algorithms().all,
        );
        Box::new(Rejection {
            subject,
            source: Some(error),
            ..*self.early(reason)
        })
    }

    /// The rejection of a path whose anchor is not a CA certificate.
    pub(super) fn issued_by_no_ca(&self, anchor: &[u8]) -> Box<Rejection> {
        Box::new(Rejection {
            subject: Some(Subject {
                position: self.peer.chain.len(),
                name: subject_text(anchor),
            }),
            source: Some(webpki::Error::EndEntityUsedAsCa),
            ..*self.early(Reason::LeafAsCa)
        })
    }

    /// A fault that was found before any path was proved.
    pub(super) fn early(&self, reason: Reason) -> Box<Rejection> {
        let mut rows = vec![
            CheckRecord::new("path", Outcome::Refused(reason.clone())),
            CheckRecord::new("name", Outcome::NotChecked),
        ];
        rows.extend(self.unasked());
        Box::new(Rejection {
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

pub(super) fn no_anchors(error: &ConfigError) -> Reason {
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
