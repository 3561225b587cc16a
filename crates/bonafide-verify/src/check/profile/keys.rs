//! Rules on public keys.

use rustls_pki_types::{AlgorithmIdentifier, alg_id};

use super::rule::{Rule, Scope};
use super::subject::Subject;
use crate::check::CheckContext;
use crate::code::Code;
use crate::verdict::refusal::reason::Reason;
use crate::x509::certificate::{Oid, PublicKey, oid};

/// CA/B BR 6.1.5: the modulus of an RSA key has at least 2048 bits.
pub(crate) const MIN_RSA_BITS: usize = 2048;

const DSA: Oid<'static> = oid!("1.2.840.10040.4.1");
const P192: Oid<'static> = oid!("1.2.840.10045.3.1.1");
const EC_PUBLIC_KEY: Oid<'static> = oid!("1.2.840.10045.2.1");

/// The algorithms of CA/B BR 7.1.3.1.1 and 7.1.3.1.2, which require exactly these encodings.
const ALLOWED: [AlgorithmIdentifier; 4] = [
    alg_id::ECDSA_P256,
    alg_id::RSA_ENCRYPTION,
    alg_id::ECDSA_P384,
    alg_id::ECDSA_P521,
];

/// CA/B BR 6.1.5 lists the kinds that are allowed; private CAs still have old keys of these two
/// kinds.
pub(super) static NO_DSA_OR_P192: Rule = Rule::certificate(
    Code::UnsupportedKey,
    "CA/B BR 6.1.5",
    "no key of the path is a DSA key or on the curve P-192",
    Scope::All,
    no_dsa_or_p192,
);

pub(super) static RSA_MODULUS: Rule = Rule::certificate(
    Code::WeakKey,
    "CA/B BR 6.1.5",
    "RSA keys have at least 2048 bits, and a number of bits that 8 divides",
    Scope::All,
    rsa_modulus,
);

pub(super) static RSA_OR_NAMED_CURVE: Rule = Rule::certificate(
    Code::UnsupportedKey,
    "CA/B BR 7.1.3.1",
    "every key is an RSA key, or on one of the named curves P-256, P-384 and P-521",
    Scope::All,
    rsa_or_named_curve,
);

pub(super) static NAMED_CURVE: Rule = Rule::certificate(
    Code::UnsupportedKey,
    "RFC 5480, 2.1.1",
    "an elliptic-curve key names its curve, and does not list explicit parameters",
    Scope::All,
    named_curve,
);

pub(super) static RSA_EXPONENT: Rule = Rule::certificate(
    Code::RsaExponent,
    "CA/B BR 6.1.6",
    "the public exponent of an RSA key is odd and at least 3",
    Scope::All,
    rsa_exponent,
);

/// The name of the key's kind, if that kind is not allowed anywhere on a path.
pub(crate) fn forbidden_kind(key: &PublicKey<'_>) -> Option<&'static str> {
    if key.algorithm == DSA {
        Some("DSA")
    } else if key.curve == Some(P192) {
        Some("ECDSA on P-192")
    } else {
        None
    }
}

fn no_dsa_or_p192(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    match forbidden_kind(&subject.certificate.public_key()) {
        Some(kind) => Err(Reason::UnsupportedKey {
            kind: kind.to_owned(),
        }),
        None => Ok(()),
    }
}

fn rsa_modulus(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    match subject.certificate.public_key().rsa_bits {
        Some(bits) if bits < MIN_RSA_BITS || bits % 8 != 0 => Err(Reason::WeakKey { bits }),
        _ => Ok(()),
    }
}

fn rsa_or_named_curve(subject: &Subject<'_>, context: &CheckContext<'_>) -> Result<(), Reason> {
    let key = subject.certificate.public_key();
    let identifier = key.algorithm_identifier;
    if ALLOWED.iter().any(|allowed| allowed.as_ref() == identifier) {
        return Ok(());
    }
    no_dsa_or_p192(subject, context)?;
    let kind = match (key.algorithm, key.curve) {
        (EC_PUBLIC_KEY, Some(curve)) => format!("ECDSA on the curve {curve}"),
        (EC_PUBLIC_KEY, None) => "ECDSA on an unnamed curve".to_owned(),
        (algorithm, _) => format!("{algorithm} with these parameters"),
    };
    Err(Reason::UnsupportedKey { kind })
}

fn named_curve(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    let key = subject.certificate.public_key();
    if key.algorithm == EC_PUBLIC_KEY && key.curve.is_none() {
        return Err(Reason::UnsupportedKey {
            kind: "ECDSA on an unnamed curve".to_owned(),
        });
    }
    Ok(())
}

fn rsa_exponent(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    let Some(exponent) = subject.certificate.public_key().rsa_exponent else {
        return Ok(());
    };
    let significant = exponent.iter().position(|octet| *octet != 0);
    let significant = significant.map_or(&[][..], |start| &exponent[start..]);
    let is_odd = significant.last().is_some_and(|last| last & 1 == 1);
    if is_odd && significant != [1] {
        return Ok(());
    }
    Err(RSA_EXPONENT.found("a public exponent that is even or 1"))
}
