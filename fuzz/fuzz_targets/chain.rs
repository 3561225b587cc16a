//! A chain before a profile.
#![no_main]

use bonafide_fuzz::case::Case;
use bonafide_fuzz::judging::{authorities, judge};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let case = Case::read(input);
    judge(&case, authorities(&case), |policy| policy);
});
