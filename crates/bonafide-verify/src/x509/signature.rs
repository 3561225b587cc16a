//! Signatures of revocation lists, OCSP responses and signed certificate timestamps.

use der::asn1::AnyRef;
use der::{Decode as _, Reader as _, SliceReader, Tag, Tagged as _};
use rustls_pki_types::SignatureVerificationAlgorithm;

use crate::x509::certificate::octets_of_bits;

/// Why a signature does not verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignatureFault {
    /// The crypto provider does not support this algorithm, or not with a key of this kind.
    Unsupported,
    /// It is not a signature of these bytes with this key.
    Bad,
}

/// A signed structure: the first three fields of certificates, revocation lists and OCSP responses
/// (RFC 5280, 4.1.1).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signed<'a> {
    /// The whole encoding of the signed content.
    pub(crate) message: &'a [u8],
    /// The content of the `AlgorithmIdentifier`.
    pub(crate) algorithm: &'a [u8],
    /// The signature, which consists of whole bytes.
    pub(crate) signature: &'a [u8],
}

impl<'a> Signed<'a> {
    /// Reads the three fields.
    pub(crate) fn read(reader: &mut SliceReader<'a>) -> Result<Self, der::Error> {
        let message = reader.tlv_bytes()?;
        let algorithm = AnyRef::decode(reader)?;
        algorithm.tag().assert_eq(Tag::Sequence)?;
        Ok(Self {
            message,
            algorithm: algorithm.value(),
            signature: octets_of_bits(AnyRef::decode(reader)?)?,
        })
    }

    /// Verifies the signature with the key of `spki`.
    pub(crate) fn verify(
        &self,
        algorithms: &[&dyn SignatureVerificationAlgorithm],
        spki: &[u8],
    ) -> Result<(), SignatureFault> {
        verify_signed(
            algorithms,
            spki,
            self.algorithm,
            self.message,
            self.signature,
        )
    }
}

/// Verifies a signature of `message` with the key of `spki`, a whole SubjectPublicKeyInfo.
///
/// `algorithm` is the content of the signature's `AlgorithmIdentifier`, without its tag and length.
pub(crate) fn verify_signed(
    algorithms: &[&dyn SignatureVerificationAlgorithm],
    spki: &[u8],
    algorithm: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureFault> {
    let (key_algorithm, key) = parts(spki).map_err(|_| SignatureFault::Unsupported)?;
    let fitting = algorithms.iter().find(|candidate| {
        candidate.signature_alg_id().as_ref() == algorithm
            && candidate.public_key_alg_id().as_ref() == key_algorithm
    });
    fitting
        .ok_or(SignatureFault::Unsupported)?
        .verify_signature(key, message, signature)
        .map_err(|_| SignatureFault::Bad)
}

/// The content of the algorithm and the key of a SubjectPublicKeyInfo.
fn parts(spki: &[u8]) -> Result<(&[u8], &[u8]), der::Error> {
    let info = AnyRef::from_der(spki)?;
    info.tag().assert_eq(Tag::Sequence)?;
    let mut info = SliceReader::new(info.value())?;
    let algorithm = AnyRef::decode(&mut info)?;
    algorithm.tag().assert_eq(Tag::Sequence)?;
    let key = octets_of_bits(AnyRef::decode(&mut info)?)?;
    info.finish()?;
    Ok((algorithm.value(), key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::certificate::Certificate;
    use bonafide_testkit::TestCa;

    /// Content of the AlgorithmIdentifier of ecdsa-with-SHA256 (RFC 5758, 3.2).
    const ECDSA_SHA256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
    /// The same of ecdsa-with-SHA224, which no provider verifies.
    const ECDSA_SHA224: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x01];

    /// The signed bytes and the signature of a self-signed certificate.
    fn signed(certificate: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let outer = AnyRef::from_der(certificate).unwrap();
        let mut outer = SliceReader::new(outer.value()).unwrap();
        let message = outer.tlv_bytes().unwrap().to_vec();
        outer.tlv_bytes().unwrap();
        let signature = octets_of_bits(AnyRef::decode(&mut outer).unwrap()).unwrap();
        (message, signature.to_vec())
    }

    #[test]
    fn a_signature_is_of_one_key_one_algorithm_and_one_message() {
        let provider = crate::config::provider::Provider::built_in().unwrap();
        let algorithms = provider.signature_algorithms().all;
        let (ca, other) = (TestCa::new(), TestCa::new());
        let spki = |ca: &TestCa| {
            Certificate::from_der(ca.certificate())
                .unwrap()
                .subject_public_key_info()
                .to_vec()
        };
        let (message, signature) = signed(ca.certificate());
        let verify = |spki: &[u8], algorithm, message: &[u8]| {
            verify_signed(algorithms, spki, algorithm, message, &signature)
        };
        assert_eq!(verify(&spki(&ca), ECDSA_SHA256, &message), Ok(()));
        assert_eq!(
            verify(&spki(&other), ECDSA_SHA256, &message),
            Err(SignatureFault::Bad)
        );
        assert_eq!(
            verify(&spki(&ca), ECDSA_SHA256, &message[1..]),
            Err(SignatureFault::Bad)
        );
        assert_eq!(
            verify(&spki(&ca), ECDSA_SHA224, &message),
            Err(SignatureFault::Unsupported)
        );
        assert_eq!(
            verify(b"", ECDSA_SHA256, &message),
            Err(SignatureFault::Unsupported)
        );
    }
}
