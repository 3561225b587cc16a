//! X.509: the fields of one certificate, and the digests of keys.
//!
//! What belongs here reads one certificate or one signature, and borrows from its DER. It never
//! knows a path, a policy or the clock, and decides nothing about trust.
//!
//! ```
//! use bonafide_testkit::{Recipe, TestCa};
//! use bonafide_verify::x509::{Certificate, SpkiSha256};
//!
//! let ca = TestCa::new();
//! let server = ca.issue(Recipe::for_host("a.test"));
//! let leaf = Certificate::from_der(&server.chain()[0])?;
//! println!("{}", SpkiSha256::of_certificate(&leaf));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub(crate) mod certificate;
pub(crate) mod presented_name;
pub(crate) mod signature;
pub(crate) mod spki;

pub use self::certificate::{Certificate, Extension, Oid, PublicKey};
pub use self::presented_name::PresentedName;
pub use self::spki::{PinError, SpkiSha256};
