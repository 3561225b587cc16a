//! Makes a candidate of a policy.

use super::Policy;
use crate::record::shadow::Shadow;

impl Shadow {
    /// A candidate that judges like `policy` and decides nothing.
    pub fn of(policy: Policy) -> Self {
        let Policy { recorder, .. } = policy;
        Self::of_judge(&recorder.judge)
    }
}
