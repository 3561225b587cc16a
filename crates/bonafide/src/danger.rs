//! Grants: loud, dated exceptions from verification for one exact host.
//!
//! They are part of the policy, in the crate `bonafide-verify`. A warning is logged each time a
//! connection is opened under a grant, and [`Receipt::is_granted`](crate::Receipt::is_granted) is
//! true on each of its responses.

pub use bonafide_verify::danger::Grant;
