//! OCSP responses that a server staples.
#![no_main]

use bonafide_fuzz::case::Case;
use bonafide_fuzz::judging::{authorities, judge};
use bonafide_verify::revocation::{OnStaleStatus, OnUnknownStatus, Revocation, RevocationScope};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let case = Case::read(input);
    let check = Revocation::builder()
        .ocsp_staple()
        .scope(RevocationScope::Leaf)
        .on_stale(OnStaleStatus::Accept)
        .on_unknown(OnUnknownStatus::Accept)
        .build();
    let Ok(check) = check else { return };
    judge(&case, authorities(&case), |policy| policy.check(check));
});
