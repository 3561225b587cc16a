//! From rustls-webpki's errors to reasons that name the certificate at fault.
//!
//! webpki reports what is wrong, but not in which certificate, and it reports a key that is too
//! short as a signature that does not verify. The diagnosis reads the presented certificates again
//! to find the rest. It never turns a refusal into an acceptance.

mod constraints;
mod issuing;

use rustls_pki_types::SignatureVerificationAlgorithm;
use webpki::Error;

use crate::anchors::{Anchor, AnchorSet};
use crate::check::{MIN_RSA_BITS, forbidden_kind, weak_signature};
use crate::path::presented::PresentedChain;
use crate::verdict::refusal::reason::{RSASSA_PSS, Reason};
use crate::verdict::refusal::report::Subject;
use crate::x509::certificate::{Certificate, Oid, name_text, oid, subject_text};
use crate::x509::presented_name::PresentedName;
use crate::x509::signature::SignatureFault;

/// The reason and the certificate at fault for `error`, which webpki returned for `chain`.
pub(crate) fn diagnose(
    error: &Error,
    chain: &PresentedChain<'_>,
    anchors: &AnchorSet,
    algorithms: &[&'static dyn SignatureVerificationAlgorithm],
) -> (Reason, Option<Subject>) {
    let presented = Presented::read(chain);
    let at = |position: Option<usize>| position.and_then(|position| presented.subject(position));
    let issuer_not_found = matches!(
        error,
        Error::CaUsedAsEndEntity
            | Error::InvalidSignatureForPublicKey
            | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_)
    );
    if issuer_not_found && presented.leaf_is_its_own_issuer_and_no_anchor(anchors) {
        return (
            Reason::SelfSigned {
                anchors: anchors.counts().clone(),
            },
            at(Some(0)),
        );
    }
    let ders: Vec<&[u8]> = chain
        .iter()
        .map(|certificate| certificate.as_ref())
        .collect();
    let unproved = |fault| presented.with_signature_fault(fault, &ders, anchors, algorithms);
    match error {
        Error::CertExpired { not_after, .. } => (
            Reason::Expired {
                not_after: *not_after,
            },
            at(presented.position(|c| c.not_after() == *not_after)),
        ),
        Error::CertNotValidYet { not_before, .. } => (
            Reason::NotYetValid {
                not_before: *not_before,
            },
            at(presented.position(|c| c.not_before() == *not_before)),
        ),
        Error::InvalidCertValidity => (
            Reason::InvalidValidity,
            at(presented.position(|c| c.not_before() > c.not_after())),
        ),
        Error::UnknownIssuer => presented.unknown_issuer(anchors),
        Error::CertDistrusted => (Reason::Distrusted, None),
        Error::CaUsedAsEndEntity => (Reason::CaAsLeaf, at(Some(0))),
        Error::EndEntityUsedAsCa => (Reason::LeafAsCa, at(presented.issuer_that_is_no_ca())),
        Error::NameConstraintViolation => match presented.uncompared_constraint(anchors) {
            Some((position, kind)) => (Reason::UncomparedConstraint { kind }, at(position)),
            None => (Reason::NameConstraint, at(Some(0))),
        },
        Error::PathLenConstraintViolated => (
            Reason::PathLength,
            at(presented
                .issuer_with_too_long_a_path()
                .or_else(|| presented.too_long_with_self_issued(&ders, algorithms))),
        ),
        Error::EmptyEkuExtension => {
            let empty = |c: &Certificate<'_>| {
                let purposes = c.extended_key_usage();
                matches!(purposes, Ok(Some(purposes)) if purposes.is_empty())
            };
            (Reason::EmptyPurpose, at(presented.position(empty)))
        }
        Error::RequiredEkuNotFoundContext(context) => presented.with_wrong_purpose(context),
        Error::SignatureAlgorithmMismatch => (
            Reason::BadSignature,
            at(issuing::with_two_algorithms(&ders)),
        ),
        Error::InvalidSignatureForPublicKey => {
            presented.weak_issuer(anchors).unwrap_or_else(|| {
                presented.unsigned(unproved(SignatureFault::Bad), &ders, algorithms)
            })
        }
        Error::UnsupportedSignatureAlgorithmContext(_)
        | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => {
            let unverified = unproved(SignatureFault::Unsupported);
            match unverified
                .filter(|at| presented.is_by_another_kind_of_key(*at, anchors, algorithms))
            {
                Some(position) => (Reason::BadSignature, at(Some(position))),
                None => presented.unsupported(anchors, unverified),
            }
        }
        Error::UnsupportedCriticalExtension => {
            let (position, id) = presented.with_unknown_critical_extension().unzip();
            let id = id.map(|id| id.to_string());
            (Reason::UnknownCriticalExtension { id }, at(position))
        }
        Error::UnsupportedCertVersion => (
            Reason::UnsupportedVersion,
            at(presented.position(|c| c.version() != 3)),
        ),
        Error::MaximumPathBuildCallsExceeded
        | Error::MaximumPathDepthExceeded
        | Error::MaximumSignatureChecksExceeded
        | Error::MaximumNameConstraintComparisonsExceeded => (Reason::TooComplex, None),
        other => (
            Reason::Malformed {
                detail: format!("{other:?}"),
            },
            at(presented.malformed()),
        ),
    }
}

/// The leaf's names and the requested name, from webpki's error of the name check.
pub(crate) fn diagnose_name(error: &Error, host: &str, leaf: &[u8]) -> (Reason, Option<Subject>) {
    let subject = Some(Subject {
        position: 0,
        name: subject_text(leaf),
    });
    let reason = match error {
        Error::CertNotValidForName(_) if lacks_subject_alt_name(leaf) => Reason::NoSubjectAltName,
        Error::CertNotValidForName(context) => Reason::NameMismatch {
            expected: host.to_owned(),
            presented: context
                .presented
                .iter()
                .map(|name| PresentedName::of(name))
                .collect(),
        },
        other => Reason::Malformed {
            detail: format!("{other:?}"),
        },
    };
    (reason, subject)
}

/// The presented certificates, those that can be read.
struct Presented<'a> {
    certificates: Vec<Option<Certificate<'a>>>,
}

impl<'a> Presented<'a> {
    fn read(chain: &PresentedChain<'a>) -> Self {
        Self {
            certificates: chain
                .iter()
                .map(|der| Certificate::from_der(der).ok())
                .collect(),
        }
    }

    fn position(&self, wanted: impl Fn(&Certificate<'a>) -> bool) -> Option<usize> {
        self.certificates
            .iter()
            .position(|certificate| certificate.as_ref().is_some_and(&wanted))
    }

    fn malformed(&self) -> Option<usize> {
        self.certificates.iter().position(Option::is_none)
    }

    fn subject(&self, position: usize) -> Option<Subject> {
        let name = match self.certificates.get(position)? {
            Some(certificate) => name_text(certificate.subject()),
            None => "(malformed certificate)".to_owned(),
        };
        Some(Subject { position, name })
    }

    fn leaf(&self) -> Option<&Certificate<'a>> {
        self.certificate(0)
    }

    fn certificate(&self, position: usize) -> Option<&Certificate<'a>> {
        self.certificates.get(position)?.as_ref()
    }

    /// Whether the leaf names itself as its issuer and is not an anchor (an anchor may have the
    /// same name).
    fn leaf_is_its_own_issuer_and_no_anchor(&self, anchors: &AnchorSet) -> bool {
        let is_anchor = |key| {
            let same_key = |anchor: &Anchor| {
                Certificate::from_der(anchor.certificate())
                    .is_ok_and(|anchor| anchor.subject_public_key_info() == key)
            };
            anchors.anchors().iter().any(same_key)
        };
        self.leaf()
            .is_some_and(|leaf| leaf.is_self_issued() && !is_anchor(leaf.subject_public_key_info()))
    }

    /// Follows the issuers through the presented certificates to the end of the trail.
    fn unknown_issuer(&self, anchors: &AnchorSet) -> (Reason, Option<Subject>) {
        let counts = anchors.counts().clone();
        if self.leaf().is_some_and(Certificate::is_self_issued) {
            return (Reason::SelfSigned { anchors: counts }, self.subject(0));
        }
        let trail = self.trail();
        let issuer = trail
            .last()
            .and_then(|position| self.certificates[*position].as_ref());
        let reason = Reason::UnknownIssuer {
            issuer: issuer.map_or_else(
                || "(unreadable)".to_owned(),
                |last| name_text(last.issuer()),
            ),
            presented: self.certificates.len(),
            anchors: counts,
        };
        (
            reason,
            trail.last().and_then(|position| self.subject(*position)),
        )
    }

    /// The positions from the leaf to the last certificate whose issuer was not presented.
    fn trail(&self) -> Vec<usize> {
        let mut trail = vec![0];
        let mut current = self.leaf();
        while let Some(certificate) = current {
            let next = self.position(|candidate| candidate.subject() == certificate.issuer());
            match next {
                Some(next) if !trail.contains(&next) => {
                    trail.push(next);
                    current = self.certificates[next].as_ref();
                }
                _ => break,
            }
        }
        trail
    }

    /// An issuer whose key is too short for the provider. webpki reports it as a signature that
    /// does not verify.
    fn weak_issuer(&self, anchors: &AnchorSet) -> Option<(Reason, Option<Subject>)> {
        let weak = |certificate: &Certificate<'_>| {
            certificate
                .public_key()
                .rsa_bits
                .filter(|bits| *bits < MIN_RSA_BITS)
        };
        let position = self
            .certificates
            .iter()
            .skip(1)
            .position(|c| c.as_ref().and_then(weak).is_some());
        if let Some(position) = position.map(|position| position + 1) {
            let bits = self.certificates[position].as_ref().and_then(weak)?;
            return Some((Reason::WeakKey { bits }, self.subject(position)));
        }
        self.issuing_anchors(anchors).find_map(|anchor| {
            let bits = weak(&anchor)?;
            Some((
                Reason::WeakKey { bits },
                Some(Subject {
                    position: self.certificates.len(),
                    name: name_text(anchor.subject()),
                }),
            ))
        })
    }

    fn unsupported(
        &self,
        anchors: &AnchorSet,
        unverified: Option<usize>,
    ) -> (Reason, Option<Subject>) {
        let weak = self
            .position(|certificate| weak_signature(certificate.signature_algorithm()).is_some());
        if let Some(position) = weak {
            let algorithm = self.certificates[position]
                .as_ref()
                .and_then(|certificate| weak_signature(certificate.signature_algorithm()))
                .unwrap_or("an unknown algorithm");
            return (
                Reason::WeakSignature {
                    algorithm: algorithm.to_owned(),
                },
                self.subject(position),
            );
        }
        let forbidden =
            self.position(|certificate| forbidden_kind(&certificate.public_key()).is_some());
        let kind = match forbidden {
            Some(position) => self.certificates[position]
                .as_ref()
                .and_then(|c| forbidden_kind(&c.public_key())),
            None => self
                .issuing_anchors(anchors)
                .find_map(|anchor| forbidden_kind(&anchor.public_key())),
        };
        if let Some(kind) = kind {
            return (
                Reason::UnsupportedKey {
                    kind: kind.to_owned(),
                },
                forbidden.and_then(|at| self.subject(at)),
            );
        }
        let algorithm = self
            .certificate(unverified.unwrap_or(0))
            .map_or_else(String::new, |certificate| {
                algorithm_text(&certificate.signature_algorithm().to_string())
            });
        (
            Reason::UnsupportedSignature { algorithm },
            unverified.and_then(|position| self.subject(position)),
        )
    }

    /// The anchors that a presented certificate names as its issuer.
    fn issuing_anchors<'b>(
        &'b self,
        anchors: &'b AnchorSet,
    ) -> impl Iterator<Item = Certificate<'b>> {
        anchors
            .anchors()
            .iter()
            .filter_map(|anchor| Certificate::from_der(anchor.certificate()).ok())
            .filter(|anchor| {
                self.position(|certificate| certificate.issuer() == anchor.subject())
                    .is_some()
            })
    }
}

fn lacks_subject_alt_name(leaf: &[u8]) -> bool {
    Certificate::from_der(leaf).is_ok_and(|leaf| !leaf.has_subject_alt_name())
}

impl Presented<'_> {
    /// The first certificate that is not for server authentication. It is read here because webpki
    /// misprints an object identifier with large arcs.
    fn with_wrong_purpose(
        &self,
        context: &webpki::RequiredEkuNotFoundContext,
    ) -> (Reason, Option<Subject>) {
        let leaf = self.leaf().and_then(purposes_without_server_auth);
        let wrong = |certificate: &Certificate<'_>| {
            let purposes = certificate.extended_key_usage().ok().flatten();
            let stands_for_servers =
                |purpose: &Oid<'_>| [ANY_PURPOSE, SERVER_AUTH].contains(purpose);
            purposes.is_some_and(|purposes| !purposes.iter().any(stands_for_servers))
        };
        let position = match leaf {
            Some(_) => Some(0),
            None => self.position(wrong),
        };
        let presented = position
            .and_then(|position| purposes_without_server_auth(self.certificate(position)?))
            .unwrap_or_else(|| {
                let arcs = context.present.iter();
                arcs.map(|arcs| purpose_text(&dotted(arcs))).collect()
            });
        let subject = position.and_then(|position| self.subject(position));
        (Reason::WrongPurpose { presented }, subject)
    }
}

const SERVER_AUTH: Oid<'static> = oid!("1.3.6.1.5.5.7.3.1");
const ANY_PURPOSE: Oid<'static> = oid!("2.5.29.37.0");

/// The purposes of a certificate that has an extended key usage without server authentication in
/// it.
pub(crate) fn purposes_without_server_auth(certificate: &Certificate<'_>) -> Option<Vec<String>> {
    let purposes = certificate.extended_key_usage().ok()??;
    if purposes.contains(&SERVER_AUTH) {
        return None;
    }
    Some(
        purposes
            .iter()
            .map(|purpose| purpose_text(&purpose.to_string()))
            .collect(),
    )
}

/// The name of a signature algorithm, given as a dotted object identifier; that identifier if it
/// has no name here.
fn algorithm_text(algorithm: &str) -> String {
    let name = match algorithm {
        "1.2.840.113549.1.1.10" => RSASSA_PSS,
        "1.2.840.113549.1.1.14" => "RSA with SHA-224",
        "1.2.840.10045.4.3.1" => "ECDSA with SHA-224",
        "1.2.840.10045.4.3.2" => "ECDSA with SHA-256",
        "1.2.840.10045.4.3.3" => "ECDSA with SHA-384",
        "1.2.840.10045.4.3.4" => "ECDSA with SHA-512",
        "1.3.101.113" => "Ed448",
        _ => algorithm,
    };
    name.to_owned()
}

fn dotted(arcs: &[usize]) -> String {
    arcs.iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(".")
}

/// The name of a purpose (RFC 5280, 4.2.1.12), given as a dotted object identifier; that identifier
/// if it has no name here.
fn purpose_text(purpose: &str) -> String {
    let name = match purpose.strip_prefix("1.3.6.1.5.5.7.3.") {
        Some("1") => "serverAuth",
        Some("2") => "clientAuth",
        Some("3") => "codeSigning",
        Some("4") => "emailProtection",
        Some("8") => "timeStamping",
        Some("9") => "OCSPSigning",
        _ => purpose,
    };
    name.to_owned()
}
