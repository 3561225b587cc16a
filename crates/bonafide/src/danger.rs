//! Grants: loud, dated exceptions from verification for one exact host.
//!
//! They are part of the policy, and of the crate `bonafide-verify`; see there. A connection that rests on
//! a grant logs a warning each time it is made, and [`Receipt::is_granted`](crate::Receipt::is_granted)
//! says so on every response.

pub use bonafide_verify::danger::Grant;
