//! Rules on public keys.

use der::asn1::ObjectIdentifier;

use super::Subject;
use crate::certificate::PublicKey;
use crate::check::CheckContext;
use crate::reason::Reason;

/// CA/B BR 6.1.5: the modulus of an RSA key has at least 2048 bits.
pub(crate) const MIN_RSA_BITS: usize = 2048;

const DSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10040.4.1");
const P192: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.1");

/// The name of a kind of key that is not allowed anywhere on a path, if `key` is one.
pub(crate) fn forbidden_kind(key: &PublicKey<'_>) -> Option<&'static str> {
    if key.algorithm == DSA {
        Some("DSA")
    } else if key.curve == Some(P192) {
        Some("ECDSA on P-192")
    } else {
        None
    }
}

/// No key on the path is a DSA key or on the curve P-192.
///
/// CA/B BR 6.1.5 lists the kinds that are allowed; these two are what private CAs still hold from before.
pub(super) fn allowed_algorithm(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    match forbidden_kind(&subject.certificate.public_key()) {
        Some(kind) => Err(Reason::UnsupportedKey {
            kind: kind.to_owned(),
        }),
        None => Ok(()),
    }
}

/// RSA moduli have at least 2048 bits and a size that is a multiple of 8.
///
/// CA/B BR 6.1.5.
pub(super) fn rsa_modulus_size(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    match subject.certificate.public_key().rsa_bits {
        Some(bits) if bits < MIN_RSA_BITS || bits % 8 != 0 => Err(Reason::WeakKey { bits }),
        _ => Ok(()),
    }
}
