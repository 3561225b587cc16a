//! The parts of a [`Receipt`](crate::Receipt): what was checked on a connection, and how.
//!
//! ```
//! use bonafide_testkit::{Recipe, TestCa};
//! use bonafide_verify::pki_types::ServerName;
//! use bonafide_verify::{Anchors, Peer, Policy};
//!
//! let ca = TestCa::new();
//! let policy = Policy::builder().anchors(Anchors::only(ca.certificate().clone())).build()?;
//! let server = ca.issue(Recipe::for_host("a.test"));
//! let name = ServerName::try_from("a.test")?;
//! let receipt = policy.verify(&Peer::new(server.chain(), &name))?;
//! for check in receipt.checks() {
//!     println!("{}: {}", check.name(), check.outcome());
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub(crate) mod connection;
pub(crate) mod records;
pub(crate) mod report;

pub use self::connection::{Connection, IdentityUse};
pub use self::records::{CheckRecord, Outcome, PathRecord};
