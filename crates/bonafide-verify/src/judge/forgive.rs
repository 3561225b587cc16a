//! Decides whether a grant forgives everything that is wrong with a peer, by judging again with one
//! premise changed.

use std::sync::Arc;

use rustls_pki_types::UnixTime;
use webpki::EndEntityCert;

use super::checks::earliest;
use super::trial::{Evidence, Rejection, Trial};
use crate::check::{Mode, PathRole};
use crate::code::Code;
use crate::danger::Grant;
use crate::judge::diagnosis::{diagnose, diagnose_name, purposes_without_server_auth};
use crate::verdict::receipt::records::{CheckRecord, Outcome};
use crate::verdict::receipt::report::{Receipt, Verdict};
use crate::verdict::refusal::reason::Reason;
use crate::verdict::refusal::report::Refusal;
use crate::x509::certificate::Certificate;

/// Decides whether the zone's grant forgives `fault` and everything else that is wrong with the
/// peer.
pub(super) fn forgive(trial: &Trial<'_>, fault: Box<Rejection>) -> Result<Arc<Receipt>, Refusal> {
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
            Ok(trial.receipt(verdict, evidence))
        }
        Err(unforgiven) => Err(trial.refusal(unforgiven)),
    }
}

/// Judges again, with one more premise changed each time, until every remaining fault is forgiven.
fn all_forgiven(
    trial: &Trial<'_>,
    grant: &Grant,
    fault: Box<Rejection>,
    forgiven: &mut Vec<Code>,
) -> Result<Evidence, Box<Rejection>> {
    take_note(grant, &fault, forgiven)?;
    let first_path_fault = path_fault(&fault);
    // Judges the name and the checks again, and only records the forgiven codes.
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

/// Without a path, the leaf must have no fault that is not forgiven, and a check that needs a path
/// counts as a refusal.
fn on_the_leaf_alone(
    trial: &Trial<'_>,
    grant: &Grant,
    fault: Box<Rejection>,
    forgiven: &mut Vec<Code>,
) -> Result<Evidence, Box<Rejection>> {
    let mut checks = fault.checks.clone();
    let mut refuse = |row: &str, reason: Reason| {
        let refused = Outcome::Refused(reason.clone());
        match checks.iter_mut().find(|check| check.name() == row) {
            Some(check) => check.outcome = refused,
            None => checks.push(CheckRecord::new(row.to_owned(), refused)),
        }
        let fault = Rejection {
            reason,
            subject: fault.subject.clone(),
            source: None,
            path: None,
            checks: checks.clone(),
            checks_passed: 0,
        };
        take_note(grant, &fault, forgiven)
    };
    // Without a path no anchor vouches for the leaf, whatever fault webpki reported first.
    if let Ok(anchors) = trial.zone.anchors.get() {
        let unvouched = diagnose(
            &webpki::Error::UnknownIssuer,
            &trial.peer.chain,
            anchors,
            trial.judge.provider.signature_algorithms().all,
        )
        .0;
        refuse("path", unvouched)?;
    }
    let leaf = trial
        .peer
        .chain
        .leaf()
        .and_then(|der| Some((der, Certificate::from_der(der).ok()?)));
    let Some((leaf_der, leaf)) = leaf else {
        return Err(fault);
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
    if let Some(presented) = purposes_without_server_auth(&leaf) {
        refuse("path", Reason::WrongPurpose { presented })?;
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
    let context = trial.context();
    let (profile, profile_mode) = trial.zone.profile;
    if let (Err(reason), Mode::Enforce) = (
        profile.judge_one(&leaf, PathRole::Leaf, &context),
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

fn take_note(
    grant: &Grant,
    fault: &Rejection,
    forgiven: &mut Vec<Code>,
) -> Result<(), Box<Rejection>> {
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
fn path_fault(fault: &Rejection) -> Option<Reason> {
    fault.path.is_none().then(|| fault.reason.clone())
}

/// A time at which the certificate that `reason` names is valid: the premise to change when time is
/// forgiven.
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
