//! Rules on validity periods.

use super::{Place, Subject};
use crate::check::CheckContext;
use crate::reason::Reason;

/// An anchor is used only within its own validity period. rustls-webpki does not look at it, browsers do.
///
/// RFC 5280, 4.1.2.5, applied to the anchor's certificate as RFC 5280, 6.2 allows.
pub(super) fn anchor_is_within_its_validity(
    subject: &Subject<'_>,
    context: &CheckContext<'_>,
) -> Result<(), Reason> {
    let (not_before, not_after) = (
        subject.certificate.not_before(),
        subject.certificate.not_after(),
    );
    let within = not_before <= context.time() && context.time() <= not_after;
    if subject.place != Place::Anchor || within {
        return Ok(());
    }
    Err(Reason::ExpiredAnchor {
        not_before,
        not_after,
    })
}
