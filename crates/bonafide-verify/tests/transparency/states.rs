//! Which logs count, by what the list says of them.

use bonafide_verify::refusal::Reason;
use bonafide_verify::transparency::SctFault;
use serde_json::{Value, json};

use crate::stage::{DAY, SECOND, Stage, text, too_few, uncounted, unix};

fn in_state(stage: Stage, index: usize, state: &str, since: bonafide_testkit::Moment) -> Stage {
    stage.list_as(
        index,
        "state",
        json!({ state: { "timestamp": text(since) } }),
    )
}

#[test]
fn qualified_usable_and_read_only_logs_count_and_others_do_not() {
    for state in ["qualified", "usable", "readonly"] {
        let stage = Stage::new();
        let since = stage.now;
        let stage = in_state(stage, 1, state, since);
        let judged = stage.judge(stage.recipe().logged_in(&stage.logs[..2]));
        assert!(judged.unwrap().is_verified(), "{state}");
    }
    for state in ["pending", "rejected"] {
        let stage = Stage::new();
        let since = stage.now - 2 * DAY;
        let stage = in_state(stage, 1, state, since);
        assert_eq!(
            stage.fault(stage.recipe().logged_in(&stage.logs[..2])),
            uncounted("beta", SctFault::UntrustedLog),
            "{state}"
        );
    }
    let stage = Stage::new().list_as(1, "state", Value::Null);
    assert_eq!(
        stage.fault(stage.recipe().logged_in(&stage.logs[..2])),
        uncounted("beta", SctFault::UntrustedLog)
    );
}

#[test]
fn a_retired_log_counts_for_what_it_embedded_before() {
    let stage = Stage::new();
    let retired = stage.now - DAY / 2;
    let stage = in_state(stage, 1, "retired", retired);
    let [alpha, beta, _] = &stage.logs[..] else {
        unreachable!()
    };
    let logged = |at| stage.recipe().logged_in([alpha]).logged_at(beta, at);
    assert!(stage.judge(logged(retired - SECOND)).unwrap().is_verified());
    let fault = SctFault::RetiredLog {
        retired: unix(retired),
    };
    assert_eq!(stage.fault(logged(retired)), uncounted("beta", fault));
}

#[test]
fn retired_logs_alone_are_not_enough() {
    let stage = Stage::new();
    let retired = stage.now - DAY / 2;
    let stage = in_state(
        in_state(stage, 0, "retired", retired),
        1,
        "retired",
        retired,
    );
    let found = stage.refusal(stage.recipe().logged_in(&stage.logs[..2]));
    let expected = Reason::TooFewScts {
        counted: 2,
        operators: 2,
        trusted_now: 0,
        needed: 2,
        needed_operators: 2,
        uncounted: vec![],
    };
    assert_eq!(found, expected);
    assert!(
        found
            .to_string()
            .ends_with("no log that counts is trusted any more")
    );
    let all = stage.recipe().logged_in(&stage.logs);
    assert!(stage.judge(all).unwrap().is_verified());
}

#[test]
fn a_log_that_will_be_retired_is_trusted_until_then_and_so_is_the_verdict() {
    let stage = Stage::new();
    let retires = stage.now + DAY;
    let stage = in_state(stage, 1, "retired", retires);
    let recipe = stage.recipe().logged_in(&stage.logs[..2]);
    let receipt = stage.judge(recipe).unwrap();
    assert_eq!(receipt.deadline(), Some(unix(retires)));
}

#[test]
fn a_log_of_an_interval_takes_what_expires_in_it() {
    let stage = Stage::new();
    let expires = stage.now + 30 * DAY;
    let with_interval = |start, end| {
        let stage = Stage::new().list_as(
            1,
            "temporal_interval",
            json!({ "start_inclusive": text(start), "end_exclusive": text(end) }),
        );
        let recipe = stage.recipe().valid_until(expires);
        stage.judge(recipe.logged_in(&stage.logs[..2]))
    };
    let inside = with_interval(expires, expires + SECOND);
    assert!(inside.unwrap().is_verified());
    let faulty = [uncounted("beta", SctFault::WrongInterval)];
    for (start, end) in [(expires - DAY, expires), (expires + SECOND, expires + DAY)] {
        let refusal = with_interval(start, end).unwrap_err();
        assert_eq!(refusal.reason(), &too_few((1, 1), 2, faulty.clone()));
    }
}

#[test]
fn a_log_that_is_not_listed_is_named_by_its_id() {
    let stage = Stage::new();
    let stranger = crate::stage::log("stranger");
    let id = stranger
        .id()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<String>();
    assert_eq!(
        stage.fault(stage.recipe().logged_in([&stage.logs[0], &stranger])),
        uncounted(&id, SctFault::UnknownLog)
    );
}
