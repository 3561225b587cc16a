//! Finds the certificate that was issued in a way that webpki does not accept: webpki reports the
//! fault, but not the certificate.

use std::collections::HashSet;

use der::asn1::AnyRef;
use der::{Decode as _, Reader as _, SliceReader, Tag};
use rustls_pki_types::SignatureVerificationAlgorithm;

use super::Presented;
use crate::anchors::AnchorSet;
use crate::verdict::refusal::reason::Reason;
use crate::verdict::refusal::report::Subject;
use crate::x509::certificate::{
    BasicConstraints, Certificate, Extensions, Known, Oid, context, first, peek,
};
use crate::x509::signature::{SignatureFault, Signed};

/// Maximum number of signatures that are verified to find the bad one.
const MAX_SIGNATURES: usize = 8;
/// The last arcs below 2.5.29 of the extensions that webpki supports when they are critical.
const UNDERSTOOD: [u8; 6] = [15, 17, 19, 30, 31, 37];

impl Presented<'_> {
    /// The first issuer on the trail whose basic constraints say that it is not a CA (RFC 5280,
    /// 4.2.1.9).
    pub(super) fn issuer_that_is_no_ca(&self) -> Option<usize> {
        self.trail().into_iter().skip(1).find(|position| {
            let constraints = self.certificate(*position).and_then(basic_constraints);
            constraints.is_none_or(|constraints| !constraints.ca)
        })
    }

    /// The first issuer on the trail with more CAs below it than it allows (RFC 5280, 4.2.1.9).
    pub(super) fn issuer_with_too_long_a_path(&self) -> Option<usize> {
        let mut below = 0;
        self.trail().into_iter().skip(1).find(|position| {
            let Some(issuer) = self.certificate(*position) else {
                return false;
            };
            let allowed = basic_constraints(issuer).and_then(|constraints| constraints.path_length);
            let exceeded = allowed.is_some_and(|allowed| below > allowed);
            below += u64::from(!issuer.is_self_issued());
            exceeded
        })
    }

    /// The first certificate with a critical extension that webpki does not support, and that
    /// extension (RFC 5280, 4.2).
    pub(super) fn with_unknown_critical_extension(&self) -> Option<(usize, Oid<'_>)> {
        let is_understood =
            |id: &[u8]| matches!(id, [0x55, 0x1d, last] if UNDERSTOOD.contains(last));
        let all = self.certificates.iter().enumerate();
        all.flat_map(|(position, certificate)| Some((position, certificate.as_ref()?)))
            .find_map(|(position, certificate)| {
                let mut extensions = certificate.extensions().filter_map(Result::ok);
                let found =
                    extensions.find(|found| found.critical && !is_understood(found.id.as_bytes()));
                Some((position, found?.id))
            })
    }

    /// The first certificate on the trail whose signature has `fault` under the key of every issuer
    /// of that name.
    pub(super) fn with_signature_fault(
        &self,
        fault: SignatureFault,
        ders: &[&[u8]],
        anchors: &AnchorSet,
        algorithms: &[&'static dyn SignatureVerificationAlgorithm],
    ) -> Option<usize> {
        let mut verified = 0;
        let anchors: Vec<Certificate<'_>> = self.issuing_anchors(anchors).collect();
        self.trail().into_iter().find(|position| {
            let (Some(certificate), Some(signed)) = (
                self.certificate(*position),
                ders.get(*position).and_then(|der| signed(der)),
            ) else {
                return false;
            };
            let presented = self.certificates.iter().flatten();
            let issuers = presented
                .chain(&anchors)
                .filter(|issuer| issuer.subject() == certificate.issuer());
            let mut is_at_fault = false;
            for issuer in issuers {
                verified += 1;
                if verified > MAX_SIGNATURES {
                    return false;
                }
                match signed.verify(algorithms, issuer.subject_public_key_info()) {
                    Ok(()) => return false,
                    Err(found) => is_at_fault |= found == fault,
                }
            }
            is_at_fault
        })
    }
}

impl Presented<'_> {
    /// The reason where webpki reports a signature that does not verify; `at_fault` finds the
    /// certificate with that signature. If all signatures verify, webpki continued from a bad
    /// signature to a path that was too long.
    pub(super) fn unsigned(
        &self,
        at_fault: Option<usize>,
        ders: &[&[u8]],
        algorithms: &[&'static dyn SignatureVerificationAlgorithm],
    ) -> (Reason, Option<Subject>) {
        let too_long = match at_fault {
            Some(_) => None,
            None => self.too_long_with_self_issued(ders, algorithms),
        };
        match too_long {
            Some(position) => (Reason::PathLength, self.subject(position)),
            None => (
                Reason::BadSignature,
                at_fault.and_then(|position| self.subject(position)),
            ),
        }
    }

    /// The first issuer with more CAs below it than it allows, self-issued ones included, as webpki
    /// counts (RFC 5280, 6.1.4 (l), leaves those out).
    pub(super) fn too_long_with_self_issued(
        &self,
        ders: &[&[u8]],
        algorithms: &[&'static dyn SignatureVerificationAlgorithm],
    ) -> Option<usize> {
        let mut verified = 0;
        let mut path = vec![0];
        // The first issuer whose key verifies the signature: this distinguishes certificates with
        // the same name.
        while let Some(current) = path.last().copied() {
            let certificate = self.certificate(current)?;
            let allowed =
                basic_constraints(certificate).and_then(|constraints| constraints.path_length);
            let below = u64::try_from(path.len().saturating_sub(2)).unwrap_or(u64::MAX);
            if path.len() > 1 && allowed.is_some_and(|allowed| below > allowed) {
                return Some(current);
            }
            let signed = signed(ders.get(current)?)?;
            let next = self
                .certificates
                .iter()
                .enumerate()
                .find(|(position, issuer)| {
                    let Some(issuer) = issuer.as_ref() else {
                        return false;
                    };
                    if path.contains(position) || issuer.subject() != certificate.issuer() {
                        return false;
                    }
                    verified += 1;
                    verified <= MAX_SIGNATURES
                        && signed
                            .verify(algorithms, issuer.subject_public_key_info())
                            .is_ok()
                });
            path.push(next?.0);
        }
        None
    }

    /// Whether the signature at `position` was made with a kind of key that no issuer of that name
    /// has. Then that issuer did not make it.
    pub(super) fn is_by_another_kind_of_key(
        &self,
        position: usize,
        anchors: &AnchorSet,
        algorithms: &[&'static dyn SignatureVerificationAlgorithm],
    ) -> bool {
        let Some(certificate) = self.certificate(position) else {
            return false;
        };
        let signature = certificate.signature_algorithm_identifier();
        let kinds_of = |wanted: &dyn Fn(&[u8]) -> bool| -> HashSet<Vec<u8>> {
            let fitting = algorithms
                .iter()
                .filter(|algorithm| wanted(algorithm.signature_alg_id().as_ref()));
            fitting
                .filter_map(|algorithm| kind_of(algorithm.public_key_alg_id().as_ref()))
                .collect()
        };
        let signing = kinds_of(&|algorithm| algorithm == signature);
        // A kind that is never verified is not reported here: RSASSA-PSS has a reason of its own.
        let known = kinds_of(&|_| true);
        let anchors = self.issuing_anchors(anchors);
        let sent = self.certificates.iter().flatten().copied();
        let mut issuers = anchors
            .chain(sent)
            .filter(|issuer| issuer.subject() == certificate.issuer());
        !signing.is_empty()
            && issuers.all(|issuer| {
                kind_of(issuer.public_key().algorithm_identifier)
                    .is_some_and(|kind| known.contains(&kind) && !signing.contains(&kind))
            })
    }
}

/// The kind of key in the content of an `AlgorithmIdentifier`.
fn kind_of(algorithm: &[u8]) -> Option<Vec<u8>> {
    let kind = first(algorithm, Tag::ObjectIdentifier).ok()?;
    Some(kind.value().to_vec())
}

/// The first certificate whose two fields for the signature's algorithm differ (RFC 5280, 4.1.1.2).
pub(super) fn with_two_algorithms(ders: &[&[u8]]) -> Option<usize> {
    ders.iter().position(|der| {
        let signed = signed(der);
        signed.is_some_and(|signed| {
            inner_algorithm(signed.message).is_some_and(|inner| inner != signed.algorithm)
        })
    })
}

/// The content of the `AlgorithmIdentifier` inside the signed part.
fn inner_algorithm(tbs: &[u8]) -> Option<&[u8]> {
    let content = AnyRef::from_der(tbs).ok()?.value();
    let mut tbs = SliceReader::new(content).ok()?;
    if peek(&tbs) == Some(context(0)) {
        tbs.tlv_bytes().ok()?;
    }
    tbs.tlv_bytes().ok()?;
    Some(AnyRef::decode(&mut tbs).ok()?.value())
}

fn basic_constraints(certificate: &Certificate<'_>) -> Option<BasicConstraints> {
    let extensions = Extensions::of(certificate).ok()?;
    BasicConstraints::read(extensions.get(Known::BasicConstraints)?.value).ok()
}

fn signed(der: &[u8]) -> Option<Signed<'_>> {
    let content = AnyRef::from_der(der).ok()?.value();
    Signed::read(&mut SliceReader::new(content).ok()?).ok()
}
