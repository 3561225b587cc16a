//! The anchors of a zone, and when they are loaded.

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
    /// Loads now, unless that would read the system's store, which is left for later.
    ///
    /// Where that store is a source, having no anchors is told by the handshakes and by `load` however early it is known, so that a
    /// policy builds or not whatever the process did before.
    pub(crate) fn new(recipe: Anchors) -> Result<Self, ConfigError> {
        recipe.check_fences()?;
        let (later, told_later) = (recipe.needs_system_store(), recipe.uses_system_store());
        let anchors = Self {
            recipe,
            loaded: OnceLock::new(),
        };
        if !later {
            let loaded = anchors.get().map(drop);
            if !told_later {
                loaded?;
            }
        }
        Ok(anchors)
    }

    pub(crate) fn describe(&self, description: &mut Description) {
        self.recipe.describe(description);
    }

    /// No anchors, for a zone that looks for no path.
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
