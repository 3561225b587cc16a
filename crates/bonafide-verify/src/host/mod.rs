//! Hosts: names and addresses in their canonical form, and patterns of them.
//!
//! What belongs here parses and compares names. It never resolves a name, and never knows what a
//! host is trusted for.
//!
//! ```
//! use bonafide_verify::host::{CanonicalHost, HostPattern};
//!
//! let pattern: HostPattern = "**.corp.example".parse()?;
//! let host: CanonicalHost = "API.corp.example.".parse()?;
//! println!("{pattern} {host}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub(crate) mod name;
pub(crate) mod pattern;
pub(crate) mod suffix;

pub use self::name::{CanonicalHost, HostError};
pub use self::pattern::{HostPattern, PatternError};
