//! The rustls configurations of a policy, one for each zone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bonafide_verify::host::CanonicalHost;
use bonafide_verify::{ConfigError, Policy, ZoneId};
use rustls::ClientConfig;

use super::error::Cause;
use super::protocols::Protocols;

/// Makes the configuration of a zone once and keeps it, with the tickets in it.
#[derive(Debug)]
pub(super) struct ZoneConfigs {
    policy: Policy,
    protocols: Protocols,
    made: Mutex<HashMap<ZoneId, Arc<ClientConfig>>>,
}

impl ZoneConfigs {
    pub(super) fn new(policy: Policy, protocols: Protocols) -> Self {
        Self {
            policy,
            protocols,
            made: Mutex::default(),
        }
    }

    pub(super) fn policy(&self) -> &Policy {
        &self.policy
    }

    pub(super) fn protocols(&self) -> Protocols {
        self.protocols
    }

    /// The configuration for `host`. If it needs the system's trust store, the store is read on a
    /// blocking thread.
    pub(super) async fn of(&self, host: &CanonicalHost) -> Result<Arc<ClientConfig>, Cause> {
        let zone = self.policy.zone_of(host.server_name())?.id();
        if !self.policy.is_loaded() {
            let policy = self.policy.clone();
            // Whether the zone of this host has anchors is checked when its configuration is made.
            let _ = tokio::task::spawn_blocking(move || policy.load())
                .await
                .map_err(|error| Cause::Transport(error.into()))?;
        }
        Ok(self.made_for(zone, host.as_str())?)
    }

    fn made_for(&self, zone: ZoneId, host: &str) -> Result<Arc<ClientConfig>, ConfigError> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = made.get(&zone) {
            return Ok(Arc::clone(config));
        }
        let mut config = self.policy.client_config_for(host)?;
        config.alpn_protocols = self.protocols.alpn();
        let config = Arc::new(config);
        made.insert(zone, Arc::clone(&config));
        Ok(config)
    }
}
