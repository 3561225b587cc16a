//! Sets are the same after a way through a file, and no bytes panic.

use bonafide_verify::pins::{OnExpiredPins, PinRole};
use bonafide_verify::x509::SpkiSha256;
use bonafide_verify::{PinSet, Pins};
use proptest::prelude::*;

use crate::{at, set};

fn pins() -> impl Strategy<Value = Option<Pins>> {
    let role = prop_oneof![Just(PinRole::Leaf), Just(PinRole::Ca), Just(PinRole::Any)];
    let pattern = "(\\*\\.|\\*\\*\\.)?[a-z0-9]{1,8}\\.(example\\.(com|net)|corp)|192\\.0\\.2\\.[1-9]|2001:db8::[1-9]";
    let then = prop_oneof![Just(OnExpiredPins::Refuse), Just(OnExpiredPins::Unpinned)];
    let expiry = proptest::option::of((0..=253_402_300_799_u64, then));
    let keys = proptest::collection::vec((role, any::<[u8; 32]>()), 1..6);
    (pattern, keys, expiry, any::<bool>()).prop_map(|(pattern, keys, expiry, reports)| {
        let mut pins = Pins::for_host(pattern).without_backup();
        for (role, key) in keys {
            pins = pins.pin(role, SpkiSha256(key));
        }
        pins = match expiry {
            Some((seconds, then)) => pins.expires(at(seconds), then),
            None => pins.never_expires(),
        };
        if reports {
            pins = pins.report_only();
        }
        pins.build().ok()
    })
}

proptest! {
    #[test]
    fn every_set_is_the_same_after_a_way_through_either_format(
        entries in proptest::collection::vec(pins(), 1..8)
    ) {
        let Ok(set) = PinSet::new(entries.into_iter().flatten()) else {
            return Ok(());
        };
        prop_assert_eq!(&PinSet::from_toml(set.to_toml()).unwrap(), &set);
        prop_assert_eq!(&PinSet::from_json(set.to_json()).unwrap(), &set);
        let reversed = PinSet::new(set.entries().iter().rev().cloned()).unwrap();
        prop_assert_eq!(reversed.to_toml(), set.to_toml());
        prop_assert_eq!(reversed.to_json(), set.to_json());
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = PinSet::from_toml(&bytes);
        let _ = PinSet::from_json(&bytes);
        let _ = bonafide_verify::pins::PinBundle::from_json(&bytes);
    }

    #[test]
    fn no_change_of_a_file_panics(
        place in 0..4096_usize, length in 0..40_usize, text in ".{0,20}"
    ) {
        for whole in [set().to_toml(), set().to_json()] {
            let mut bytes = whole.into_bytes();
            let begin = place % bytes.len();
            let end = (begin + length).min(bytes.len());
            bytes.splice(begin..end, text.bytes());
            let _ = PinSet::from_toml(&bytes).map_err(|error| error.to_string());
            let _ = PinSet::from_json(&bytes).map_err(|error| error.to_string());
        }
    }
}
