//! How many timestamps of how many logs and operators a certificate needs.

use bonafide_testkit::{KeyKind, TestCa, TestLog};
use bonafide_verify::Code;
use bonafide_verify::receipt::Outcome;
use bonafide_verify::refusal::Reason;
use bonafide_verify::transparency::SctFault;
use serde_json::json;

use crate::stage::{DAY, SECOND, Stage, log, row, text, too_few, uncounted, unix};

#[test]
fn a_certificate_of_90_days_needs_two_logs_of_two_operators() {
    let stage = Stage::new();
    let [alpha, beta, _] = &stage.logs[..] else {
        unreachable!()
    };
    let receipt = stage
        .judge(stage.recipe().logged_in([alpha, beta]))
        .unwrap();
    assert!(receipt.is_verified());
    assert_eq!(row(&receipt).outcome(), &Outcome::Passed);
    assert_eq!(
        row(&receipt).detail(),
        Some("in 2 logs: alpha by operator of alpha, beta by operator of beta")
    );
    assert_eq!(
        stage.refusal(stage.recipe().logged_in([alpha])),
        too_few((1, 1), 2, [])
    );
    assert_eq!(stage.refusal(stage.recipe()), too_few((0, 0), 2, []));
}

#[test]
fn a_refusal_names_the_leaf_the_code_and_what_did_not_count() {
    let stage = Stage::new();
    let leaf = stage
        .root
        .issue(stage.recipe().logged_in([&stage.logs[0], &stage.logs[0]]));
    let refusal = stage.judge_chain(leaf.chain(), stage.now).unwrap_err();
    assert_eq!(refusal.code(), Code::TooFewScts);
    assert_eq!(refusal.subject().unwrap().position, 0);
    assert_eq!(
        refusal.reason().to_string(),
        "accepted timestamps are from 1 log of 1 operator; 2 logs of 2 operators are required; not counted: alpha: another timestamp of the same log"
    );
}

#[test]
fn a_certificate_of_more_than_180_days_needs_three_logs() {
    let stage = Stage::new();
    let begin = stage.now - DAY;
    let of = |lifetime, logs| {
        let recipe = stage.recipe().valid_until(begin + lifetime);
        stage.judge(recipe.logged_in(&stage.logs[..logs]))
    };
    assert!(of(180 * DAY, 2).unwrap().is_verified());
    let refusal = of(180 * DAY + SECOND, 2).unwrap_err();
    assert_eq!(refusal.reason(), &too_few((2, 2), 3, []));
    assert!(of(180 * DAY + SECOND, 3).unwrap().is_verified());
}

#[test]
fn logs_of_one_operator_are_not_enough_however_many() {
    let same = |name| TestLog::new(name, "the same");
    let stage = Stage::with_logs([same("alpha"), same("beta"), same("gamma"), log("delta")]);
    assert_eq!(
        stage.refusal(stage.recipe().logged_in(&stage.logs[..3])),
        too_few((3, 1), 2, [])
    );
    assert!(
        stage
            .judge(stage.recipe().logged_in(&stage.logs[2..]))
            .unwrap()
            .is_verified()
    );
}

#[test]
fn whoever_ran_a_log_when_it_signed_is_its_operator() {
    let moved = |end| {
        let same = |name| TestLog::new(name, "new");
        Stage::with_logs([same("alpha"), same("beta")]).list_as(
            0,
            "previous_operators",
            json!([{ "name": "old", "end_time": text(end) }]),
        )
    };
    let signed_at = Stage::new().now - DAY;
    // Timestamps are of the beginning of the certificate, which is a day before each stage's own
    // now.
    let stage = moved(signed_at + 60 * SECOND);
    let receipt = stage.judge(stage.recipe().logged_in(&stage.logs)).unwrap();
    assert_eq!(
        row(&receipt).detail(),
        Some("in 2 logs: alpha by old, beta by new")
    );
    let stage = moved(signed_at - 60 * SECOND);
    assert_eq!(
        stage.refusal(stage.recipe().logged_in(&stage.logs)),
        too_few((2, 1), 2, [])
    );
}

#[test]
fn a_log_that_signs_with_rsa_counts() {
    let rsa = TestLog::with_key("rsa", "its operator", KeyKind::Rsa2048);
    let stage = Stage::with_logs([log("alpha"), rsa]);
    let judged = stage.judge(stage.recipe().logged_in(&stage.logs));
    assert!(judged.unwrap().is_verified());
}

#[test]
fn the_issuer_is_the_one_of_the_verified_path() {
    let stage = Stage::new();
    let issuing = stage.root.intermediate("issuing");
    let chain = issuing.issue(stage.recipe().logged_in(&stage.logs));
    assert!(
        stage
            .judge_chain(chain.chain(), stage.now)
            .unwrap()
            .is_verified()
    );

    // The same authority below another: its key, and so what was signed, is the same.
    let stranger = TestCa::new();
    let issuing = stranger.intermediate("issuing");
    let leaf = issuing.issue(stage.recipe().logged_in(&stage.logs));
    let chain = [leaf.leaf().clone(), issuing.cross_signed_by(&stage.root)];
    assert!(stage.judge_chain(&chain, stage.now).unwrap().is_verified());
}

#[test]
fn timestamps_of_another_certificate_do_not_count() {
    let stage = Stage::new();
    let other = stage.root.issue(stage.recipe().logged_in(&stage.logs[..1]));
    // What the log would have signed for a certificate beside which the timestamp is sent.
    let at = stage.now - DAY;
    let foreign = stage.logs[0].timestamp(other.leaf(), at);
    let list = TestLog::timestamp_list([foreign]);
    assert_eq!(
        stage.fault(stage.recipe().raw_timestamp_list(list)),
        uncounted("alpha", SctFault::BadSignature)
    );
}

#[test]
fn a_timestamp_counts_from_its_second_on() {
    let stage = Stage::new();
    let [alpha, beta, _] = &stage.logs[..] else {
        unreachable!()
    };
    let logged = |at| stage.recipe().logged_in([alpha]).logged_at(beta, at);
    assert!(stage.judge(logged(stage.now)).unwrap().is_verified());
    let timestamp = unix(stage.now + SECOND);
    assert_eq!(
        stage.fault(logged(stage.now + SECOND)),
        uncounted("beta", SctFault::InTheFuture { timestamp })
    );
}

#[test]
fn signatures_that_no_log_may_make_do_not_count() {
    let stage = Stage::new();
    // The bytes of the algorithm follow version, id, time and the length of no extensions.
    const HASH: usize = 1 + 32 + 8 + 2;
    let certificate = stage.root.issue(stage.recipe());
    let mut timestamp = stage.logs[0].timestamp(certificate.leaf(), stage.now);
    assert_eq!(timestamp[HASH..HASH + 2], [4, 3]);
    for (algorithm, fault) in [
        ([2, 3], SctFault::UnsupportedAlgorithm),
        ([4, 7], SctFault::UnsupportedAlgorithm),
        // RSA by a log whose key is not.
        ([4, 1], SctFault::UnsupportedAlgorithm),
        ([4, 3], SctFault::BadSignature),
    ] {
        timestamp[HASH..HASH + 2].copy_from_slice(&algorithm);
        let list = TestLog::timestamp_list([&timestamp]);
        assert_eq!(
            stage.fault(stage.recipe().raw_timestamp_list(list)),
            uncounted("alpha", fault)
        );
    }
}

#[test]
fn no_more_than_two_timestamps_of_a_log_are_looked_at_until_one_counts() {
    let stage = Stage::new();
    let other = stage.root.issue(stage.recipe());
    let foreign =
        [3, 2, 1].map(|days| stage.logs[0].timestamp(other.leaf(), stage.now - days * DAY));
    let leaf = stage
        .recipe()
        .raw_timestamp_list(TestLog::timestamp_list(foreign));
    let refusal = stage.judge(leaf).unwrap_err();
    let Reason::TooFewScts { uncounted, .. } = refusal.reason() else {
        panic!("{refusal}")
    };
    let faults: Vec<_> = uncounted.iter().map(|sct| &sct.fault).collect();
    assert_eq!(
        faults,
        [
            &SctFault::BadSignature,
            &SctFault::BadSignature,
            &SctFault::SameLog
        ]
    );
}
