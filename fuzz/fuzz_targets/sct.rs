//! Timestamps of Certificate Transparency, in the certificate and beside it, and log lists.
#![no_main]

use bonafide_fuzz::budget::bounded;
use bonafide_fuzz::case::{Case, Part};
use bonafide_fuzz::judging::{authorities, judge};
use bonafide_verify::transparency::{ExemptAnchors, LogList, OnStaleLogList, Transparency};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let case = Case::read(input);
    let Some(list) = case.all(Part::Logs).next() else {
        return;
    };
    let Ok(logs) = bounded(|| LogList::from_json(list)) else {
        return;
    };
    let check = Transparency::with_log_list(logs)
        .exempt(ExemptAnchors::NoAnchor)
        .on_stale_list(OnStaleLogList::JudgeByIt);
    judge(&case, authorities(&case), |policy| policy.check(check));
});
