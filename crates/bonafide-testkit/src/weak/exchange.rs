//! The server's part of a key exchange. The secret is never computed: what is on trial is whether
//! the client begins to.

use std::sync::Arc;

use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use p256::pkcs8::DecodePrivateKey as _;
use rustls::SignatureScheme;
use rustls::sign::CertifiedKey;
use sha1::{Digest as _, Sha1};

use super::hello::Hello;
use super::message::{vector8, vector16};
use super::weakness::{Choice, Exchange, TLS12};
use crate::certificate::{Identity, dh2048_prime};

/// `named_curve` and `secp256r1`, RFC 8422 section 5.4.
const NAMED_CURVE_P256: [u8; 3] = [3, 0, 23];

/// A group for Diffie-Hellman.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    /// The modulus 2^bits - 1, which is not prime: no client looks, its size is on trial.
    Bits(u16),
    /// RFC 7919 appendix A.1.
    Ffdhe2048,
    /// With y = 2^1024, the modulus y^2 + y + 1 and the generator y: its third power is 1.
    OfThree,
}

impl Group {
    /// Modulus, generator and public value, big endian.
    fn numbers(self) -> [Vec<u8>; 3] {
        match self {
            Self::Bits(bits) => {
                let bytes = usize::from(bits / 8);
                [vec![0xff; bytes], vec![2], vec![0x5a; bytes]]
            }
            Self::Ffdhe2048 => [dh2048_prime(), vec![2], vec![0x5a; 256]],
            Self::OfThree => {
                let mut y = vec![0; 129];
                y[0] = 1;
                let mut modulus = vec![0; 257];
                for byte in [0, 128, 256] {
                    modulus[byte] = 1;
                }
                [modulus, y.clone(), y]
            }
        }
    }
}

/// The body of a ServerKeyExchange, where the exchange has one (RFC 5246 section 7.4.3,
/// RFC 8422 section 5.4).
pub(super) fn server_key_exchange(
    choice: Choice,
    identity: &Identity,
    hello: &Hello,
    server_random: &[u8; 32],
) -> Option<Vec<u8>> {
    let mut body = parameters(choice.exchange)?;
    if choice.exchange == Exchange::AnonymousEcdh {
        return Some(body);
    }
    let signed = [&hello.random[..], server_random, &body].concat();
    if choice.version == TLS12 {
        let (scheme, mut signature) = sign(&identity.certified_key(), &hello.schemes, &signed);
        if let (Exchange::EcdheForged, Some(last)) = (choice.exchange, signature.last_mut()) {
            *last ^= 1;
        }
        body.extend(u16::from(scheme).to_be_bytes());
        vector16(&mut body, &signature);
    } else {
        vector16(&mut body, &sign_sha1(identity, &signed));
    }
    Some(body)
}

fn parameters(exchange: Exchange) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    match exchange {
        Exchange::Rsa => return None,
        Exchange::Dhe(group) => {
            for number in group.numbers() {
                vector16(&mut body, &number);
            }
        }
        Exchange::Ecdhe | Exchange::EcdheForged | Exchange::AnonymousEcdh => {
            body.extend(NAMED_CURVE_P256);
            vector8(&mut body, &point());
        }
    }
    Some(body)
}

/// A point of P-256: the generator, whose secret is 1.
fn point() -> Vec<u8> {
    let mut one = [0; 32];
    one[31] = 1;
    let secret = p256::SecretKey::from_slice(&one).expect("1 is a secret of P-256");
    secret.public_key().to_sec1_bytes().to_vec()
}

fn sign(
    key: &Arc<CertifiedKey>,
    offered: &[SignatureScheme],
    message: &[u8],
) -> (SignatureScheme, Vec<u8>) {
    // A client that offers nothing that fits is refused by honest servers; here it gets
    // something, as with the suites.
    let signer = key
        .key
        .choose_scheme(offered)
        .or_else(|| key.key.choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256]))
        .expect("an RSA key signs over SHA-256");
    let signature = signer
        .sign(message)
        .expect("a key that was made here can sign");
    (signer.scheme(), signature)
}

/// ECDSA as TLS 1.0 and 1.1 have it (RFC 8422 section 5.4).
fn sign_sha1(identity: &Identity, message: &[u8]) -> Vec<u8> {
    let key = p256::ecdsa::SigningKey::from_pkcs8_der(identity.key().secret_der())
        .expect("these versions are served with a P-256 key");
    let signature: p256::ecdsa::DerSignature = key
        .sign_prehash(&Sha1::digest(message))
        .expect("P-256 signs a digest of 20 bytes");
    signature.as_bytes().to_vec()
}
