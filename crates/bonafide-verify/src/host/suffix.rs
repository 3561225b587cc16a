//! What the public suffix list says about a name.
//!
//! The list is code, more than half a megabyte of it. Each place that calls it may get a copy of
//! its own from the compiler, so it is called here and nowhere else: `clippy.toml` forbids it
//! elsewhere.

use psl::{Suffix, Type};

/// The public suffix that `name`, in lower case, ends with. The last label is one where the list
/// has no other; it is not [known](Suffix::is_known) then.
#[inline(never)]
#[expect(clippy::disallowed_methods, reason = "the one call of it")]
pub(crate) fn public_suffix(name: &[u8]) -> Option<Suffix<'_>> {
    psl::suffix(name)
}

/// Which list of suffixes has `host` itself: `None` where it is not a suffix, or only one by the
/// rule for unknown top-level domains.
pub(crate) fn suffix_type(host: &str) -> Option<Type> {
    let suffix = public_suffix(host.as_bytes())?;
    if suffix.as_bytes() == host.as_bytes() {
        suffix.typ()
    } else {
        None
    }
}
