//! Timestamps that came beside the certificate.

use bonafide_testkit::{Identity, Moment, TestLog};
use bonafide_verify::Peer;
use bonafide_verify::pki_types::ServerName;
use bonafide_verify::transparency::SctFault;
use serde_json::json;

use crate::stage::{DAY, HOST, Judged, Stage, reason, text, too_few, uncounted, unix};

fn judge_with(stage: &Stage, leaf: &Identity, list: &[u8]) -> Judged {
    let name = ServerName::try_from(HOST).unwrap();
    let peer = Peer::new(leaf.chain(), &name)
        .at(unix(stage.now))
        .with_scts(list);
    stage.policy(stage.check()).verify(&peer)
}

fn timestamps(leaf: &Identity, logs: &[TestLog], at: Moment) -> Vec<u8> {
    TestLog::timestamp_list(logs.iter().map(|log| log.timestamp(leaf.leaf(), at)))
}

#[test]
fn two_logs_beside_the_certificate_suffice_whatever_its_lifetime() {
    let stage = Stage::new();
    let leaf = stage
        .root
        .issue(stage.recipe().valid_until(stage.now + 300 * DAY));
    let list = timestamps(&leaf, &stage.logs[..2], stage.now);
    assert!(judge_with(&stage, &leaf, &list).unwrap().is_verified());
    let list = timestamps(&leaf, &stage.logs[..1], stage.now);
    assert_eq!(
        reason(judge_with(&stage, &leaf, &list)),
        too_few((1, 1), 2, [])
    );
}

#[test]
fn one_embedded_and_one_beside_are_not_two() {
    let stage = Stage::new();
    let leaf = stage.root.issue(stage.recipe().logged_in(&stage.logs[..1]));
    let list = timestamps(&leaf, &stage.logs[1..2], stage.now);
    assert_eq!(
        reason(judge_with(&stage, &leaf, &list)),
        too_few((1, 1), 2, [])
    );
}

#[test]
fn timestamps_over_another_certificate_do_not_count() {
    let stage = Stage::new();
    let other = stage.root.issue(stage.recipe());
    let leaf = stage.root.issue(stage.recipe());
    let list = timestamps(&other, &stage.logs[..1], stage.now);
    assert_eq!(
        reason(judge_with(&stage, &leaf, &list)),
        too_few((0, 0), 2, [uncounted("alpha", SctFault::BadSignature)])
    );
}

#[test]
fn a_retired_log_does_not_count_beside_the_certificate() {
    let stage = Stage::new();
    let retired = stage.now - DAY / 2;
    let stage = stage.list_as(
        1,
        "state",
        json!({ "retired": { "timestamp": text(retired) } }),
    );
    let leaf = stage.root.issue(stage.recipe());
    let list = timestamps(&leaf, &stage.logs[..2], stage.now - DAY);
    let fault = SctFault::RetiredLog {
        retired: unix(retired),
    };
    assert_eq!(
        reason(judge_with(&stage, &leaf, &list)),
        too_few((1, 1), 2, [uncounted("beta", fault)])
    );
}
