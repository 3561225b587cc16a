//! A policy as a candidate.

use super::Policy;
use crate::record::shadow::Shadow;

impl Shadow {
    /// A candidate that judges as `policy` does, and decides nothing.
    pub fn of(policy: Policy) -> Self {
        let Policy { recorder, .. } = policy;
        Self::of_judge(&recorder.judge)
    }
}
