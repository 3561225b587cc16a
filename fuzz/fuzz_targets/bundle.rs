//! Files of certificates and keys, in PEM or DER.
#![no_main]

use bonafide_fuzz::budget::bounded;
use bonafide_verify::{Anchors, ClientIdentity, CustomCa, Intermediates, Policy};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let fenced = CustomCa::pem("fenced", input).only_for(["test", "10.0.0.0/8"]);
    for anchors in [
        Anchors::only(CustomCa::pem("plain", input)),
        Anchors::only(fenced),
    ] {
        match bounded(|| anchors.load()) {
            Ok(set) => drop((set.counts().to_string(), set.report().to_string())),
            Err(error) => drop(error.to_string()),
        }
    }
    let policy = Policy::builder().intermediates(Intermediates::pem("input", input));
    drop(bounded(|| policy.clone().build()).map_err(|error| error.to_string()));
    drop(bounded(|| ClientIdentity::from_pem(input, input)).map_err(|error| error.to_string()));
});
