//! Rules on what a key is for.

use super::Subject;
use crate::check::CheckContext;
use crate::reason::Reason;

/// An extended key usage extension, where there is one, names at least one purpose.
///
/// RFC 5280, 4.2.1.12. rustls-webpki demands it of the leaf and the intermediates; this holds for the anchor too.
pub(super) fn extended_key_usage_is_not_empty(
    subject: &Subject<'_>,
    _: &CheckContext<'_>,
) -> Result<(), Reason> {
    match subject.certificate.extended_key_usage() {
        Ok(Some(purposes)) if purposes.is_empty() => Err(Reason::EmptyPurpose),
        Ok(_) => Ok(()),
        Err(error) => Err(Reason::Malformed {
            detail: error.to_string(),
        }),
    }
}
