//! Runs the checks of a zone on one proved path.

use rustls_pki_types::UnixTime;

use super::trial::{Evidence, NEVER_CHECKED, Rejection, Trial, not_run};
use crate::check::{Check, CheckContext, Finding, Mode};
use crate::code::Code;
use crate::path::verified::VerifiedPath;
use crate::verdict::receipt::records::{CheckRecord, Outcome, PathRecord};
use crate::verdict::refusal::refused::Refused;
use crate::verdict::refusal::report::Subject;
use crate::x509::certificate::subject_text;

impl Trial<'_> {
    /// Runs every check of the zone on a proved path, and adds their findings to `rows`. On a
    /// refusal, it returns how many checks had passed.
    pub(super) fn run_checks(
        &self,
        path: &VerifiedPath<'_>,
        forgiven: &[Code],
        mut rows: Vec<CheckRecord>,
    ) -> Result<Evidence, Box<Rejection>> {
        let context = self.context();
        let mut valid_until = path_valid_until(path, self.time);
        for (passed, (check, mode)) in self.checks().enumerate() {
            let name = check.name().to_owned();
            match (check.judge(path, &context), mode) {
                (Ok(finding), mode) => {
                    valid_until = earliest(valid_until, finding.valid_until);
                    push_rows(&mut rows, name, finding, mode);
                }
                (Err(refused), Mode::ReportOnly) => {
                    rows.push(CheckRecord::new(name, Outcome::Reported(refused.reason)));
                }
                (Err(refused), Mode::Enforce) if forgiven.contains(&refused.reason.code()) => {
                    rows.push(CheckRecord::new(name, Outcome::Refused(refused.reason)));
                }
                (Err(refused), Mode::Enforce) => {
                    rows.push(CheckRecord::new(
                        name,
                        Outcome::Refused(refused.reason.clone()),
                    ));
                    let rest = self
                        .checks()
                        .skip(passed + 1)
                        .map(|(check, _)| check.name().to_owned());
                    rows.extend(not_run(rest).chain(self.never_checked()));
                    return Err(fault_on(path, refused, rows, passed));
                }
            }
        }
        rows.extend(self.never_checked());
        Ok(Evidence {
            path: Some(PathRecord::of(path)),
            checks: rows,
            valid_until,
        })
    }

    pub(crate) fn context(&self) -> CheckContext<'_> {
        CheckContext {
            name: self.peer.name,
            host: self.host,
            time: self.time,
            ocsp_staple: self.peer.ocsp_staple,
            scts: self.peer.scts,
            algorithms: self.judge.provider.signature_algorithms().all,
        }
    }

    /// The rows of standard checks that the zone does not have.
    pub(super) fn never_checked(&self) -> impl Iterator<Item = CheckRecord> {
        let has = |name: &str| self.checks().any(|(check, _)| check.name() == name);
        not_run(NEVER_CHECKED.into_iter().filter(move |name| !has(name)))
    }

    /// The profile and the checks of the zone, in the order in which they run.
    pub(crate) fn checks(&self) -> impl Iterator<Item = (&dyn Check, Mode)> {
        let (profile, mode) = &self.zone.profile;
        let profile: &dyn Check = profile;
        std::iter::once((profile, *mode)).chain(
            self.zone
                .checks
                .iter()
                .map(|(check, mode)| (&**check, *mode)),
        )
    }
}

/// Adds the row of a finding, and the rows of its further findings.
fn push_rows(rows: &mut Vec<CheckRecord>, name: String, mut finding: Finding, mode: Mode) {
    let beside = std::mem::take(&mut finding.beside);
    for finding in std::iter::once(finding).chain(beside) {
        let outcome = match (Outcome::from(finding.outcome), mode) {
            (Outcome::Pinned, Mode::ReportOnly) => Outcome::Passed,
            (outcome, _) => outcome,
        };
        rows.push(CheckRecord::new(name.clone(), outcome).with_detail(finding.detail));
    }
}

fn fault_on(
    path: &VerifiedPath<'_>,
    refused: Refused,
    checks: Vec<CheckRecord>,
    checks_passed: usize,
) -> Box<Rejection> {
    let subject = refused.position.and_then(|position| {
        let der = path.ders().nth(position)?;
        Some(Subject {
            position,
            name: subject_text(der),
        })
    });
    let path = Some(PathRecord::of(path));
    Box::new(Rejection {
        reason: refused.reason,
        subject,
        source: None,
        path,
        checks,
        checks_passed,
    })
}

/// The earliest `notAfter` of the path. A `notAfter` in the past (of an anchor, under a profile
/// that allows it) does not count. A certificate that cannot be read makes the verdict hold for
/// this moment only.
fn path_valid_until(path: &VerifiedPath<'_>, time: UnixTime) -> Option<UnixTime> {
    path.certificates()
        .map(|certificate| certificate.map_or(time, |certificate| certificate.not_after()))
        .filter(|not_after| *not_after >= time)
        .min()
}

pub(super) fn earliest(one: Option<UnixTime>, other: Option<UnixTime>) -> Option<UnixTime> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
