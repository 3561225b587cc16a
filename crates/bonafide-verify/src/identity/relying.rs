//! The policies that rely on a rotating client certificate, for which each new one must be usable.

use std::sync::Arc;

use super::{ClientIdentity, Credential};
use crate::config::clock::{Clock, Rfc3339Time};
use crate::config::error::ConfigError;
use crate::config::provider::Provider;
use crate::events::subscription::Subscribers;
use crate::events::{Event, Events, IdentityReplaced};
use crate::x509::certificate::{Certificate, base16, subject_text};

/// The parts of a policy that check a new client certificate, and the sinks that are notified of a
/// rotation.
#[derive(Debug)]
pub(crate) struct RelyingPolicy {
    pub(crate) provider: Provider,
    pub(crate) clock: Clock,
    pub(crate) events: Events,
}

impl RelyingPolicy {
    /// Checks that `identity` can replace another.
    fn check(&self, identity: &ClientIdentity) -> Result<(), ConfigError> {
        identity.certified_key(&self.provider)?;
        let leaf =
            Certificate::from_der(identity.leaf()).map_err(ConfigError::MalformedIdentity)?;
        let now = self.clock.now();
        if now < leaf.not_before() || leaf.not_after() < now {
            return Err(ConfigError::IdentityOutOfTime {
                subject: subject_text(identity.leaf()),
                not_before: Rfc3339Time(leaf.not_before()).to_string(),
                not_after: Rfc3339Time(leaf.not_after()).to_string(),
                now: Rfc3339Time(now).to_string(),
            });
        }
        Ok(())
    }
}

/// All relying policies that still exist.
#[derive(Debug, Default)]
pub(super) struct RelyingPolicies(Subscribers<RelyingPolicy>);

impl RelyingPolicies {
    pub(super) fn add(&self, policy: &Arc<RelyingPolicy>) {
        self.0.subscribe(&Arc::downgrade(policy));
    }

    /// Checks that `identity` is usable for all of them; if there is none, for a policy with the
    /// defaults.
    pub(super) fn check(&self, identity: &ClientIdentity) -> Result<(), ConfigError> {
        let policies = self.0.all();
        if policies.is_empty() {
            let policy = RelyingPolicy {
                provider: Provider::built_in()?,
                clock: Clock::system(),
                events: Events::default(),
            };
            return policy.check(identity);
        }
        policies
            .iter()
            .try_for_each(|policy| policy.check(identity))
    }

    /// Notifies the sinks of all of them, each once, that `to` replaced `from`.
    pub(super) fn notify(&self, from: &Credential, to: &Credential) {
        let policies = self.0.all();
        let events = Events::of_all(policies.iter().map(|policy| &policy.events));
        events.emit(&Event::IdentityReplaced(IdentityReplaced {
            from: from.generation().get(),
            to: to.generation().get(),
            subject: to.record().subject().to_owned(),
            sha256: base16(to.record().sha256()),
            not_after: to.record().not_after(),
        }));
    }
}
