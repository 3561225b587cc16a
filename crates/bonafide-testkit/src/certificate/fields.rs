//! The fields of a certificate that lists and responses repeat.

use der::asn1::{Any, BitString};
use der::{Decode as _, Encode as _};

/// Fields of a certificate as they are encoded.
pub(super) struct Fields {
    /// The content of the serial number.
    pub(super) serial: Vec<u8>,
    /// The whole encoding of the subject's name.
    pub(super) subject: Vec<u8>,
    /// The content of `subjectPublicKey`, without its count of unused bits.
    pub(super) key: Vec<u8>,
}

impl Fields {
    pub(super) fn of(certificate: &[u8]) -> Self {
        let outer = Vec::<Any>::from_der(certificate).expect("a certificate is a sequence");
        let tbs: Vec<Any> = outer[0]
            .decode_as()
            .expect("a TBSCertificate is a sequence");
        // version, serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo: RFC
        // 5280 section 4.1.
        let info: Vec<Any> = tbs[6]
            .decode_as()
            .expect("a SubjectPublicKeyInfo is a sequence");
        let key: BitString = info[1].decode_as().expect("a key is a bit string");
        Self {
            serial: tbs[1].value().to_vec(),
            subject: tbs[5].to_der().expect("a name encodes"),
            key: key.raw_bytes().to_vec(),
        }
    }
}
