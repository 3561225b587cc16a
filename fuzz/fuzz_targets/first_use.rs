//! Stores of first contacts, read from a file.
#![no_main]

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use bonafide_fuzz::budget::bounded;
use bonafide_verify::first_use::FileFirstUse;
use libfuzzer_sys::fuzz_target;

/// The one file of this process, which each input overwrites.
static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
    let name = format!("bonafide-fuzz-first-use-{}", std::process::id());
    std::env::temp_dir().join(name)
});

fuzz_target!(|input: &[u8]| {
    if let Err(error) = fs::write(&*FILE, input) {
        panic!("cannot write {}: {error}", FILE.display());
    }
    match bounded(|| FileFirstUse::open(FILE.as_path())) {
        Ok(store) => match store.entries() {
            Ok(entries) => assert!(entries.is_sorted_by_key(|(host, _)| host.clone())),
            Err(error) => panic!("what was read once is not read again: {error}"),
        },
        Err(error) => drop(error.to_string()),
    }
});
