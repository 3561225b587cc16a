//! Host names, host patterns and fences, and the names that a certificate has.
#![no_main]

use bonafide_fuzz::budget::bounded;
use bonafide_fuzz::case::Case;
use bonafide_fuzz::judging::{authorities, judge};
use bonafide_verify::Pins;
use bonafide_verify::host::HostPattern;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let case = Case::read(input);
    let host = String::from_utf8_lossy(case.host).into_owned();
    if let Ok(pattern) = bounded(|| host.parse::<HostPattern>()) {
        let printed = pattern.to_string();
        assert_eq!(printed.parse().as_ref(), Ok(&pattern), "{printed}");
        assert!(pattern.matches(pattern.host()) || !pattern.is_exact());
    }
    let authorities = authorities(&case);
    // Even so that a host may be asked for without a fence around it.
    let authorities = match case.profile & 0x80 {
        0 => authorities,
        _ => authorities.only_for([host.clone()]),
    };
    judge(&case, authorities, |policy| {
        const PIN: &str = "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        let pins = Pins::for_host(host).any(PIN).without_backup().never_expires().build();
        match pins {
            Ok(pins) => policy.report_only(pins),
            Err(_) => policy,
        }
    });
});
