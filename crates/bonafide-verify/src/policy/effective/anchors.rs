//! The anchors of a zone, by origin.

use std::collections::BTreeMap;

use rustls_pki_types::CertificateDer;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::anchors::{Anchor, Origin};
use crate::x509::certificate::base16;

/// The anchors of one origin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct AnchorGroup {
    origin: String,
    only_for: Vec<String>,
    sha256: Vec<String>,
}

/// The anchors by origin, in an order that does not depend on the order of loading.
pub(super) fn groups(anchors: &[Anchor]) -> Vec<AnchorGroup> {
    let mut by_origin: BTreeMap<&Origin, Vec<&CertificateDer<'static>>> = BTreeMap::new();
    for anchor in anchors {
        by_origin
            .entry(anchor.origin())
            .or_default()
            .push(anchor.certificate());
    }
    by_origin
        .into_iter()
        .map(|(origin, certificates)| {
            let (origin, only_for) = unfenced(origin);
            AnchorGroup {
                origin: origin.to_string(),
                only_for,
                sha256: hashes(certificates),
            }
        })
        .collect()
}

/// The SHA-256 of each certificate, sorted.
pub(super) fn hashes<'a>(
    certificates: impl IntoIterator<Item = &'a CertificateDer<'static>>,
) -> Vec<String> {
    let mut hashes: Vec<String> = certificates
        .into_iter()
        .map(|certificate| base16(&Sha256::digest(certificate)))
        .collect();
    hashes.sort();
    hashes
}

/// The origin without its fences, and each fence as text.
fn unfenced(mut origin: &Origin) -> (&Origin, Vec<String>) {
    let mut fences = Vec::new();
    while let Origin::Fenced {
        origin: inner,
        only_for,
    } = origin
    {
        fences.push(only_for.join(" "));
        origin = inner;
    }
    fences.sort();
    (origin, fences)
}
