//! Rules on validity periods.

use super::rule::{Rule, Scope};
use super::subject::Subject;
use crate::check::CheckContext;
use crate::code::Code;
use crate::verdict::refusal::reason::Reason;

const DAY: u64 = 86_400;

/// CA/B BR 6.3.2: the maximum validity of a leaf in days, by its `notBefore`. Each limit applies
/// until the next one begins.
const LIMITS: [(u64, u64); 6] = [
    // Always (60 months), 2018-03-01, 2020-09-01, 2026-03-15, 2027-03-15, 2029-03-15
    (0, 1_827),
    (1_519_862_400, 825),
    (1_598_918_400, 398),
    (1_773_532_800, 200),
    (1_805_068_800, 100),
    (1_868_227_200, 47),
];

/// rustls-webpki ignores an anchor's validity period; browsers check it.
pub(super) static ANCHOR_IS_VALID: Rule = Rule::certificate(
    Code::ExpiredAnchor,
    "RFC 5280, 4.1.2.5 and 6.2",
    "an anchor is used only within its own validity period",
    Scope::Anchor,
    anchor_is_valid,
);

pub(super) static LEAF_PERIOD: Rule = Rule::certificate(
    Code::ValidityPeriod,
    "CA/B BR 6.3.2",
    "a leaf is valid for at most 398 days, 200 from 2026-03-15, 100 from 2027-03-15, 47 from \
     2029-03-15",
    Scope::Leaf,
    leaf_period,
);

fn anchor_is_valid(subject: &Subject<'_>, context: &CheckContext<'_>) -> Result<(), Reason> {
    let (not_before, not_after) = (
        subject.certificate.not_before(),
        subject.certificate.not_after(),
    );
    if not_before <= context.time() && context.time() <= not_after {
        return Ok(());
    }
    Err(Reason::ExpiredAnchor {
        not_before,
        not_after,
    })
}

fn leaf_period(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    let (not_before, seconds) = period(subject);
    let limit = LIMITS.iter().rev().find(|(from, _)| not_before >= *from);
    match limit {
        Some((_, days)) if seconds > days * DAY => {
            let found = seconds.div_ceil(DAY);
            Err(LEAF_PERIOD.found(format!("valid for {found} days; {days} are allowed")))
        }
        _ => Ok(()),
    }
}

/// `notBefore` in Unix time, and the seconds of the period with both of its ends (RFC 5280,
/// 4.1.2.5).
pub(super) fn period(subject: &Subject<'_>) -> (u64, u64) {
    let not_before = subject.certificate.not_before().as_secs();
    let not_after = subject.certificate.not_after().as_secs();
    (
        not_before,
        not_after.saturating_sub(not_before).saturating_add(1),
    )
}

/// Whether the leaf is so short-lived that no revocation information is required for it (CA/B BR
/// 1.6.1, "Short-lived Subscriber Certificate").
pub(super) fn is_short_lived(subject: &Subject<'_>) -> bool {
    /// 2026-03-15.
    const SEVEN_DAYS_FROM: u64 = LIMITS[3].0;
    let (not_before, seconds) = period(subject);
    let days = if not_before < SEVEN_DAYS_FROM { 10 } else { 7 };
    seconds <= days * DAY
}
