//! The error of a check that refuses.

use crate::verdict::refusal::reason::Reason;

/// The error of a [`Check`](crate::Check) that refuses. The verifier turns it into a
/// [`Refusal`](crate::Refusal), which adds the peer and the time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub(crate) position: Option<usize>,
    pub(crate) reason: Reason,
}

impl Refused {
    /// A refusal by a custom check, with the code [`Code::CheckRefused`](crate::Code::CheckRefused)
    /// and the given message.
    pub fn by_check(message: impl Into<String>) -> Self {
        Self::new(Reason::Check {
            message: message.into(),
        })
    }

    /// Sets which certificate of the path is at fault; 0 is the leaf.
    pub fn about(mut self, position: usize) -> Self {
        self.position = Some(position);
        self
    }

    pub(crate) fn new(reason: Reason) -> Self {
        Self {
            position: None,
            reason,
        }
    }

    pub(crate) fn at(position: usize, reason: Reason) -> Self {
        Self {
            position: Some(position),
            reason,
        }
    }
}
