//! Logged certificates, and lists of their logs.

use bonafide_testkit::{KeyKind, Moment, Recipe, TestCa, TestLog};

use super::case::Part;
use super::{SeedError, Seeds, peer};

const HOST: &str = "api.test";

/// Timestamps in the certificate and beside it, by logs in several states.
pub(super) fn timestamps(seeds: &Seeds<'_>) -> Result<(), SeedError> {
    let logs = [
        TestLog::new("alpha", "one"),
        TestLog::new("beta", "two"),
        TestLog::with_key("gamma", "three", KeyKind::Rsa2048),
    ];
    let now = Moment::now();
    let usable = TestLog::log_list(&logs, now);
    let lists = [
        ("usable", usable.clone()),
        ("retired", usable.replace("usable", "retired")),
        ("pending", usable.replace("usable", "pending")),
        (
            "moved",
            usable.replace(
                "\"mmd\":86400",
                "\"mmd\":86400,\"previous_operators\":[{\"name\":\"four\",\"end_time\":\"2100-01-01T00:00:00Z\"}],\
                 \"temporal_interval\":{\"start_inclusive\":\"2000-01-01T00:00:00Z\",\"end_exclusive\":\"2100-01-01T00:00:00Z\"}",
            ),
        ),
    ];
    let root = TestCa::new();
    let issuing = root.intermediate("issuing");
    let leaves = [
        (
            "embedded",
            issuing.issue(Recipe::for_host(HOST).logged_in(&logs)),
        ),
        ("unlogged", root.issue(Recipe::for_host(HOST))),
        (
            "malformed",
            root.issue(Recipe::for_host(HOST).raw_timestamp_list([0, 4, 0, 2, 1, 2])),
        ),
    ];
    for (state, list) in &lists {
        for (kind, leaf) in &leaves {
            let beside =
                TestLog::timestamp_list(logs.iter().map(|log| log.timestamp(leaf.leaf(), now)));
            let chain = leaf.chain().iter().map(|certificate| certificate.as_ref());
            let mut case = peer(HOST, [root.certificate().as_ref()], chain);
            case.parts.push((Part::Logs, list.as_bytes()));
            seeds.case(&format!("{state}-{kind}"), &case)?;
            case.parts.push((Part::Timestamps, &beside));
            seeds.case(&format!("{state}-{kind}-beside"), &case)?;
        }
    }
    Ok(())
}
