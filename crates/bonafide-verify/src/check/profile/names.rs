//! Rules on names.

use super::{Place, Subject};
use crate::check::CheckContext;
use crate::reason::Reason;

/// The leaf has a subject alternative name; a common name is no substitute.
///
/// CA/B BR 7.1.2.7.12; RFC 9525, 2.
pub(super) fn leaf_has_subject_alt_name(
    subject: &Subject<'_>,
    _: &CheckContext<'_>,
) -> Result<(), Reason> {
    if subject.place != Place::Leaf || subject.certificate.has_subject_alt_name() {
        return Ok(());
    }
    Err(Reason::NoSubjectAltName)
}
