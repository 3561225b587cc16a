//! Loaded anchors: every certificate whole, beside what the path builder needs of it.

use std::collections::HashSet;
use std::sync::Arc;

use rustls_pki_types::{CertificateDer, TrustAnchor};

use super::origin::{Origin, OriginCounts};
use crate::load_report::{AnchorReport, LoadProblem, SourceReport};

/// One anchor: its whole certificate and where it came from.
#[derive(Clone, Debug)]
pub struct Anchor {
    certificate: CertificateDer<'static>,
    origin: Arc<Origin>,
}

impl Anchor {
    /// The certificate, as loaded.
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// Where it came from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    pub(crate) fn shared_origin(&self) -> &Arc<Origin> {
        &self.origin
    }
}

/// Anchors that are loaded and ready to verify with.
#[derive(Debug)]
pub struct AnchorSet {
    anchors: Vec<Anchor>,
    roots: Vec<TrustAnchor<'static>>,
    counts: OriginCounts,
    report: AnchorReport,
}

impl AnchorSet {
    /// The anchors, in the order of loading.
    pub fn anchors(&self) -> &[Anchor] {
        &self.anchors
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.anchors.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.anchors.is_empty()
    }

    /// How many came from each origin.
    pub fn counts(&self) -> &OriginCounts {
        &self.counts
    }

    /// What loading found.
    pub fn report(&self) -> &AnchorReport {
        &self.report
    }

    pub(crate) fn roots(&self) -> &[TrustAnchor<'static>] {
        &self.roots
    }

    /// The anchor behind the element of [`Self::roots`] that the path builder ended in.
    pub(crate) fn anchor_of(&self, root: &TrustAnchor<'_>) -> Option<&Anchor> {
        let wanted = std::ptr::from_ref(root).cast::<()>();
        let index = self
            .roots
            .iter()
            .position(|root| std::ptr::from_ref(root).cast::<()>() == wanted)?;
        self.anchors.get(index)
    }
}

/// An [`AnchorSet`] while its sources are read.
#[derive(Default)]
pub(super) struct Loading {
    anchors: Vec<Anchor>,
    roots: Vec<TrustAnchor<'static>>,
    seen: HashSet<CertificateDer<'static>>,
    report: AnchorReport,
}

impl Loading {
    /// Takes one certificate in, or says in `report` why not.
    pub(super) fn add(
        &mut self,
        certificate: CertificateDer<'static>,
        position: usize,
        origin: &Arc<Origin>,
        location: &str,
        report: &mut SourceReport,
    ) {
        let root = match webpki::anchor_from_trusted_cert(&certificate) {
            Ok(root) => root.to_owned(),
            Err(source) => {
                return report.fail(location, LoadProblem::NotAnAnchor { position, source });
            }
        };
        if !self.seen.insert(certificate.clone()) {
            report.duplicates += 1;
            return;
        }
        self.roots.push(root);
        self.anchors.push(Anchor {
            certificate,
            origin: Arc::clone(origin),
        });
        report.loaded += 1;
    }

    /// Takes a set in that is loaded already, with its report.
    pub(super) fn extend_from(&mut self, other: &AnchorSet) {
        for (anchor, root) in other.anchors.iter().zip(&other.roots) {
            if self.seen.insert(anchor.certificate.clone()) {
                self.roots.push(root.clone());
                self.anchors.push(anchor.clone());
            }
        }
        self.report
            .sources
            .extend(other.report.sources.iter().cloned());
    }

    pub(super) fn report(&mut self, source: SourceReport) {
        self.report.sources.push(source);
    }

    pub(super) fn finish(self) -> AnchorSet {
        let mut counts: Vec<(Arc<Origin>, usize)> = Vec::new();
        for anchor in &self.anchors {
            match counts
                .iter_mut()
                .find(|(origin, _)| **origin == *anchor.origin)
            {
                Some((_, count)) => *count += 1,
                None => counts.push((Arc::clone(&anchor.origin), 1)),
            }
        }
        AnchorSet {
            anchors: self.anchors,
            roots: self.roots,
            counts: OriginCounts(counts),
            report: self.report,
        }
    }
}
