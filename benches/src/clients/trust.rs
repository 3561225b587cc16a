//! The rustls configuration of the peers: bonafide's own groups and suites, and rustls' own
//! verifier.

use std::sync::Arc;

use bonafide_verify::{Anchors, Policy};
use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, RootCertStore};

use crate::Failure;
use crate::servers::Destination;

/// The policy that trusts the destination's authority alone.
pub(crate) fn policy(destination: &Destination) -> Result<Policy, Failure> {
    Ok(Policy::builder()
        .anchors(Anchors::only(destination.root.clone()))
        .build()?)
}

/// bonafide's provider, so that all clients offer the same groups and suites in the same order.
pub(super) fn provider(policy: &Policy) -> Result<Arc<CryptoProvider>, Failure> {
    Ok(Arc::clone(policy.client_config()?.crypto_provider()))
}

/// A configuration that trusts the destination's authority alone, without ALPN, with session
/// tickets of its own.
pub(crate) fn config(destination: &Destination) -> Result<ClientConfig, Failure> {
    let provider = provider(&policy(destination)?)?;
    let mut roots = RootCertStore::empty();
    roots.add(destination.root.clone())?;
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}
