//! Files: reports of what was read, and errors of what could not be read.
//!
//! What belongs here reads and writes bytes: with size limits, atomically, and without repeating a
//! secret in an error. It never knows what a file is for.
//!
//! ```
//! use bonafide_testkit::TestCa;
//! use bonafide_verify::{Anchors, CustomCa};
//!
//! let corp = CustomCa::pem("corp", TestCa::new().pem());
//! let anchors = Anchors::only(corp).plus(CustomCa::file("/gone.pem")).load()?;
//! for failure in anchors.report().failures() {
//!     println!("{failure}");
//! }
//! # Ok::<(), bonafide_verify::ConfigError>(())
//! ```

pub(crate) mod atomic;
pub(crate) mod bounded;
pub(crate) mod found_kind;
pub(crate) mod json_error;
pub(crate) mod load_report;
pub(crate) mod pem;

pub use self::atomic::FileError;
pub use self::found_kind::FoundKind;
pub use self::json_error::JsonError;
pub use self::load_report::{AnchorReport, CrlProblem, LoadFailure, LoadProblem, SourceReport};
pub use self::pem::{PemError, PemFault};
