//! What of a handshake's verdict is told as events.

use super::Judge;
use crate::event::{BrokenGlass, Event, PinFailure, PinFailureOutcome};
use crate::reason::Reason;
use crate::receipt::{Outcome, Receipt};
use crate::refusal::Refusal;

impl Judge {
    /// Emits what there is to tell of a connection that rests on `receipt`, whether it was verified for it or resumes what was.
    pub(crate) fn announce(&self, receipt: &Receipt) {
        #[cfg(feature = "danger-insecure-grants")]
        super::forgive::announce(&self.events, receipt);
        for check in receipt.checks() {
            if let Outcome::BreakGlass { reason, until } = check.outcome() {
                self.events.emit(&Event::BrokenGlass(BrokenGlass {
                    host: receipt.host().unwrap_or_default().to_owned(),
                    reason: reason.to_string(),
                    until: *until,
                }));
            }
        }
    }

    /// Emits which pins did not hold in a handshake that was judged.
    pub(super) fn announce_pins(&self, receipt: &Receipt, refusal: Option<&Refusal>) {
        for check in receipt.checks() {
            let (reason, outcome) = match (check.outcome(), refusal) {
                (Outcome::Reported(reason), _) => (reason, PinFailureOutcome::Reported),
                (Outcome::Refused(reason), Some(_)) => (reason, PinFailureOutcome::Refused),
                (Outcome::Refused(reason), None) => (reason, PinFailureOutcome::Forgiven),
                _ => continue,
            };
            let (pattern, configured) = match reason {
                Reason::PinMismatch {
                    pattern,
                    configured,
                    ..
                } => (pattern, configured.clone()),
                Reason::PinsExpired { pattern, .. } => (pattern, Vec::new()),
                _ => continue,
            };
            let path = receipt.path();
            self.events.emit(&Event::PinFailure(PinFailure {
                host: receipt.host().unwrap_or_default().to_owned(),
                pattern: pattern.to_string(),
                code: reason.code(),
                outcome,
                configured,
                observed: path.map(|path| path.keys().to_vec()).unwrap_or_default(),
                subjects: path
                    .map(|path| path.subjects().collect())
                    .unwrap_or_default(),
            }));
        }
    }
}
