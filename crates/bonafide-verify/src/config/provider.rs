//! The crypto provider, always passed explicitly.

use std::sync::Arc;

use rustls::NamedGroup;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
use rustls::{CipherSuite, ProtocolVersion, SupportedCipherSuite};

use crate::config::error::ConfigError;

/// A crypto provider with its name for receipts.
#[derive(Clone, Debug)]
pub(crate) struct Provider {
    provider: Arc<CryptoProvider>,
    name: &'static str,
}

impl Provider {
    /// The provider of this build: aws-lc-rs if its feature is on, else ring.
    pub(crate) fn built_in() -> Result<Self, ConfigError> {
        #[cfg(feature = "aws-lc-rs")]
        return Ok(Self::ordered(aws_lc_rs(), "aws-lc-rs"));
        #[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
        return Ok(Self::ordered(ring(), "ring"));
        #[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
        Err(ConfigError::NoCryptoProvider)
    }

    /// A provider from the caller, used unchanged.
    pub(crate) fn custom(provider: Arc<CryptoProvider>) -> Self {
        Self {
            provider,
            name: "custom",
        }
    }

    pub(crate) fn shared(&self) -> Arc<CryptoProvider> {
        Arc::clone(&self.provider)
    }

    /// The key exchange groups that it has, the preferred one first.
    pub(crate) fn groups(&self) -> Vec<NamedGroup> {
        let groups = self.provider.kx_groups.iter();
        groups.map(|group| group.name()).collect()
    }

    /// The provider with only these key exchange groups, in this order.
    pub(crate) fn offering(&self, groups: &[NamedGroup]) -> Arc<CryptoProvider> {
        if self.groups() == groups {
            return self.shared();
        }
        let named = |group: &NamedGroup| {
            let mut all = self.provider.kx_groups.iter();
            all.find(|known| known.name() == *group).copied()
        };
        Arc::new(CryptoProvider {
            kx_groups: groups.iter().filter_map(named).collect(),
            ..(*self.provider).clone()
        })
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn signature_algorithms(&self) -> &WebPkiSupportedAlgorithms {
        &self.provider.signature_verification_algorithms
    }

    /// Draws one random number, which makes the provider seed its generator.
    pub(crate) fn draw_entropy(&self) {
        let mut first = [0; 32];
        // If the provider fails here, it also fails in the first handshake, which reports the
        // error.
        let _ = self.provider.secure_random.fill(&mut first);
    }

    #[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
    fn ordered(mut provider: CryptoProvider, name: &'static str) -> Self {
        let aes_in_hardware = aes_in_hardware();
        provider
            .cipher_suites
            .sort_by_key(|suite| preference(suite, aes_in_hardware));
        Self {
            provider: Arc::new(provider),
            name,
        }
    }
}

/// aws-lc-rs with the post-quantum hybrid (RFC 9794) first, then the groups that all servers
/// support.
#[cfg(feature = "aws-lc-rs")]
fn aws_lc_rs() -> CryptoProvider {
    use rustls::crypto::aws_lc_rs::{default_provider, kx_group};
    CryptoProvider {
        kx_groups: vec![
            kx_group::X25519MLKEM768,
            kx_group::X25519,
            kx_group::SECP256R1,
            kx_group::SECP384R1,
        ],
        ..default_provider()
    }
}

#[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
fn ring() -> CryptoProvider {
    rustls::crypto::ring::default_provider()
}

/// Orders suites by TLS version, then by speed. With AES instructions: AES-128-GCM, AES-256-GCM,
/// ChaCha20-Poly1305. Without them, ChaCha20-Poly1305 comes first.
#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
fn preference(suite: &SupportedCipherSuite, aes_in_hardware: bool) -> (bool, u8) {
    use CipherSuite as S;
    let speed = match suite.suite() {
        S::TLS13_AES_128_GCM_SHA256
        | S::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
        | S::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 => 1,
        S::TLS13_AES_256_GCM_SHA384
        | S::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
        | S::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 => 2,
        _ if aes_in_hardware => 3,
        _ => 0,
    };
    (suite.version().version != ProtocolVersion::TLSv1_3, speed)
}

#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
fn aes_in_hardware() -> bool {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    return std::arch::is_x86_feature_detected!("aes");
    #[cfg(target_arch = "aarch64")]
    return std::arch::is_aarch64_feature_detected!("aes");
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64")))]
    false
}

#[cfg(all(test, feature = "aws-lc-rs"))]
mod tests {
    use super::*;

    #[test]
    fn the_post_quantum_group_is_offered_first_and_every_suite_is_an_aead_over_ephemeral_keys() {
        let provider = Provider::built_in().unwrap();
        assert_eq!(provider.groups()[0], NamedGroup::X25519MLKEM768);
        for suite in &provider.provider.cipher_suites {
            let name = format!("{:?}", suite.suite());
            assert!(
                name.starts_with("TLS13_") || name.starts_with("TLS_ECDHE_"),
                "{name}"
            );
            assert!(
                name.contains("_GCM_") || name.contains("_POLY1305_"),
                "{name}"
            );
        }
    }
}
