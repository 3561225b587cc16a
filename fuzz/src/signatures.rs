//! Crypto providers: ring as it is, and ring with every signature good.

use std::sync::{Arc, LazyLock};

use rustls::SignatureScheme;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, ring};
use rustls::pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm};

/// ring.
pub(crate) static VERIFYING: LazyLock<Arc<CryptoProvider>> =
    LazyLock::new(|| Arc::new(ring::default_provider()));

/// ring, with signatures that are good whatever they are.
pub(crate) static BELIEVING: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| {
    let provider = ring::default_provider();
    let real = provider.signature_verification_algorithms;
    let mapping = real
        .mapping
        .iter()
        .map(|(scheme, algorithms)| (*scheme, all_good(algorithms)));
    let mapping: Vec<(SignatureScheme, _)> = mapping.collect();
    Arc::new(CryptoProvider {
        signature_verification_algorithms: WebPkiSupportedAlgorithms {
            all: all_good(real.all),
            mapping: mapping.leak(),
        },
        ..provider
    })
});

/// An algorithm of which every signature is good.
#[derive(Debug)]
struct Good(&'static dyn SignatureVerificationAlgorithm);

impl SignatureVerificationAlgorithm for Good {
    fn verify_signature(&self, _: &[u8], _: &[u8], _: &[u8]) -> Result<(), InvalidSignature> {
        Ok(())
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.0.public_key_alg_id()
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.0.signature_alg_id()
    }
}

fn all_good(
    algorithms: &[&'static dyn SignatureVerificationAlgorithm],
) -> &'static [&'static dyn SignatureVerificationAlgorithm] {
    let good = algorithms.iter().map(|algorithm| {
        let good: &'static Good = Box::leak(Box::new(Good(*algorithm)));
        good as &'static dyn SignatureVerificationAlgorithm
    });
    good.collect::<Vec<_>>().leak()
}
