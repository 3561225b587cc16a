//! Rules on key usage.

use super::rule::{Rule, Scope};
use super::subject::Subject;
use crate::check::CheckContext;
use crate::code::Code;
use crate::verdict::refusal::reason::Reason;
use crate::x509::certificate::{KeyUsage, Known};

pub(super) static ISSUERS_SIGN: Rule = Rule::certificate(
    Code::NoCertSign,
    "RFC 5280, 4.2.1.3 and 6.1.4 (n); CA/B BR 7.1.2.10.7",
    "the key usage of an issuer, where it has one, allows it to sign certificates",
    Scope::Issuers,
    issuers_sign,
);

pub(super) static ONLY_CAS_SIGN: Rule = Rule::certificate(
    Code::CertSignWithoutCa,
    "RFC 5280, 4.2.1.9; CA/B BR 7.1.2.7.11",
    "a certificate that is not a CA certificate may not sign certificates",
    Scope::All,
    only_cas_sign,
);

pub(super) static NOT_EMPTY: Rule = Rule::certificate(
    Code::EmptyKeyUsage,
    "RFC 5280, 4.2.1.3",
    "a key usage extension has at least one bit set",
    Scope::All,
    not_empty,
);

pub(super) static LEAF_SIGNS_HANDSHAKES: Rule = Rule::certificate(
    Code::NoDigitalSignature,
    "RFC 8446, 4.4.2.2",
    "the key usage of the leaf, where it has one, allows digital signatures",
    Scope::Leaf,
    leaf_signs_handshakes,
);

pub(super) static LEAF_BITS: Rule = Rule::certificate(
    Code::LeafKeyUsage,
    "CA/B BR 7.1.2.7.11",
    "the key usage of a leaf has no bit that is not for servers with a key of its kind",
    Scope::Leaf,
    leaf_bits,
);

pub(super) static CA_BITS: Rule = Rule::certificate(
    Code::CaKeyUsage,
    "CA/B BR 7.1.2.10.7",
    "the key usage of a CA has only the bits for certificates, CRLs and digital signatures",
    Scope::Issuers,
    ca_bits,
);

pub(super) static CAS_HAVE_IT: Rule = Rule::certificate(
    Code::NoKeyUsage,
    "RFC 5280, 4.2.1.3; CA/B BR 7.1.2.1.2 and 7.1.2.6.1",
    "every CA certificate has a key usage extension",
    Scope::Issuers,
    cas_have_it,
);

fn issuers_sign(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    match subject.key_usage()? {
        Some(usage) if !usage.has(KeyUsage::KEY_CERT_SIGN) => {
            Err(ISSUERS_SIGN.found("an issuer whose key usage has no keyCertSign"))
        }
        _ => Ok(()),
    }
}

fn only_cas_sign(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    match subject.key_usage()? {
        Some(usage) if usage.has(KeyUsage::KEY_CERT_SIGN) && !subject.is_ca()? => {
            Err(ONLY_CAS_SIGN.found("keyCertSign in a certificate that is not a CA certificate"))
        }
        _ => Ok(()),
    }
}

fn not_empty(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    match subject.key_usage()? {
        Some(usage) if usage.is_empty() => Err(NOT_EMPTY.found("a key usage with no bit set")),
        _ => Ok(()),
    }
}

fn leaf_signs_handshakes(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    match subject.key_usage()? {
        Some(usage) if !usage.has(KeyUsage::DIGITAL_SIGNATURE) => {
            Err(LEAF_SIGNS_HANDSHAKES.found("a leaf whose key usage has no digitalSignature"))
        }
        _ => Ok(()),
    }
}

fn leaf_bits(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    let is_rsa = subject.certificate.public_key().rsa_bits.is_some();
    let allowed: &[KeyUsage] = if is_rsa {
        &[
            KeyUsage::DIGITAL_SIGNATURE,
            KeyUsage::KEY_ENCIPHERMENT,
            KeyUsage::DATA_ENCIPHERMENT,
        ]
    } else {
        &[KeyUsage::DIGITAL_SIGNATURE, KeyUsage::KEY_AGREEMENT]
    };
    only(&LEAF_BITS, subject, allowed)
}

fn ca_bits(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    let allowed = [
        KeyUsage::KEY_CERT_SIGN,
        KeyUsage::CRL_SIGN,
        KeyUsage::DIGITAL_SIGNATURE,
    ];
    only(&CA_BITS, subject, &allowed)
}

fn cas_have_it(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    if subject.has(Known::KeyUsage) {
        return Ok(());
    }
    Err(CAS_HAVE_IT.found("a CA without key usage"))
}

fn only(rule: &'static Rule, subject: &Subject<'_>, allowed: &[KeyUsage]) -> Result<(), Reason> {
    let Some(usage) = subject.key_usage()? else {
        return Ok(());
    };
    let excess = usage.names().find(|(bit, _)| !allowed.contains(bit));
    match excess {
        Some((_, name)) => Err(rule.found(format!("a key usage with {name}"))),
        None => Ok(()),
    }
}
