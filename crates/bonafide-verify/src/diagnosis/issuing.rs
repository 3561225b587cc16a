//! Which certificate was issued in a way that webpki does not accept: it says how, and not which.

use der::asn1::AnyRef;
use der::{Decode as _, Reader as _, SliceReader};
use rustls_pki_types::SignatureVerificationAlgorithm;

use super::Presented;
use crate::anchors::AnchorSet;
use crate::certificate::{BasicConstraints, Certificate, Extensions, Known, Oid, context, peek};
use crate::signature::{SignatureFault, Signed};

/// At most so many signatures are verified to find the one that does not.
const MAX_SIGNATURES: usize = 8;
/// The last arcs below 2.5.29 of the extensions that webpki understands when they are critical.
const UNDERSTOOD: [u8; 6] = [15, 17, 19, 30, 31, 37];

impl Presented<'_> {
    /// The first issuer on the trail that says that it is no CA (RFC 5280, 4.2.1.9).
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

    /// The first certificate with a critical extension that webpki does not understand, and which it is (RFC 5280, 4.2).
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

    /// The first certificate on the trail whose signature has `fault` under the key of every issuer of that name.
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

/// The first certificate whose two fields for the signature's algorithm differ (RFC 5280, 4.1.1.2).
pub(super) fn with_two_algorithms(ders: &[&[u8]]) -> Option<usize> {
    ders.iter().position(|der| {
        let signed = signed(der);
        signed.is_some_and(|signed| {
            inner_algorithm(signed.message).is_some_and(|inner| inner != signed.algorithm)
        })
    })
}

/// The content of the `AlgorithmIdentifier` within what is signed.
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
