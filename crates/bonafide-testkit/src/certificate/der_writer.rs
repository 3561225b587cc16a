//! Writing DER by hand, for structures that no library writes wrongly on purpose.

use der::Encode as _;
use der::asn1::{GeneralizedTime, Int, ObjectIdentifier, UtcTime};
use rcgen::SigningKey as _;

use super::key::{KeyKind, TestKey};
use super::moment::Moment;

pub(super) const BOOLEAN_TRUE: &[u8] = &[0x01, 0x01, 0xff];
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const ENUMERATED: u8 = 0x0a;
pub(super) const BIT_STRING: u8 = 0x03;
const SEQUENCE: u8 = 0x30;

/// `ecdsa-with-SHA256` and `ecdsa-with-SHA384`, RFC 5758 section 3.2.
const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
/// `id-Ed25519`, RFC 8410 section 3.
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
/// `sha256WithRSAEncryption`, RFC 4055 section 5.
const RSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const NULL: &[u8] = &[0x05, 0x00];

/// One element: tag, length, content.
pub(super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match u8::try_from(content.len()) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let length = content.len().to_be_bytes();
            let digits: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
            out.push(0x80 | u8::try_from(digits.len()).expect("a length has at most 8 digits"));
            out.extend(digits);
        }
    }
    out.extend_from_slice(content);
    out
}

pub(super) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(SEQUENCE, &parts.concat())
}

/// An element of the context's own tag `number` that contains others.
pub(super) fn tagged(number: u8, content: &[u8]) -> Vec<u8> {
    element(0xa0 | number, content)
}

/// An element of the context's own tag `number` that contains no others.
pub(super) fn tagged_primitive(number: u8, content: &[u8]) -> Vec<u8> {
    element(0x80 | number, content)
}

pub(super) fn oid(id: ObjectIdentifier) -> Vec<u8> {
    id.to_der().expect("an OID encodes")
}

/// A positive INTEGER of these big-endian bytes.
pub(super) fn integer(bytes: &[u8]) -> Vec<u8> {
    let mut content: Vec<u8> = bytes
        .iter()
        .copied()
        .skip_while(|byte| *byte == 0)
        .collect();
    if content.first().is_none_or(|first| first & 0x80 != 0) {
        content.insert(0, 0);
    }
    Int::new(&content)
        .and_then(|integer| integer.to_der())
        .expect("an integer encodes")
}

/// A Time as RFC 5280 wants it: UTCTime up to 2049.
pub(super) fn time(moment: Moment) -> Vec<u8> {
    let since_epoch = std::time::Duration::from_secs(moment.as_unix_time().as_secs());
    match UtcTime::from_unix_duration(since_epoch) {
        Ok(time) => time.to_der().expect("a time encodes"),
        Err(_) => generalized_time(moment),
    }
}

pub(super) fn generalized_time(moment: Moment) -> Vec<u8> {
    let since_epoch = std::time::Duration::from_secs(moment.as_unix_time().as_secs());
    GeneralizedTime::from_unix_duration(since_epoch)
        .and_then(|time| time.to_der())
        .expect("a time before the year 10000 encodes")
}

pub(super) fn extension(id: ObjectIdentifier, critical: bool, value: &[u8]) -> Vec<u8> {
    let value = element(OCTET_STRING, value);
    if critical {
        sequence(&[&oid(id), BOOLEAN_TRUE, &value])
    } else {
        sequence(&[&oid(id), &value])
    }
}

/// The AlgorithmIdentifier of what `key` signs.
pub(super) fn signature_algorithm(key: &TestKey) -> Vec<u8> {
    match key.kind() {
        KeyKind::EcdsaP256 => sequence(&[&oid(ECDSA_SHA256)]),
        KeyKind::EcdsaP384 => sequence(&[&oid(ECDSA_SHA384)]),
        KeyKind::Ed25519 => sequence(&[&oid(ED25519)]),
        _ => {
            assert!(key.is_rsa(), "{:?} does not sign lists", key.kind());
            sequence(&[&oid(RSA_SHA256), NULL])
        }
    }
}

/// The signature of `key` as a BIT STRING, with its last bit turned over where it shall be wrong.
pub(super) fn signature(key: &TestKey, message: &[u8], right: bool) -> Vec<u8> {
    let mut signature = vec![0];
    signature.extend(key.sign(message).expect("a key made here signs"));
    if let (false, Some(last)) = (right, signature.last_mut()) {
        *last ^= 1;
    }
    element(BIT_STRING, &signature)
}
