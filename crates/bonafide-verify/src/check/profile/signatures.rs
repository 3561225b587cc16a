//! Rules on the algorithms of signatures.

use rustls_pki_types::{AlgorithmIdentifier, alg_id};

use super::rule::{Rule, Scope};
use super::subject::Subject;
use crate::check::CheckContext;
use crate::code::Code;
use crate::verdict::refusal::reason::Reason;
use crate::x509::certificate::{Oid, oid};

const WEAK: &[(Oid<'static>, &str)] = &[
    (oid!("1.2.840.113549.1.1.2"), "MD2 with RSA"),
    (oid!("1.2.840.113549.1.1.4"), "MD5 with RSA"),
    (oid!("1.2.840.113549.1.1.5"), "SHA-1 with RSA"),
    (oid!("1.3.14.3.2.29"), "SHA-1 with RSA"),
    (oid!("1.2.840.10040.4.3"), "SHA-1 with DSA"),
    (oid!("1.2.840.10045.4.1"), "SHA-1 with ECDSA"),
];

/// The algorithms of CA/B BR 7.1.3.2.1 and 7.1.3.2.2, which require exactly these encodings.
const ALLOWED: [AlgorithmIdentifier; 9] = [
    alg_id::ECDSA_SHA256,
    alg_id::ECDSA_SHA384,
    alg_id::ECDSA_SHA512,
    alg_id::RSA_PKCS1_SHA256,
    alg_id::RSA_PKCS1_SHA384,
    alg_id::RSA_PKCS1_SHA512,
    alg_id::RSA_PSS_SHA256,
    alg_id::RSA_PSS_SHA384,
    alg_id::RSA_PSS_SHA512,
];

/// An anchor's signature is over itself, and no verification relies on it.
pub(super) static NO_MD5_OR_SHA1: Rule = Rule::certificate(
    Code::WeakSignature,
    "CA/B BR 7.1.3.2",
    "no signature below the anchor is by MD5 or SHA-1",
    Scope::Presented,
    no_md5_or_sha1,
);

pub(super) static ALLOWED_ALGORITHM: Rule = Rule::certificate(
    Code::SignatureAlgorithm,
    "CA/B BR 7.1.3.2",
    "signatures below the anchor are by RSA or ECDSA with SHA-256, SHA-384 or SHA-512",
    Scope::Presented,
    allowed_algorithm,
);

/// The name of the signature algorithm, if it is too weak to rely on.
pub(crate) fn weak_signature(algorithm: Oid<'_>) -> Option<&'static str> {
    WEAK.iter()
        .find(|(weak, _)| *weak == algorithm)
        .map(|(_, name)| *name)
}

fn no_md5_or_sha1(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    match weak_signature(subject.certificate.signature_algorithm()) {
        Some(algorithm) => Err(Reason::WeakSignature {
            algorithm: algorithm.to_owned(),
        }),
        None => Ok(()),
    }
}

fn allowed_algorithm(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    let identifier = subject.certificate.signature_algorithm_identifier();
    if ALLOWED.iter().any(|allowed| allowed.as_ref() == identifier) {
        return Ok(());
    }
    let algorithm = subject.certificate.signature_algorithm();
    Err(ALLOWED_ALGORITHM.found(format!(
        "a signature by {algorithm} or with other parameters"
    )))
}
