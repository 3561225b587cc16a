//! Revocation lists, as the program gives them, and certificates that are looked up in them.
#![no_main]

use bonafide_fuzz::budget::bounded;
use bonafide_fuzz::case::{Case, Part};
use bonafide_fuzz::judging::{authorities, judge};
use bonafide_verify::revocation::{Crls, OnMissingStatus, OnStaleStatus, Revocation};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let case = Case::read(input);
    let lists: Vec<&[u8]> = case.all(Part::List).collect();
    let check = bounded(|| {
        let mut check = Revocation::builder();
        for list in &lists {
            check = check.crls(Crls::pem("input", list));
        }
        check
            .on_stale(OnStaleStatus::Accept)
            .on_missing(OnMissingStatus::Accept)
            .build()
    });
    match check {
        Ok(check) => judge(&case, authorities(&case), |policy| policy.check(check)),
        Err(error) => drop(error.to_string()),
    }
});
