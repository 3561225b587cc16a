//! Loaded anchors: every whole certificate, and what the path builder needs of it.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use rustls_pki_types::{CertificateDer, Der, TrustAnchor};

use super::fence::Fence;
use super::origin::{Origin, OriginCounts, Origins};
use super::standing::Standing;
use crate::files::load_report::{AnchorReport, LoadProblem, SourceReport};

/// One anchor: its whole certificate and where it came from.
#[derive(Clone)]
pub struct Anchor {
    certificate: CertificateDer<'static>,
    origins: Origins,
    standing: Standing,
}

impl Anchor {
    /// The certificate, as loaded.
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// Where it came from.
    pub fn origin(&self) -> &Origin {
        &self.origins.own
    }

    /// Whether it may issue. One that may not can verify only itself.
    pub(crate) fn standing(&self) -> Standing {
        self.standing
    }

    pub(crate) fn shared_origin(&self) -> &Arc<Origin> {
        &self.origins.own
    }
}

impl fmt::Debug for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Anchor")
            .field("certificate", &self.certificate)
            .field("origin", self.origin())
            .finish()
    }
}

/// Anchors that are loaded and ready to verify with.
#[derive(Default)]
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

    /// The result of loading each source.
    pub fn report(&self) -> &AnchorReport {
        &self.report
    }

    pub(crate) fn roots(&self) -> &[TrustAnchor<'static>] {
        &self.roots
    }

    /// The anchor of the element of [`Self::roots`] in which a path ended.
    pub(crate) fn anchor_of(&self, root: &TrustAnchor<'_>) -> Option<&Anchor> {
        let wanted = std::ptr::from_ref(root).cast::<()>();
        let index = self
            .roots
            .iter()
            .position(|root| std::ptr::from_ref(root).cast::<()>() == wanted)?;
        self.anchors.get(index)
    }
}

/// Shows how many anchors came from where, and no certificates: a system's store has 140 of them.
impl fmt::Debug for AnchorSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            anchors: _,
            roots: _,
            counts,
            report,
        } = self;
        f.debug_struct("AnchorSet")
            .field("counts", counts)
            .field("report", report)
            .finish_non_exhaustive()
    }
}

/// An [`AnchorSet`] while its sources are read.
#[derive(Default)]
pub(super) struct Loading {
    anchors: Vec<Anchor>,
    roots: Vec<TrustAnchor<'static>>,
    /// The loaded certificates, each with its fences.
    seen: HashSet<(CertificateDer<'static>, Vec<Fence>)>,
    /// The keys of the authorities that have a fence, including those whose fence could not be set.
    fenced: HashSet<Der<'static>>,
    /// The fences of the current source.
    fences: Vec<Fence>,
    report: AnchorReport,
}

impl Loading {
    /// Adds one certificate, or adds the reason to `report` if that is not possible.
    pub(super) fn add(
        &mut self,
        certificate: CertificateDer<'static>,
        position: usize,
        origins: &Origins,
        location: &str,
        report: &mut SourceReport,
    ) {
        let mut root = match webpki::anchor_from_trusted_cert(&certificate) {
            Ok(root) => root.to_owned(),
            Err(source) => {
                return report.fail(location, LoadProblem::NotAnAnchor { position, source });
            }
        };
        let mut origins = origins.clone();
        for fence in &self.fences {
            let Ok(constraints) = fence.around(root.name_constraints.as_deref()) else {
                // A copy without a fence must not be loaded instead.
                self.fenced.insert(root.subject_public_key_info);
                return report.fail(location, LoadProblem::CannotBeFenced { position });
            };
            root.name_constraints = Some(constraints.into());
            origins = origins.inside(fence.names());
        }
        let standing = Standing::of(&certificate);
        let anchor = Anchor {
            certificate,
            origins,
            standing,
        };
        if self.push(root, anchor) {
            report.loaded += 1;
            if standing == Standing::OwnCertificate {
                report.remark(location, LoadProblem::NotACa { position });
            }
        } else {
            report.duplicates += 1;
        }
    }

    /// Adds an anchor, unless it was added before, or was added with a fence that this one lacks.
    fn push(&mut self, root: TrustAnchor<'static>, anchor: Anchor) -> bool {
        let is_fenced = !self.fences.is_empty();
        if !is_fenced && self.fenced.contains(&root.subject_public_key_info) {
            return false;
        }
        let key = (anchor.certificate.clone(), self.fences.clone());
        if !self.seen.insert(key) {
            return false;
        }
        if is_fenced {
            self.fenced.insert(root.subject_public_key_info.clone());
        }
        self.roots.push(root);
        self.anchors.push(anchor);
        true
    }

    /// Sets the fences for all certificates that are added until the next call.
    pub(super) fn inside(&mut self, fences: Vec<Fence>) {
        self.fences = fences;
    }

    pub(super) fn take_reports(&mut self) -> Vec<SourceReport> {
        std::mem::take(&mut self.report.sources)
    }

    /// Adds the anchors and the report of a loaded set.
    pub(super) fn extend_from(&mut self, other: &AnchorSet) {
        for (anchor, root) in other.anchors.iter().zip(&other.roots) {
            self.push(root.clone(), anchor.clone());
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
            let counted = &anchor.origins.counted;
            match counts.iter_mut().find(|(origin, _)| origin == counted) {
                Some((_, count)) => *count += 1,
                None => counts.push((Arc::clone(counted), 1)),
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
