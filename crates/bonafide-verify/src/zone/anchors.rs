//! The anchors of a zone, loaded at once or when they are first needed.

use std::sync::{Arc, OnceLock};

use crate::anchors::{AnchorSet, Anchors};
use crate::config::description::Description;
use crate::config::error::ConfigError;

/// The anchors of a zone, loaded when the policy is built unless the system's store is among them.
#[derive(Debug)]
pub(crate) struct ZoneAnchors {
    recipe: Anchors,
    loaded: OnceLock<Result<Arc<AnchorSet>, ConfigError>>,
}

impl ZoneAnchors {
    /// Loads now, unless that would read the system's store, which is postponed.
    ///
    /// If the system's store is a source, a lack of anchors is reported by handshakes and `load`
    /// and not here, even if it is known. So whether a policy builds does not depend on whether the
    /// process has read the store before.
    pub(crate) fn new(recipe: Anchors) -> Result<Self, ConfigError> {
        recipe.check_fences()?;
        let (is_postponed, fails_later) = (recipe.needs_system_store(), recipe.uses_system_store());
        let anchors = Self {
            recipe,
            loaded: OnceLock::new(),
        };
        if !is_postponed {
            let loaded = anchors.get().map(drop);
            if !fails_later {
                loaded?;
            }
        }
        Ok(anchors)
    }

    pub(crate) fn describe(&self, description: &mut Description) {
        self.recipe.describe(description);
    }

    /// No anchors, for a zone that builds no path.
    pub(crate) fn unused() -> Self {
        Self {
            recipe: Anchors::none(),
            loaded: OnceLock::from(Ok(Arc::default())),
        }
    }

    pub(crate) fn is_loaded(&self) -> bool {
        self.loaded.get().is_some()
    }

    pub(crate) fn get(&self) -> Result<&Arc<AnchorSet>, ConfigError> {
        self.loaded
            .get_or_init(|| self.recipe.load())
            .as_ref()
            .map_err(Clone::clone)
    }
}
