//! Limits on what a peer may present and on the work of finding a path.
//!
//! rustls-webpki tries every order in which certificates can follow each other by name. Within its
//! budget, ten intermediates with the same name can cost a tenth of a second of CPU time. Here the
//! presented certificates are counted, those that cannot be on a path are removed, and the
//! remaining orders are counted by name only, before any signature is verified.

use std::borrow::Cow;

use rustls_pki_types::{CertificateDer, TrustAnchor};
use serde::Serialize;

use crate::path::presented::PresentedChain;
use crate::verdict::refusal::reason::{Bound, Reason};
use crate::x509::certificate::{content, names};

/// The default of OpenSSL's `SSL_CTX_set_max_cert_list` is 100 KiB. rustls accepts 64 KiB in a
/// handshake.
const MAX_BYTES: usize = 100 * 1024;
/// Several times as many as any public server sends.
const MAX_CERTIFICATES: usize = 64;
/// Cross-signed authorities have two or three certificates for one name.
const MAX_SAME_SUBJECT: usize = 6;
/// The limit of rustls-webpki for the certificates between leaf and anchor.
const MAX_DEPTH: usize = 6;
/// Maximum number of signatures that rustls-webpki may have to verify for one chain: its own
/// budget, computed in advance from the names. The slowest algorithm takes under half a millisecond
/// each.
const MAX_SIGNATURES: usize = 100;
/// Maximum number of certificates that rustls-webpki may read while it tries paths, at about a
/// microsecond each.
const MAX_READINGS: usize = 10_000;
/// With fewer certificates than this in addition to the leaf, trying all orders cannot be slow.
const WORTH_COUNTING: usize = 3;

/// Limits on what a peer may present. With any limits, the work of finding a path is bounded; a
/// chain that needs more is refused with [`Code::TooComplex`](crate::Code::TooComplex).
///
/// `max_certificates` and `max_bytes` count everything that was sent. `max_same_subject` counts
/// copies of a certificate once, and ignores certificates that are not on any path from the leaf.
///
/// ```
/// use bonafide_verify::{Limits, Policy};
///
/// // Servers of this zone are issued by the root, or by a CA directly below it.
/// let policy = Policy::builder().limits(Limits::default().max_intermediates(1));
/// # let _ = policy;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Limits {
    #[serde(rename = "max_intermediates")]
    intermediates: Option<usize>,
    #[serde(rename = "max_certificates")]
    certificates: usize,
    #[serde(rename = "max_bytes")]
    bytes: usize,
    #[serde(rename = "max_same_subject")]
    same_subject: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            intermediates: None,
            certificates: MAX_CERTIFICATES,
            bytes: MAX_BYTES,
            same_subject: MAX_SAME_SUBJECT,
        }
    }
}

impl Limits {
    /// Maximum number of intermediates on a path; 0 requires that an anchor issued the leaf itself.
    /// Self-issued certificates, whose subject and issuer are the same name, do not count (RFC
    /// 5280, 6.1). Default: only the limit of rustls-webpki, which is 6 and counts self-issued
    /// ones.
    pub fn max_intermediates(mut self, count: usize) -> Self {
        self.intermediates = Some(count);
        self
    }

    /// Maximum number of certificates that a peer may send, leaf and copies included. Default: 64.
    pub fn max_certificates(mut self, count: usize) -> Self {
        self.certificates = count;
        self
    }

    /// Maximum total size of these certificates in bytes. Default: 102,400. rustls accepts at most
    /// 65,535 in a handshake.
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.bytes = bytes;
        self
    }

    /// Maximum number of different certificates with the same subject among those that can be on
    /// the path. Default: 6.
    pub fn max_same_subject(mut self, count: usize) -> Self {
        self.same_subject = count;
        self
    }

    pub(crate) fn intermediates(&self) -> Option<usize> {
        self.intermediates
    }

    /// Checks the number and size of the certificates, before any of them is read.
    pub(crate) fn weigh(&self, chain: &PresentedChain<'_>) -> Result<(), Reason> {
        let bytes = chain.iter().map(|certificate| certificate.len()).sum();
        for (bound, found, allowed) in [
            (Bound::Certificates, chain.len(), self.certificates),
            (Bound::Bytes, bytes, self.bytes),
        ] {
            if found > allowed {
                return Err(Reason::ChainTooLarge {
                    bound,
                    found,
                    allowed,
                });
            }
        }
        Ok(())
    }

    /// The certificates of `chain` and `extra` that the path builder may use. `extra` are
    /// candidates that the peer did not send.
    pub(crate) fn admit<'a>(
        &self,
        chain: &PresentedChain<'a>,
        extra: &[&'a CertificateDer<'static>],
        roots: &[TrustAnchor<'_>],
    ) -> Result<Cow<'a, [CertificateDer<'a>]>, Reason> {
        let rest = chain.rest();
        if extra.is_empty() && rest.len() < WORTH_COUNTING {
            return Ok(Cow::Borrowed(rest));
        }
        // A chain that cannot be counted is refused.
        let Some((leaf_issuer, _)) = chain.leaf().and_then(|leaf| names(leaf)) else {
            return Err(Reason::Malformed {
                detail: "the names of the first certificate cannot be read".to_owned(),
            });
        };
        // With candidates of the policy, this is the second search for the chain.
        let signatures = if extra.is_empty() {
            MAX_SIGNATURES
        } else {
            MAX_SIGNATURES / 2
        };
        let sent = rest.iter().map(AsRef::as_ref);
        let extra = extra.iter().copied().map(AsRef::as_ref);
        let candidates = Candidates::gather(leaf_issuer, sent.chain(extra));
        if let Some(found) = candidates.most_of_one_subject()
            && found > self.same_subject
        {
            return Err(Reason::ChainTooLarge {
                bound: Bound::SameSubject,
                found,
                allowed: self.same_subject,
            });
        }
        if !candidates.is_quick(leaf_issuer, roots, signatures) {
            return Err(Reason::TooComplex);
        }
        if candidates.0.len() == rest.len() {
            return Ok(Cow::Borrowed(rest));
        }
        let kept = candidates.0.iter().map(|one| CertificateDer::from(one.der));
        Ok(Cow::Owned(kept.collect()))
    }
}

/// One certificate that may be on the path, by its names.
struct Candidate<'a> {
    der: &'a [u8],
    issuer: &'a [u8],
    subject: &'a [u8],
}

/// The certificates that are reachable from the leaf by issuer names, each once, in the order sent.
struct Candidates<'a>(Vec<Candidate<'a>>);

impl<'a> Candidates<'a> {
    fn gather(leaf_issuer: &[u8], ders: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut all: Vec<Candidate<'a>> = Vec::new();
        for der in ders {
            // A certificate without readable names cannot be on a path, in rustls-webpki neither.
            if let Some((issuer, subject)) = names(der)
                && all.iter().all(|known| known.der != der)
            {
                all.push(Candidate {
                    der,
                    issuer,
                    subject,
                });
            }
        }
        let mut reached = vec![false; all.len()];
        let mut wanted = vec![leaf_issuer];
        while let Some(issuer) = wanted.pop() {
            for (candidate, reached) in all.iter().zip(&mut reached) {
                if !*reached && candidate.subject == issuer {
                    *reached = true;
                    wanted.push(candidate.issuer);
                }
            }
        }
        let mut reached = reached.into_iter();
        all.retain(|_| reached.next().unwrap_or(false));
        Self(all)
    }

    fn most_of_one_subject(&self) -> Option<usize> {
        let of_subject = |subject| {
            let same = self.0.iter().filter(|one| one.subject == subject);
            same.count()
        };
        self.0.iter().map(|one| of_subject(one.subject)).max()
    }

    /// Whether trying every order takes little work, even if every signature verifies and every
    /// path is rejected.
    fn is_quick(
        &self,
        leaf_issuer: &[u8],
        roots: &[TrustAnchor<'_>],
        max_signatures: usize,
    ) -> bool {
        // An anchor has the content of its subject's name, a certificate the whole encoding.
        let anchors = |issuer: &[u8]| match content(issuer) {
            Some(issuer) => {
                let issuing = roots.iter().filter(|root| *root.subject == *issuer);
                issuing.count()
            }
            None => 0,
        };
        let issued_by_anchors: Vec<usize> = self.0.iter().map(|one| anchors(one.issuer)).collect();
        let mut work = Work {
            candidates: self,
            issued_by_anchors: &issued_by_anchors,
            on_trail: vec![false; self.0.len()],
            readings: 0,
            signatures: anchors(leaf_issuer),
            max_signatures,
        };
        work.count_below(leaf_issuer, 0)
    }
}

/// The work that rustls-webpki would do, counted by names.
struct Work<'a> {
    candidates: &'a Candidates<'a>,
    issued_by_anchors: &'a [usize],
    on_trail: Vec<bool>,
    readings: usize,
    signatures: usize,
    max_signatures: usize,
}

impl Work<'_> {
    /// Counts the work above a certificate with this issuer, `depth` certificates above the leaf.
    /// Returns false if it is too much.
    fn count_below(&mut self, issuer: &[u8], depth: usize) -> bool {
        self.readings += self.candidates.0.len();
        if self.readings > MAX_READINGS || self.signatures > self.max_signatures {
            return false;
        }
        if depth == MAX_DEPTH {
            return true;
        }
        for (index, candidate) in self.candidates.0.iter().enumerate() {
            if self.on_trail[index] || candidate.subject != issuer {
                continue;
            }
            self.signatures += self.issued_by_anchors[index] * (depth + 2);
            self.on_trail[index] = true;
            let quick = self.count_below(candidate.issuer, depth + 1);
            self.on_trail[index] = false;
            if !quick {
                return false;
            }
        }
        true
    }
}
