//! Verdicts: what was decided about a peer, for programs and for people.
//!
//! A receipt says what was checked, a refusal why a peer was not trusted; `explain` and `capsule`
//! show a refusal to a person and to a program elsewhere; `handshake` says why a handshake failed.
//! Nothing here decides, and nothing here knows a zone or a policy.

pub mod capsule;
pub mod explain;
pub(crate) mod handshake;
pub mod receipt;
pub mod refusal;
