//! What has changed between two states of a table, to apply it to a third one.

use std::collections::BTreeMap;

/// What has changed from one state of a table to another.
pub(crate) struct Changes<'a, K, V> {
    /// The keys that were removed.
    pub(crate) removed: Vec<&'a K>,
    /// The entries that were added or have another value, with their new value.
    pub(crate) set: Vec<(&'a K, &'a V)>,
}

impl<'a, K: Ord, V> Changes<'a, K, V> {
    /// The changes from `before` to `after`, where `is_same` compares two values of one key.
    pub(crate) fn between(
        before: &'a BTreeMap<K, V>,
        after: &'a BTreeMap<K, V>,
        is_same: impl Fn(&V, &V) -> bool,
    ) -> Self {
        let removed = before.keys().filter(|key| !after.contains_key(key));
        let set = after
            .iter()
            .filter(|(key, value)| before.get(key).is_none_or(|old| !is_same(old, value)));
        Self {
            removed: removed.collect(),
            set: set.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_what_was_removed_added_or_given_another_value() {
        let before = BTreeMap::from([("away", 1), ("same", 2), ("new value", 3), ("alike", 14)]);
        let after = BTreeMap::from([("same", 2), ("new value", 4), ("alike", 24), ("added", 5)]);
        let same_last_digit = |one: &i32, other: &i32| one % 10 == other % 10;
        let changes = Changes::between(&before, &after, same_last_digit);
        assert_eq!(changes.removed, [&"away"]);
        assert_eq!(changes.set, [(&"added", &5), (&"new value", &4)]);
    }
}
