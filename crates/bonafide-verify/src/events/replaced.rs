//! A policy replaced another.

use std::fmt;

use serde::Serialize;

use crate::config::epoch::Epoch;

/// A policy replaced another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PolicyReplaced {
    /// The epoch that ended.
    pub from: Epoch,
    /// The epoch that began.
    pub to: Epoch,
}

impl fmt::Display for PolicyReplaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to } = self;
        write!(
            f,
            "the policy of epoch {from} was replaced by that of epoch {to}"
        )
    }
}
