//! Signed bundles: whom they are believed from, and what an attacker who writes, replays or cuts
//! one gets.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bonafide_testkit::{Identity, KeyKind, Recipe};
use bonafide_verify::files::{FileError, LoadProblem};
use bonafide_verify::pins::{
    BundleError, BundleKey, BundleKeys, BundleSigner, BundleVersion, FileVersionStore,
    MemoryVersionStore, OnExpiredPins, PinBundle, PinFileProblem, VersionStore, VersionStoreError,
};
use bonafide_verify::pki_types::UnixTime;
use bonafide_verify::x509::SpkiSha256;
use bonafide_verify::{PinSet, Pins};

const NOW: u64 = 1_800_000_000;
const NAME: &str = "shop";

fn at(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

fn signer() -> BundleSigner {
    let identity = Identity::self_signed(Recipe::for_host("signer").key(KeyKind::Ed25519));
    BundleSigner::from_pem(identity.key_pem()).unwrap()
}

fn pins(pin: u8) -> PinSet {
    let never = Pins::for_host("never.example.com")
        .ca(SpkiSha256([pin; 32]))
        .ca(SpkiSha256([pin + 1; 32]))
        .never_expires();
    let ends = |host: &str, expiry, then| {
        Pins::for_host(host)
            .ca(SpkiSha256([pin; 32]))
            .ca(SpkiSha256([pin + 1; 32]))
            .expires(at(expiry), then)
            .build()
            .unwrap()
    };
    PinSet::new([
        never.build().unwrap(),
        ends("early.example.com", NOW + 50, OnExpiredPins::Refuse),
        ends("late.example.com", NOW + 5000, OnExpiredPins::Unpinned),
    ])
    .unwrap()
}

fn bundle(version: u64, pin: u8) -> PinBundle {
    let payload = PinBundle::payload_of(&pins(pin), NAME, version, at(NOW + 100)).unwrap();
    PinBundle::of_payload(payload).unwrap()
}

/// A bundle of any text, signed.
fn of_text(text: &str, signer: &BundleSigner) -> PinBundle {
    PinBundle::of_payload(text)
        .unwrap()
        .signed_by(signer)
        .unwrap()
}

fn one_key(signer: &BundleSigner) -> BundleKeys {
    BundleKeys::new(NAME, 1, [signer.key()]).unwrap()
}

fn open(bundle: &PinBundle, keys: &BundleKeys) -> Result<PinSet, BundleError> {
    bundle.open(keys, &MemoryVersionStore::default(), at(NOW))
}

#[test]
fn a_signed_bundle_opens_after_a_way_through_a_file_and_its_entries_end_with_it() {
    let signer = signer();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pins.bundle");
    let signed = bundle(1, 7).signed_by(&signer).unwrap();
    fs::write(&path, signed.to_json()).unwrap();
    let read = PinBundle::from_file(&path).unwrap();
    assert_eq!(read.unverified_payload(), signed.unverified_payload());
    let set = open(&read, &one_key(&signer)).unwrap();
    let expiries: Vec<_> = set
        .entries()
        .iter()
        .map(|entry| (entry.pattern().host(), entry.expiry().unwrap()))
        .collect();
    let end = at(NOW + 100);
    assert_eq!(
        expiries,
        [
            ("early.example.com", (at(NOW + 50), OnExpiredPins::Refuse)),
            ("late.example.com", (end, OnExpiredPins::Unpinned)),
            ("never.example.com", (end, OnExpiredPins::Refuse)),
        ]
    );
    let mut description = bonafide_verify::effective::Description::default();
    bonafide_verify::Check::describe(&set, &mut description);
    assert_eq!(description.files().collect::<Vec<_>>(), [path]);
}

#[test]
fn different_trusted_keys_count_and_one_key_counts_once_however_often_it_signs() {
    let (one, two, stranger) = (signer(), signer(), signer());
    let keys = || [one.key(), two.key()];
    let needs_two = BundleKeys::new(NAME, 2, keys()).unwrap();
    let signed = |signers: &[&BundleSigner]| {
        signers.iter().fold(bundle(1, 7), |bundle, signer| {
            bundle.signed_by(signer).unwrap()
        })
    };
    // who signs, how many count and how many are strangers where that is too few
    for (signers, refused) in [
        (vec![&one, &two], None),
        (vec![&stranger, &two, &one, &one], None),
        (vec![], Some((0, 0))),
        (vec![&one], Some((1, 0))),
        (vec![&one, &one], Some((1, 0))),
        (vec![&one, &stranger, &stranger], Some((1, 2))),
    ] {
        match (open(&signed(&signers), &needs_two), refused) {
            (Ok(_), None) => {}
            (
                Err(BundleError::TooFewSignatures {
                    valid,
                    needed: 2,
                    strangers,
                }),
                Some(expected),
            ) => assert_eq!((valid, strangers), expected),
            (other, _) => panic!("{signers:?}: {other:?}"),
        }
    }
    match BundleKeys::new(NAME, 2, [one.key(), one.key()]).unwrap_err() {
        BundleError::Threshold { threshold, keys } => assert_eq!((threshold, keys), (2, 1)),
        other => panic!("{other:?}"),
    }
    match BundleKeys::new(NAME, 0, keys()).unwrap_err() {
        BundleError::Threshold { threshold, keys } => assert_eq!((threshold, keys), (0, 2)),
        other => panic!("{other:?}"),
    }
    let many = (0..33).map(|byte| BundleKey::new([byte; 32]));
    match BundleKeys::new(NAME, 1, many).unwrap_err() {
        BundleError::TooManyKeys { limit } => assert_eq!(limit, 32),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_signature_is_over_every_byte_and_a_bad_one_of_a_trusted_key_refuses() {
    let (one, two) = (signer(), signer());
    let keys = BundleKeys::new(NAME, 1, [one.key(), two.key()]).unwrap();
    let signed = bundle(1, 7).signed_by(&one).unwrap();
    let payload = signed.unverified_payload();
    let signature = |bundle: &PinBundle| -> [u8; 64] {
        let json: serde_json::Value = serde_json::from_str(&bundle.to_json()).unwrap();
        let text = json["signatures"][0]["signature"].as_str().unwrap();
        let bytes = STANDARD.decode(text).unwrap();
        bytes.try_into().unwrap()
    };
    let original = signature(&signed);
    for place in 0..payload.len() {
        let mut changed = payload.to_vec();
        changed[place] ^= 1;
        let changed = PinBundle::of_payload(changed)
            .unwrap()
            .with_signature(one.key(), original);
        match open(&changed, &keys) {
            Err(BundleError::BadSignature { key }) => assert_eq!(key, one.key()),
            other => panic!("{place}: {other:?}"),
        }
    }
    // Cut anywhere, and with something behind it.
    for length in (0..payload.len()).step_by(7) {
        let cut = PinBundle::of_payload(&payload[..length])
            .unwrap()
            .with_signature(one.key(), original);
        assert!(matches!(
            open(&cut, &keys),
            Err(BundleError::BadSignature { .. })
        ));
    }
    let longer = [payload, b"\n"].concat();
    let longer = PinBundle::of_payload(longer)
        .unwrap()
        .with_signature(one.key(), original);
    assert!(matches!(
        open(&longer, &keys),
        Err(BundleError::BadSignature { .. })
    ));
    // One good signature does not make up for a bad one in the name of another trusted key.
    let both = signed.clone().with_signature(two.key(), original);
    match open(&both, &keys) {
        Err(BundleError::BadSignature { key }) => assert_eq!(key, two.key()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn nothing_of_the_payload_is_read_before_its_signatures_are_verified() {
    let (trusted, stranger) = (signer(), signer());
    for text in ["", "no bundle", "# bonafide pin bundle 1\nversion = 9"] {
        match open(&of_text(text, &stranger), &one_key(&trusted)) {
            Err(BundleError::TooFewSignatures { .. }) => {}
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn what_was_signed_for_something_else_is_no_bundle() {
    let signer = signer();
    let good = bundle(1, 7);
    let good = std::str::from_utf8(good.unverified_payload()).unwrap();
    let without_line = good.split_once('\n').unwrap().1;
    for text in [
        "release 1.2.3",
        without_line,
        &format!("\u{feff}{good}"),
        &format!("\n{good}"),
        &good.replacen("bundle 1\n", "bundle 1\r\n", 1),
        &good.replacen("bundle 1\n", "bundle 2\n", 1),
    ] {
        match open(&of_text(text, &signer), &one_key(&signer)) {
            Err(BundleError::NotABundle) => {}
            other => panic!("{text}: {other:?}"),
        }
    }
    // Nor is a bundle a pin file.
    match PinSet::from_toml(good).unwrap_err().problem() {
        PinFileProblem::UnknownField { field, .. } => assert_eq!(field, "bundle"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_malformed_payload_is_reported_with_its_line() {
    let signer = signer();
    let good = bundle(1, 7);
    let good = std::str::from_utf8(good.unverified_payload()).unwrap();
    // what is replaced, by what, the error
    for (part, by, expected) in [
        (
            "name = \"shop\"",
            "name = \"a b\"",
            "(payload):6:8: `a b` is not a valid bundle name: write 1 to 64 letters, digits and .-_",
        ),
        (
            "name = \"shop\"\n",
            "",
            "(payload):5:1: the field `name` is missing",
        ),
        (
            "version = 1\nexpires",
            "version = -1\nexpires",
            "(payload):7:11: `version` must be a whole number, not a number that is negative or too large",
        ),
        (
            "version = 1\nexpires",
            "version = 18446744073709551616\nexpires",
            "(payload):7:11: `version` must be a whole number, not a number that is negative or too large",
        ),
        (
            "[bundle]",
            "[bundel]",
            "(payload):5:1: unknown field `bundel`; known are `version`, `count`, `bundle`, `hosts`",
        ),
        (
            "count = 3",
            "count = 4",
            "(payload):3:9: `count` says 4, but there are 3 hosts",
        ),
    ] {
        let changed = good.replacen(part, by, 1);
        assert_ne!(changed, good);
        match open(&of_text(&changed, &signer), &one_key(&signer)) {
            Err(error @ BundleError::Payload(_)) => assert_eq!(error.to_string(), expected),
            other => panic!("{by}: {other:?}"),
        }
    }
}

#[test]
fn a_bundle_of_another_name_or_past_its_time_is_refused() {
    let signer = signer();
    let signed = bundle(1, 7).signed_by(&signer).unwrap();
    let others = BundleKeys::new("staging", 1, [signer.key()]).unwrap();
    match open(&signed, &others) {
        Err(BundleError::OtherBundle { expected, found }) => {
            assert_eq!((expected.as_str(), found.as_str()), ("staging", NAME));
        }
        other => panic!("{other:?}"),
    }
    let store = MemoryVersionStore::default();
    match signed.open(&one_key(&signer), &store, at(NOW + 100)) {
        Err(BundleError::Expired { expired, now }) => {
            assert_eq!((expired, now), (at(NOW + 100), at(NOW + 100)));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(store.load(NAME).unwrap(), None);
    signed
        .open(&one_key(&signer), &store, at(NOW + 99))
        .unwrap();
    match BundleKeys::new("", 1, [signer.key()]).unwrap_err() {
        BundleError::Name { name } => assert_eq!(name, ""),
        other => panic!("{other:?}"),
    }
    match PinBundle::payload_of(&pins(1), "a\"b", 1, at(NOW)).unwrap_err() {
        BundleError::Name { name } => assert_eq!(name, "a\"b"),
        other => panic!("{other:?}"),
    }
}

/// Opens versions one after the other in any store.
fn no_way_back(store: &dyn VersionStore) {
    let signer = signer();
    let keys = one_key(&signer);
    let open = |version, pin| {
        let signed = bundle(version, pin).signed_by(&signer).unwrap();
        signed.open(&keys, store, at(NOW)).map(drop)
    };
    open(5, 7).unwrap();
    open(5, 7).unwrap();
    match open(4, 7) {
        Err(BundleError::Rollback { offered, seen }) => assert_eq!((offered, seen), (4, 5)),
        other => panic!("{other:?}"),
    }
    match open(5, 8) {
        Err(BundleError::SameVersionOtherContent { version }) => assert_eq!(version, 5),
        other => panic!("{other:?}"),
    }
    open(u64::from(u32::MAX), 8).unwrap();
    match open(5, 7) {
        Err(BundleError::Rollback { seen, .. }) => assert_eq!(seen, u64::from(u32::MAX)),
        other => panic!("{other:?}"),
    }
    assert_eq!(store.load("another").unwrap(), None);
}

#[test]
fn a_bundle_that_is_only_inspected_makes_none_an_old_one() {
    let signer = signer();
    let keys = one_key(&signer);
    let signed = |version, pin| bundle(version, pin).signed_by(&signer).unwrap();
    let store = MemoryVersionStore::default();
    signed(5, 7).open(&keys, &store, at(NOW)).unwrap();
    let seen = store.load(NAME).unwrap();
    let candidate = signed(6, 8);
    let inspected = candidate.inspect(&keys, &store, at(NOW)).unwrap();
    assert_eq!(store.load(NAME).unwrap(), seen);
    signed(5, 7).open(&keys, &store, at(NOW)).unwrap();
    match signed(4, 7).inspect(&keys, &store, at(NOW)) {
        Err(BundleError::Rollback { offered, seen }) => assert_eq!((offered, seen), (4, 5)),
        other => panic!("{other:?}"),
    }
    assert_eq!(candidate.open(&keys, &store, at(NOW)).unwrap(), inspected);
}

#[test]
fn neither_an_older_version_nor_other_content_of_the_same_opens() {
    no_way_back(&MemoryVersionStore::default());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("versions.json");
    no_way_back(&FileVersionStore::new(&path));
    // Another process, later.
    let signer = signer();
    let late = bundle(6, 7).signed_by(&signer).unwrap();
    match late.open(&one_key(&signer), &FileVersionStore::new(&path), at(NOW)) {
        Err(BundleError::Rollback { offered, seen }) => {
            assert_eq!((offered, seen), (6, u64::from(u32::MAX)));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_bundle_that_does_not_open_uses_up_no_version() {
    let signer = signer();
    let store = MemoryVersionStore::default();
    let good = bundle(9, 7);
    let text = std::str::from_utf8(good.unverified_payload()).unwrap();
    let broken = of_text(&text.replacen("count = 3", "count = 2", 1), &signer);
    assert!(matches!(
        broken.open(&one_key(&signer), &store, at(NOW)),
        Err(BundleError::Payload(_))
    ));
    assert_eq!(store.load(NAME).unwrap(), None);
}

#[test]
fn a_store_that_cannot_be_read_refuses_and_stays_as_it_is() {
    let signer = signer();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("versions.json");
    let signed = bundle(1, 7).signed_by(&signer).unwrap();
    let open = || {
        signed
            .open(&one_key(&signer), &FileVersionStore::new(&path), at(NOW))
            .unwrap_err()
    };
    let digest = "AAAA";
    for content in [
        "",
        "{}",
        "{\"version\": 2, \"bundles\": {}}",
        "{\"version\": 1, \"bundles\": {}, \"more\": 1}",
        &format!(
            "{{\"version\": 1, \"bundles\": {{\"shop\": {{\"version\": 1, \"payload-sha256\": \"{digest}\"}}}}}}"
        ),
    ] {
        fs::write(&path, content).unwrap();
        match open() {
            BundleError::Store(VersionStoreError::Malformed { path: told, .. }) => {
                assert_eq!(told, path, "{content}");
            }
            other => panic!("{content}: {other:?}"),
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
    }
    fs::write(&path, vec![b' '; 64 * 1024 + 1]).unwrap();
    match open() {
        BundleError::Store(VersionStoreError::File(FileError::Read {
            problem: LoadProblem::TooLarge { limit_bytes },
            ..
        })) => assert_eq!(limit_bytes, 64 * 1024),
        other => panic!("{other:?}"),
    }
}

/// A store in which somebody else is always quicker.
#[derive(Debug, Default)]
struct Contended(MemoryVersionStore);

impl VersionStore for Contended {
    fn load(&self, bundle: &str) -> Result<Option<BundleVersion>, VersionStoreError> {
        self.0.load(bundle)
    }

    fn compare_and_set(
        &self,
        _: &str,
        _: Option<&BundleVersion>,
        _: &BundleVersion,
    ) -> Result<bool, VersionStoreError> {
        Ok(false)
    }
}

#[test]
fn a_store_that_never_takes_the_version_refuses_in_the_end() {
    let signer = signer();
    let signed = bundle(1, 7).signed_by(&signer).unwrap();
    match signed.open(&one_key(&signer), &Contended::default(), at(NOW)) {
        Err(BundleError::Store(VersionStoreError::Contended { bundle })) => {
            assert_eq!(bundle, NAME);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn threads_that_open_many_versions_leave_the_highest() {
    let signer = Arc::new(signer());
    let folder = tempfile::tempdir().unwrap();
    let store = FileVersionStore::new(folder.path().join("versions.json"));
    std::thread::scope(|scope| {
        for thread in 0..3 {
            let (store, signer) = (&store, &signer);
            scope.spawn(move || {
                for step in 0..5 {
                    let version = 1 + step * 3 + thread;
                    let signed = bundle(version, 7).signed_by(signer).unwrap();
                    match signed.open(&one_key(signer), store, at(NOW)) {
                        Ok(_) => {}
                        Err(BundleError::Rollback { offered, seen }) => assert!(offered < seen),
                        Err(other) => panic!("{other:?}"),
                    }
                }
            });
        }
    });
    assert_eq!(store.load(NAME).unwrap().unwrap().version, 15);
}

#[test]
fn malformed_envelopes_are_refused_each_for_its_reason() {
    let key = BundleKey::new([1; 32]);
    let signature = "A".repeat(86) + "==";
    let envelope = |version: &str, payload: &str, signatures: &str| {
        format!(
            "{{\"bonafide-pin-bundle\": {version},\n\"payload\": \"{payload}\",\n\"signatures\": [{signatures}]}}"
        )
    };
    let one = format!("{{\"key\": \"{key}\", \"signature\": \"{signature}\"}}");
    PinBundle::from_json(envelope("1", "", &one)).unwrap();
    let text = |json: String| PinBundle::from_json(json).unwrap_err().to_string();
    let many = vec![one.as_str(); 33].join(",");
    // the envelope, the error
    for (json, expected) in [
        (
            String::new(),
            "the envelope of the bundle is malformed: EOF while parsing a value at line 1 column 0",
        ),
        (
            "[]".to_owned(),
            "the envelope of the bundle is malformed: invalid length 0, expected struct Envelope with 3 elements at line 1 column 2",
        ),
        (
            envelope("2", "", &one),
            "version 2 of the envelope is not supported; this library reads version 1",
        ),
        (
            envelope("1", "A", &one),
            "the payload of the bundle is not Base64",
        ),
        (envelope("1", "", &many), "more than 32 signatures"),
        (
            envelope("1", "", &one.replace("ed25519/", "rsa/")),
            "`(48 characters)` is not a valid Ed25519 key: write `ed25519/` and the Base64 of its 32 bytes",
        ),
        (
            envelope("1", "", &one.replace(&signature, "AAAA")),
            "signature 1 is not the Base64 of 64 bytes",
        ),
        (
            envelope("1", "", "{}"),
            "the envelope of the bundle is malformed: missing field `key` at line 3 column 17",
        ),
        (
            envelope("1, \"more\": 1", "", &one),
            "the envelope of the bundle is malformed: unknown field, expected one of `bonafide-pin-bundle`, `payload`, `signatures` at line 1 column 33",
        ),
        (
            envelope("1, \"payload\": \"\"", "", &one),
            "the envelope of the bundle is malformed: duplicate field `payload` at line 2 column 9",
        ),
    ] {
        assert_eq!(text(json.clone()), expected, "{json}");
    }
    let large = vec![b' '; 6 * 1024 * 1024 + 1];
    match PinBundle::from_json(large).unwrap_err() {
        BundleError::TooLarge { limit_bytes } => assert_eq!(limit_bytes, 6 * 1024 * 1024),
        other => panic!("{other:?}"),
    }
    match PinBundle::of_payload(vec![0; 4 * 1024 * 1024 + 1]).unwrap_err() {
        BundleError::TooLarge { limit_bytes } => assert_eq!(limit_bytes, 4 * 1024 * 1024),
        other => panic!("{other:?}"),
    }
    match PinBundle::from_file("/nowhere/pins.bundle").unwrap_err() {
        BundleError::Read {
            problem: LoadProblem::Io(error),
            ..
        } => assert_eq!(error.kind(), std::io::ErrorKind::NotFound),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_whole_bundle_that_was_cut_off_anywhere_is_refused() {
    let signer = signer();
    let json = bundle(1, 7).signed_by(&signer).unwrap().to_json();
    for length in 0..json.trim_end().len() {
        match PinBundle::from_json(&json[..length]) {
            Err(BundleError::Envelope(_)) => {}
            other => panic!("{length}: {other:?}"),
        }
    }
}

#[test]
fn keys_of_another_kind_do_not_sign_and_secrets_are_not_printed() {
    let identity = Identity::self_signed(Recipe::for_host("signer"));
    match BundleSigner::from_pem(identity.key_pem()).unwrap_err() {
        BundleError::Signing { reason } => {
            assert_eq!(reason, "the key is not an Ed25519 key");
        }
        other => panic!("{other:?}"),
    }
    match BundleSigner::from_pem("nothing").unwrap_err() {
        BundleError::Signing { reason } => {
            assert_eq!(reason, "there is no private key in the PEM");
        }
        other => panic!("{other:?}"),
    }
    let signer = signer();
    assert_eq!(
        format!("{signer:?}"),
        format!("BundleSigner({})", signer.key())
    );
    let read: BundleKey = signer.key().to_string().parse().unwrap();
    assert_eq!(read, signer.key());
}
