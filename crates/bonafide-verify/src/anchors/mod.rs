//! Trust anchors: the roots that a path may end in, each with its origin.
//!
//! [`Anchors`] lists the sources. Loading it returns an [`AnchorSet`], which keeps
//! every certificate whole, and an [`AnchorReport`](crate::files::AnchorReport), which lists what
//! each source contained and what could not be read.
//!
//! What belongs here reads anchors and restricts them. It never knows a path, a check or a zone.
//!
//! ```
//! use bonafide_testkit::TestCa;
//! use bonafide_verify::{Anchors, CustomCa};
//!
//! let ca = TestCa::new();
//! let anchors = Anchors::only(CustomCa::pem("corp", ca.pem())).load()?;
//! for anchor in anchors.anchors() {
//!     println!("{anchor:?}");
//! }
//! # Ok::<(), bonafide_verify::ConfigError>(())
//! ```

#[cfg(feature = "bundled")]
mod bundled;
pub(crate) mod custom;
mod environment;
mod fence;
mod origin;
pub(crate) mod roots;
mod set;
mod standing;
mod system;

pub use self::origin::{Origin, OriginCounts};
pub(crate) use self::roots::Anchors;
pub use self::set::{Anchor, AnchorSet};
pub(crate) use self::standing::Standing;
