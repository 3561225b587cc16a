//! Signed files of pins: the envelope as it is, and the input as a payload that a trusted key has
//! signed.
#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use bonafide_fuzz::budget::bounded;
use bonafide_verify::pki_types::UnixTime;
use bonafide_verify::pins::{BundleError, BundleKeys, BundleSigner, MemoryVersionStore, PinBundle};
use libfuzzer_sys::fuzz_target;

/// An Ed25519 key of 32 bytes of 1, which signs nothing elsewhere.
const KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB\n\
    -----END PRIVATE KEY-----\n";

/// 2026-12-01T00:00:00Z, which is before the end of the bundles of the corpus.
const NOW: UnixTime = UnixTime::since_unix_epoch(Duration::from_secs(1_796_083_200));

/// Whoever signs, and whom to believe.
struct Trusted {
    signer: BundleSigner,
    keys: BundleKeys,
}

static TRUSTED: LazyLock<Result<Trusted, BundleError>> = LazyLock::new(|| {
    let signer = BundleSigner::from_pem(KEY)?;
    let keys = BundleKeys::new("fuzz", 1, [signer.key()])?;
    Ok(Trusted { signer, keys })
});

fuzz_target!(|input: &[u8]| {
    let Ok(Trusted { signer, keys }) = &*TRUSTED else {
        panic!("the key of this target cannot be read");
    };
    let open = |bundle: &PinBundle| {
        let opened = bounded(|| bundle.open(keys, &MemoryVersionStore::default(), NOW));
        drop(opened.map_err(|error| error.to_string()));
    };
    match bounded(|| PinBundle::from_json(input)) {
        Ok(bundle) => {
            open(&bundle);
            let again = PinBundle::from_json(bundle.to_json());
            let payload = again.as_ref().ok().map(PinBundle::unverified_payload);
            assert_eq!(payload, Some(bundle.unverified_payload()));
        }
        Err(error) => drop(error.to_string()),
    }
    let signed = PinBundle::of_payload(input).and_then(|bundle| bundle.signed_by(signer));
    if let Ok(bundle) = signed {
        open(&bundle);
    }
});
