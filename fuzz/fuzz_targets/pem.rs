//! PEM of every kind, before everybody who reads it. Nothing that opens a section is lost in
//! silence.
#![no_main]

use bonafide_fuzz::budget::bounded;
use bonafide_verify::{Anchors, ClientIdentity, ConfigError, CustomCa};
use bonafide_verify::files::AnchorReport;
use bonafide_verify::pins::{BundleKey, BundleSigner, PinAdvice};
use bonafide_verify::revocation::{Crls, Revocation};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let anchors = Anchors::only(CustomCa::pem("input", input));
    let report = match bounded(|| anchors.load()) {
        Ok(set) => set.report().clone(),
        Err(ConfigError::NoAnchors { report }) => report,
        Err(error) => panic!("anchors without a fence fail by {error}"),
    };
    assert!(
        told(&report) >= opened(input),
        "{} sections, and {report}",
        opened(input)
    );
    let lists = || {
        Revocation::builder()
            .crls(Crls::pem("input", input))
            .build()
    };
    drop(bounded(lists).map_err(|error| error.to_string()));
    drop(bounded(|| ClientIdentity::from_pem(input, input)).map_err(|error| error.to_string()));
    drop(bounded(|| PinAdvice::of_pem(input)).map_err(|error| error.to_string()));
    drop(bounded(|| BundleKey::from_pem(input)).map_err(|error| error.to_string()));
    drop(bounded(|| BundleSigner::from_pem(input)).map_err(|error| error.to_string()));
});

/// How many lines open a section and do nothing else; none of what is read as DER.
fn opened(input: &[u8]) -> usize {
    if input.first() == Some(&0x30) {
        return 0;
    }
    let lines = input.split(|byte| matches!(byte, b'\n' | b'\r'));
    lines.filter(|line| line.starts_with(b"-----BEGIN")).count()
}

/// How many things a report tells of.
fn told(report: &AnchorReport) -> usize {
    let sources = report.sources.iter();
    sources
        .map(|source| source.loaded + source.duplicates + source.failures.len())
        .sum()
}
