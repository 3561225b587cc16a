//! Files of pins, in TOML and JSON. What is read is the same after it was written.
#![no_main]

use bonafide_fuzz::budget::bounded;
use bonafide_verify::PinSet;
use bonafide_verify::pins::PinFileError;
use libfuzzer_sys::fuzz_target;

/// Both formats.
const READERS: [fn(&[u8]) -> Result<PinSet, PinFileError>; 2] = [
    |text| PinSet::from_toml(text),
    |text| PinSet::from_json(text),
];

fuzz_target!(|input: &[u8]| {
    for read in READERS {
        match bounded(|| read(input)) {
            Ok(set) => {
                let (toml, json) = (set.to_toml(), set.to_json());
                assert_eq!(PinSet::from_toml(toml).ok().as_ref(), Some(&set));
                assert_eq!(PinSet::from_json(json).ok().as_ref(), Some(&set));
            }
            Err(error) => drop(error.to_string()),
        }
    }
});
