//! What becomes of a log list that is too old.

use bonafide_testkit::Moment;
use bonafide_verify::pki_types::ServerName;
use bonafide_verify::receipt::Outcome;
use bonafide_verify::refusal::Reason;
use bonafide_verify::transparency::{OnStaleLogList, Transparency};
use bonafide_verify::{Code, Peer};

use crate::stage::{DAY, HOST, Judged, SECOND, Stage, reason, row, too_few, unix};

/// Judges a certificate in so many logs, valid for 170 days, at that time.
fn judge(stage: &Stage, check: Transparency, logs: usize, at: Moment) -> Judged {
    let recipe = stage.recipe().valid_until(stage.now + 169 * DAY);
    let leaf = stage.root.issue(recipe.logged_in(&stage.logs[..logs]));
    let name = ServerName::try_from(HOST).unwrap();
    let peer = Peer::new(leaf.chain(), &name).at(unix(at));
    stage.policy(check).verify(&peer)
}

#[test]
fn a_list_is_fresh_for_70_days_and_refuses_everybody_after() {
    let stage = Stage::new();
    let fresh_until = stage.now + 70 * DAY;
    let receipt = judge(&stage, stage.check(), 2, fresh_until).unwrap();
    assert_eq!(row(&receipt).outcome(), &Outcome::Passed);
    // A verdict by the list holds for no longer than the list.
    assert_eq!(receipt.deadline(), Some(unix(fresh_until)));

    let refusal = judge(&stage, stage.check(), 2, fresh_until + SECOND).unwrap_err();
    assert_eq!(refusal.code(), Code::LogListStale);
    assert_eq!(refusal.subject(), None);
    assert_eq!(
        refusal.reason(),
        &Reason::LogListStale {
            made: unix(stage.now),
            fresh_until: unix(fresh_until),
        }
    );
}

#[test]
fn the_age_is_the_callers_choice() {
    let stage = Stage::new();
    let check = || stage.check().max_list_age(DAY);
    assert!(judge(&stage, check(), 2, stage.now + DAY).is_ok());
    assert_eq!(
        reason(judge(&stage, check(), 2, stage.now + DAY + SECOND)),
        Reason::LogListStale {
            made: unix(stage.now),
            fresh_until: unix(stage.now + DAY),
        }
    );
}

#[test]
fn a_stale_list_that_is_judged_by_still_refuses_and_what_passes_reads_stale() {
    let stage = Stage::new();
    let check = || stage.check().on_stale_list(OnStaleLogList::JudgeByIt);
    let late = stage.now + 80 * DAY;
    let receipt = judge(&stage, check(), 2, late).unwrap();
    assert_eq!(row(&receipt).outcome(), &Outcome::Stale);
    assert_eq!(receipt.deadline(), Some(unix(stage.now + 169 * DAY)));
    assert_eq!(
        reason(judge(&stage, check(), 1, late)),
        too_few((1, 1), 2, [])
    );
}

#[test]
fn a_stale_list_that_is_not_judged_by_reads_stale_for_everybody() {
    let stage = Stage::new();
    let check = || stage.check().on_stale_list(OnStaleLogList::Unchecked);
    let receipt = judge(&stage, check(), 0, stage.now + 80 * DAY).unwrap();
    assert_eq!(row(&receipt).outcome(), &Outcome::Stale);
    // Fresh, it refuses all the same.
    assert_eq!(
        reason(judge(&stage, check(), 0, stage.now)),
        too_few((0, 0), 2, [])
    );
}
