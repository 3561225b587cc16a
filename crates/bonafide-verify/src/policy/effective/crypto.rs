//! The cryptography of handshakes.

use serde::Serialize;

use crate::config::provider::Provider;

/// The crypto provider; each list is in the order in which its entries are offered or tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Crypto {
    provider: &'static str,
    key_exchange_groups: Vec<String>,
    cipher_suites: Vec<String>,
    signature_schemes: Vec<String>,
}

impl Crypto {
    pub(super) fn of(provider: &Provider) -> Self {
        let shared = provider.shared();
        let groups = shared.kx_groups.iter().map(|group| group.name());
        let suites = shared.cipher_suites.iter().map(|suite| suite.suite());
        let schemes = provider.signature_algorithms().supported_schemes();
        Self {
            provider: provider.name(),
            key_exchange_groups: groups.map(|group| format!("{group:?}")).collect(),
            cipher_suites: suites.map(|suite| format!("{suite:?}")).collect(),
            signature_schemes: schemes.iter().map(|scheme| format!("{scheme:?}")).collect(),
        }
    }
}
