//! 1024-bit RSA, which neither aws-lc-rs nor ring will touch: a key that signs
//! certificates and handshakes all the same, so that clients can be seen to refuse it.

use std::fmt;
use std::sync::{Arc, OnceLock};

use getrandom::SysRng;
use rsa::PrivateKey;
use rsa::pkcs1::EncodeRsaPublicKey as _;
use rsa::pkcs8::EncodePrivateKey as _;
use rsa::signature::{SignatureEncoding as _, Signer as _};
use rustls::sign::{Signer, SigningKey};
use rustls::{SignatureAlgorithm, SignatureScheme};
use sha2::{Sha256, Sha384, Sha512};

/// A 1024-bit RSA key. Every one in a process is the same key: generating one takes half
/// a second in a debug build, and a key this weak is no secret anyway.
#[derive(Clone)]
pub(crate) struct WeakRsaKey(Arc<Encodings>);

struct Encodings {
    key: PrivateKey,
    pkcs8: Vec<u8>,
    public_pkcs1: Vec<u8>,
}

impl WeakRsaKey {
    pub(crate) fn generate() -> Self {
        static ONE_A_PROCESS: OnceLock<WeakRsaKey> = OnceLock::new();
        ONE_A_PROCESS
            .get_or_init(|| {
                let key = PrivateKey::new(&mut SysRng, 1024)
                    .expect("the operating system gives random numbers");
                let pkcs8 = key.to_pkcs8_der().expect("an RSA key has a PKCS#8 form");
                let public = key
                    .as_public_key()
                    .to_pkcs1_der()
                    .expect("an RSA key has a PKCS#1 form");
                Self(Arc::new(Encodings {
                    pkcs8: pkcs8.as_bytes().to_vec(),
                    public_pkcs1: public.as_bytes().to_vec(),
                    key,
                }))
            })
            .clone()
    }

    pub(crate) fn pkcs8_der(&self) -> &[u8] {
        &self.0.pkcs8
    }

    pub(crate) fn public_key_pkcs1(&self) -> &[u8] {
        &self.0.public_pkcs1
    }

    pub(crate) fn sign_pkcs1_sha256(&self, message: &[u8]) -> Vec<u8> {
        rsa::pkcs1v15::SigningKey::<Sha256>::new(self.0.key.clone())
            .sign(message)
            .to_vec()
    }
}

impl fmt::Debug for WeakRsaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WeakRsaKey")
    }
}

/// The schemes that fit into 1024 bits, best first. PSS with SHA-512 does not: it
/// needs 130 bytes of 128.
const SCHEMES: [SignatureScheme; 5] = [
    SignatureScheme::RSA_PSS_SHA384,
    SignatureScheme::RSA_PSS_SHA256,
    SignatureScheme::RSA_PKCS1_SHA512,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA256,
];

impl SigningKey for WeakRsaKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let scheme = SCHEMES
            .into_iter()
            .find(|scheme| offered.contains(scheme))?;
        Some(Box::new(WeakRsaSigner {
            key: self.clone(),
            scheme,
        }))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::RSA
    }
}

#[derive(Debug)]
struct WeakRsaSigner {
    key: WeakRsaKey,
    scheme: SignatureScheme,
}

impl Signer for WeakRsaSigner {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        let key = self.key.0.key.clone();
        Ok(match self.scheme {
            SignatureScheme::RSA_PSS_SHA384 => rsa::pss::SigningKey::<Sha384>::new(key)
                .sign(message)
                .to_vec(),
            SignatureScheme::RSA_PSS_SHA256 => rsa::pss::SigningKey::<Sha256>::new(key)
                .sign(message)
                .to_vec(),
            SignatureScheme::RSA_PKCS1_SHA512 => rsa::pkcs1v15::SigningKey::<Sha512>::new(key)
                .sign(message)
                .to_vec(),
            SignatureScheme::RSA_PKCS1_SHA384 => rsa::pkcs1v15::SigningKey::<Sha384>::new(key)
                .sign(message)
                .to_vec(),
            _ => self.key.sign_pkcs1_sha256(message),
        })
    }

    fn scheme(&self) -> SignatureScheme {
        self.scheme
    }
}
