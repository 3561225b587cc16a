//! DER by hand, for the contents of extensions.

pub(crate) const BASIC_CONSTRAINTS: &str = "2.5.29.19";
pub(crate) const KEY_USAGE: &str = "2.5.29.15";
pub(crate) const PURPOSES: &str = "2.5.29.37";
pub(crate) const SAN: &str = "2.5.29.17";
pub(crate) const SUBJECT_KEY_ID: &str = "2.5.29.14";
pub(crate) const AUTHORITY_KEY_ID: &str = "2.5.29.35";
pub(crate) const NAME_CONSTRAINTS: &str = "2.5.29.30";
pub(crate) const POLICIES: &str = "2.5.29.32";
pub(crate) const POLICY_MAPPINGS: &str = "2.5.29.33";
pub(crate) const POLICY_CONSTRAINTS: &str = "2.5.29.36";
pub(crate) const INHIBIT_ANY_POLICY: &str = "2.5.29.54";
pub(crate) const CRL_POINTS: &str = "2.5.29.31";
pub(crate) const AUTHORITY_INFO: &str = "1.3.6.1.5.5.7.1.1";

pub(crate) const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";
pub(crate) const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";
pub(crate) const CODE_SIGNING: &str = "1.3.6.1.5.5.7.3.3";
pub(crate) const ANY_PURPOSE: &str = "2.5.29.37.0";
pub(crate) const DOMAIN_VALIDATED: &str = "2.23.140.1.2.1";
pub(crate) const ANY_POLICY: &str = "2.5.29.32.0";

/// Bits of a key usage, as RFC 5280, 4.2.1.3 numbers them.
pub(crate) const DIGITAL_SIGNATURE: u8 = 0;
pub(crate) const NON_REPUDIATION: u8 = 1;
pub(crate) const KEY_ENCIPHERMENT: u8 = 2;
pub(crate) const KEY_AGREEMENT: u8 = 4;
pub(crate) const KEY_CERT_SIGN: u8 = 5;
pub(crate) const CRL_SIGN: u8 = 6;

pub(crate) fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut der = vec![tag];
    match content.len() {
        short @ 0..=127 => der.push(u8::try_from(short).unwrap()),
        middle @ 128..=255 => der.extend([0x81, u8::try_from(middle).unwrap()]),
        long => {
            der.push(0x82);
            der.extend_from_slice(&u16::try_from(long).unwrap().to_be_bytes());
        }
    }
    der.extend_from_slice(content);
    der
}

pub(crate) fn sequence(elements: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &elements.concat())
}

pub(crate) fn oid(dotted: &str) -> Vec<u8> {
    use der::Encode as _;
    let id: der::asn1::ObjectIdentifier = dotted.parse().unwrap();
    id.to_der().unwrap()
}

pub(crate) fn oids(dotted: &[&str]) -> Vec<u8> {
    sequence(&dotted.iter().map(|id| oid(id)).collect::<Vec<_>>())
}

/// A name of attributes `(type, text)`.
pub(crate) fn name(attributes: &[(&str, &str)]) -> Vec<u8> {
    let sets = attributes.iter().map(|(kind, text)| {
        let attribute = sequence(&[oid(kind), tlv(0x0c, text.as_bytes())]);
        tlv(0x31, &attribute)
    });
    sequence(&sets.collect::<Vec<_>>())
}

pub(crate) fn common_name(text: &str) -> Vec<u8> {
    name(&[("2.5.4.3", text)])
}

pub(crate) fn key_usage(bits: &[u8]) -> Vec<u8> {
    let mut octets = [0_u8; 2];
    for bit in bits {
        octets[usize::from(bit / 8)] |= 0x80 >> (bit % 8);
    }
    let used = if octets[1] != 0 {
        2
    } else {
        usize::from(octets[0] != 0)
    };
    let unused = octets[..used]
        .last()
        .map_or(0, |last| u8::try_from(last.trailing_zeros()).unwrap());
    tlv(0x03, &[&[unused], &octets[..used]].concat())
}

pub(crate) fn dns(name: &str) -> Vec<u8> {
    tlv(0x82, name.as_bytes())
}

pub(crate) fn ip(octets: &[u8]) -> Vec<u8> {
    tlv(0x87, octets)
}

pub(crate) fn uri(uri: &str) -> Vec<u8> {
    tlv(0x86, uri.as_bytes())
}

pub(crate) fn policies(dotted: &[&str]) -> Vec<u8> {
    sequence(&dotted.iter().map(|id| oids(&[id])).collect::<Vec<_>>())
}

/// A list of one distribution point.
pub(crate) fn crl_points(location: &str) -> Vec<u8> {
    let full_name = tlv(0xa0, &uri(location));
    sequence(&[sequence(&[tlv(0xa0, &full_name)])])
}

/// An OCSP responder.
pub(crate) fn authority_info(location: &str) -> Vec<u8> {
    sequence(&[sequence(&[oid("1.3.6.1.5.5.7.48.1"), uri(location)])])
}

/// Permitted subtrees.
pub(crate) fn permitted(bases: &[Vec<u8>]) -> Vec<u8> {
    let subtrees = bases
        .iter()
        .map(|base| sequence(std::slice::from_ref(base)));
    sequence(&[tlv(0xa0, &subtrees.collect::<Vec<_>>().concat())])
}

/// A validity period of two `UTCTime`s.
pub(crate) fn utc(not_before: &str, not_after: &str) -> Vec<u8> {
    sequence(&[
        tlv(0x17, not_before.as_bytes()),
        tlv(0x17, not_after.as_bytes()),
    ])
}

pub(crate) fn rsa_key(modulus_bits: usize, exponent: u8) -> Vec<u8> {
    let mut modulus = vec![0_u8; modulus_bits.div_ceil(8) + 1];
    modulus[1..].fill(0x5a);
    let excess = modulus_bits.div_ceil(8) * 8 - modulus_bits;
    modulus[1] = 0xff >> excess;
    if modulus[1] & 0x80 == 0 {
        modulus.remove(0);
    }
    let key = sequence(&[tlv(0x02, &modulus), tlv(0x02, &[exponent])]);
    let algorithm = sequence(&[oid("1.2.840.113549.1.1.1"), vec![0x05, 0x00]]);
    spki(&algorithm, &key)
}

/// A key on a curve: an identifier or whatever stands in its place.
pub(crate) fn curve_key(curve: &[u8]) -> Vec<u8> {
    let algorithm = sequence(&[oid("1.2.840.10045.2.1"), curve.to_vec()]);
    spki(&algorithm, &[4; 49])
}

pub(crate) fn ed25519_key() -> Vec<u8> {
    spki(&oids(&["1.3.101.112"]), &[7; 32])
}

fn spki(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    sequence(&[algorithm.to_vec(), tlv(0x03, &[&[0], key].concat())])
}
