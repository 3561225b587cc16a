//! Finds the zone of a host.

use std::collections::HashMap;

use super::Zone;

/// The zones of a policy: the default zone, exact hosts, and wildcards in the order in which they
/// are tried.
#[derive(Debug)]
pub(crate) struct Zones {
    default: Option<Zone>,
    exact: HashMap<String, Zone>,
    wildcards: Vec<Zone>,
}

impl Zones {
    /// `default` is `None` in a closed policy.
    pub(crate) fn new(default: Option<Zone>, zones: Vec<Zone>) -> Self {
        let (exact, mut wildcards): (Vec<_>, Vec<_>) = zones
            .into_iter()
            .partition(|zone| zone.pattern().is_some_and(|pattern| pattern.is_exact()));
        wildcards.sort_by_cached_key(|zone| {
            std::cmp::Reverse(zone.pattern().map(|pattern| pattern.precedence()))
        });
        let exact = exact
            .into_iter()
            .filter_map(|zone| Some((zone.pattern()?.host().to_owned(), zone)))
            .collect();
        Self {
            default,
            exact,
            wildcards,
        }
    }

    /// The zone of `host`, which is canonical: the zone of the exact host, else of the longest
    /// matching wildcard, else the default zone.
    pub(crate) fn of(&self, host: &str) -> Option<&Zone> {
        self.exact
            .get(host)
            .or_else(|| {
                self.wildcards
                    .iter()
                    .find(|zone| zone.pattern().is_some_and(|pattern| pattern.covers(host)))
            })
            .or(self.default.as_ref())
    }

    pub(crate) fn default_zone(&self) -> Option<&Zone> {
        self.default.as_ref()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Zone> {
        self.default
            .iter()
            .chain(self.exact.values())
            .chain(&self.wildcards)
    }
}
