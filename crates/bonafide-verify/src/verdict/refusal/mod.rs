//! The parts of a [`Refusal`](crate::Refusal): the reason with its values, and the certificate at
//! fault.
//!
//! ```
//! use bonafide_testkit::{Recipe, TestCa};
//! use bonafide_verify::pki_types::ServerName;
//! use bonafide_verify::refusal::Reason;
//! use bonafide_verify::{Anchors, Peer, Policy};
//!
//! let ca = TestCa::new();
//! let policy = Policy::builder().anchors(Anchors::only(ca.certificate().clone())).build()?;
//! let other = ca.issue(Recipe::for_host("b.test"));
//! let name = ServerName::try_from("a.test")?;
//! let refusal = policy.verify(&Peer::new(other.chain(), &name)).unwrap_err();
//! assert!(matches!(refusal.reason(), Reason::NameMismatch { .. }));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub(crate) mod reason;
mod reason_text;
pub(crate) mod refused;
pub(crate) mod report;
pub(crate) mod revocation;
pub(crate) mod sct;

pub use self::reason::{Bound, Reason};
pub use self::refused::Refused;
pub use self::report::Subject;
