//! Which certificate to whom.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::certificate::Identity;

/// Certificates by the name that the client asks for.
#[derive(Debug)]
pub(super) struct Certificates {
    default: RwLock<Arc<CertifiedKey>>,
    by_name: HashMap<String, Arc<CertifiedKey>>,
}

impl Certificates {
    pub(super) fn new(default: &Identity, by_name: &[(String, Identity)]) -> Self {
        Self {
            default: RwLock::new(default.certified_key()),
            by_name: by_name
                .iter()
                .map(|(name, identity)| (name.to_ascii_lowercase(), identity.certified_key()))
                .collect(),
        }
    }

    pub(super) fn set_default(&self, key: Arc<CertifiedKey>) {
        *self.default.write().unwrap_or_else(PoisonError::into_inner) = key;
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // rustls gives the name in lower case.
        if let Some(key) = hello.server_name().and_then(|name| self.by_name.get(name)) {
            return Some(Arc::clone(key));
        }
        let default = self.default.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&default))
    }
}
