//! The options of a revocation check.

use std::sync::Arc;

use serde::Serialize;

use super::crl::{Crls, Lists};
#[cfg(feature = "crlite")]
use super::crlite::{Crlite, Filters};
use super::{Revocation, Sources, Staples};
use crate::config::description::Description;
use crate::config::error::ConfigError;

/// Which certificates of a path must not be revoked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RevocationScope {
    /// All certificates except the anchor. Staples and filters cover only the leaf, so
    /// intermediates need lists.
    #[default]
    WholePath,
    /// Only the leaf.
    Leaf,
}

/// What to do about a certificate that a responder does not know (RFC 6960, 2.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum OnUnknownStatus {
    /// Refuse, with `BF-REVOCATION-UNKNOWN`.
    #[default]
    Refuse,
    /// Continue; the receipt says "not covered".
    Accept,
}

/// What to do if every source that covers a certificate is too old, or not valid yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum OnStaleStatus {
    /// Refuse, with `BF-REVOCATION-STALE`.
    #[default]
    Refuse,
    /// Continue; the receipt says "stale".
    Accept,
}

/// What to do about a certificate that no source covers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum OnMissingStatus {
    /// Refuse, with `BF-REVOCATION-MISSING`.
    #[default]
    Refuse,
    /// Continue; the receipt says "not covered", or "not checked" if no source was available.
    Accept,
}

/// What to do where no source answers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Choices {
    pub(super) scope: RevocationScope,
    pub(super) on_unknown: OnUnknownStatus,
    pub(super) on_stale: OnStaleStatus,
    pub(super) on_missing: OnMissingStatus,
}

impl Choices {
    pub(super) fn describe(self, description: &mut Description) {
        let Self {
            scope,
            on_unknown,
            on_stale,
            on_missing,
        } = self;
        description.setting("scope", scope);
        description.setting("on-unknown", on_unknown);
        description.setting("on-stale", on_stale);
        description.setting("on-missing", on_missing);
    }
}

/// Builds a [`Revocation`].
#[derive(Clone, Debug, Default)]
#[must_use = "nothing is read before build()"]
pub struct RevocationBuilder {
    crls: Vec<Crls>,
    staples: Staples,
    #[cfg(feature = "crlite")]
    crlite: Vec<Crlite>,
    choices: Choices,
}

impl RevocationBuilder {
    /// Adds certificate revocation lists.
    pub fn crls(mut self, crls: Crls) -> Self {
        self.crls.push(crls);
        self
    }

    /// Uses the OCSP responses that servers staple to their handshakes. They cover only the leaf.
    ///
    /// An unacceptable response refuses the connection, with `BF-STAPLE-INVALID`. A leaf that
    /// requires a staple (RFC 7633) but is sent without one is refused with `BF-STAPLE-MISSING`,
    /// even if other sources say that it is good. A chain that is judged without its handshake has
    /// no staple, and so is refused unless another source says that it is good.
    pub fn ocsp_staple(mut self) -> Self {
        self.staples = Staples::Taken;
        self
    }

    /// Adds CRLite filters, which cover only the leaf.
    #[cfg(feature = "crlite")]
    pub fn crlite(mut self, crlite: Crlite) -> Self {
        self.crlite.push(crlite);
        self
    }

    /// Which certificates must not be revoked. Default: [`RevocationScope::WholePath`].
    pub fn scope(mut self, scope: RevocationScope) -> Self {
        self.choices.scope = scope;
        self
    }

    /// What to do if a responder answers "unknown". Default: refuse.
    pub fn on_unknown(mut self, on_unknown: OnUnknownStatus) -> Self {
        self.choices.on_unknown = on_unknown;
        self
    }

    /// What to do if every source that covers a certificate is out of date, or not valid yet.
    /// Default: refuse.
    pub fn on_stale(mut self, on_stale: OnStaleStatus) -> Self {
        self.choices.on_stale = on_stale;
        self
    }

    /// What to do if no source covers a certificate. Default: refuse.
    pub fn on_missing(mut self, on_missing: OnMissingStatus) -> Self {
        self.choices.on_missing = on_missing;
        self
    }

    /// Reads and indexes the sources.
    ///
    /// # Errors
    /// [`ConfigError::NoRevocationSource`] if there is no source, [`ConfigError::ReadCrls`] with
    /// file, position and reason if a list cannot be used, and [`ConfigError::ReadFilters`] if a
    /// filter cannot be used. One unusable source is an error, because a check with only some of
    /// its sources would decide on incomplete data.
    pub fn build(self) -> Result<Revocation, ConfigError> {
        let files = self.crls.iter().filter_map(Crls::path);
        #[cfg(feature = "crlite")]
        let files = files.chain(self.crlite.iter().map(Crlite::path));
        let files = files.map(ToOwned::to_owned);
        let sources = Sources {
            lists: (!self.crls.is_empty())
                .then(|| Lists::load(&self.crls))
                .transpose()?,
            staples: self.staples,
            #[cfg(feature = "crlite")]
            filters: (!self.crlite.is_empty())
                .then(|| Filters::load(&self.crlite))
                .transpose()?,
            files: files.collect(),
        };
        if sources.is_empty() {
            return Err(ConfigError::NoRevocationSource);
        }
        Ok(Revocation {
            sources: Arc::new(sources),
            choices: self.choices,
        })
    }
}
