//! Rules on the algorithms of signatures.

use der::asn1::ObjectIdentifier;

use super::{Place, Subject};
use crate::check::CheckContext;
use crate::reason::Reason;

const WEAK: &[(ObjectIdentifier, &str)] = &[
    (
        ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.2"),
        "MD2 with RSA",
    ),
    (
        ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.4"),
        "MD5 with RSA",
    ),
    (
        ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.5"),
        "SHA-1 with RSA",
    ),
    (
        ObjectIdentifier::new_unwrap("1.3.14.3.2.29"),
        "SHA-1 with RSA",
    ),
    (
        ObjectIdentifier::new_unwrap("1.2.840.10040.4.3"),
        "SHA-1 with DSA",
    ),
    (
        ObjectIdentifier::new_unwrap("1.2.840.10045.4.1"),
        "SHA-1 with ECDSA",
    ),
];

/// The name of a signature algorithm that nobody should rely on any more, if `algorithm` is one.
pub(crate) fn weak_signature(algorithm: ObjectIdentifier) -> Option<&'static str> {
    WEAK.iter()
        .find(|(weak, _)| *weak == algorithm)
        .map(|(_, name)| *name)
}

/// No signature on the path is by MD5 or SHA-1, but for an anchor's on itself, which nobody relies on.
///
/// CA/B BR 7.1.3.2.
pub(super) fn no_md5_or_sha1(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    if subject.place == Place::Anchor {
        return Ok(());
    }
    match weak_signature(subject.certificate.signature_algorithm()) {
        Some(algorithm) => Err(Reason::WeakSignature {
            algorithm: algorithm.to_owned(),
        }),
        None => Ok(()),
    }
}
