//! The events of a handshake's verdict.

use super::Recorder;
use crate::events::{
    BrokenGlass, Event, GrantedConnection, KeyChanged, PinFailure, PinFailureOutcome,
};
use crate::first_use::KeyReason;
use crate::verdict::receipt::records::Outcome;
use crate::verdict::receipt::report::{Receipt, Verdict};
use crate::verdict::refusal::reason::Reason;
use crate::verdict::refusal::report::Refusal;

impl Recorder {
    /// Emits the events of a connection with `receipt`, for a full handshake or a resumed session.
    pub(crate) fn announce(&self, receipt: &Receipt) {
        self.announce_grant(receipt);
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

    /// Emits the pin failures of a handshake.
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

    /// Emits the event of a handshake that was refused because the key of the host has changed.
    pub(super) fn announce_key_change(&self, refusal: &Refusal) {
        if let Reason::Key(reason) = refusal.reason()
            && let KeyReason::Changed {
                host,
                known,
                observed,
            } = &**reason
        {
            self.events.emit(&Event::KeyChanged(KeyChanged {
                host: host.clone(),
                known: known.key,
                since: known.first_seen,
                observed: *observed,
            }));
        }
    }

    /// Emits the event of a connection under a grant.
    fn announce_grant(&self, receipt: &Receipt) {
        if let Verdict::Granted {
            forgiven,
            reason,
            expires,
        } = receipt.verdict()
        {
            self.events
                .emit(&Event::GrantedConnection(GrantedConnection {
                    host: receipt.host().unwrap_or_default().to_owned(),
                    forgiven: forgiven.clone(),
                    reason: reason.clone(),
                    expires: *expires,
                }));
        }
    }
}
