//! Revocation lists and OCSP responses by recipe: right ones by default, wrong in one chosen way.
//!
//! ```
//! use bonafide_testkit::revocation::{CrlRecipe, OcspRecipe, OcspStatus};
//! use bonafide_testkit::{Recipe, TestCa};
//!
//! let ca = TestCa::new();
//! let server = ca.issue(Recipe::for_host("localhost"));
//!
//! // A list that the client reads.
//! let list = ca.crl_pem(CrlRecipe::new().revoke(&server));
//! assert!(list.starts_with("-----BEGIN X509 CRL-----"));
//!
//! // A response that the server staples to its handshake.
//! let response = ca.ocsp(server.leaf(), OcspRecipe::new().status(OcspStatus::Revoked));
//! let stapling = server.with_ocsp_staple(response);
//! # let _ = stapling;
//! ```

pub use crate::certificate::crl::{CrlRecipe, CrlScope};
pub use crate::certificate::ocsp::{OcspHash, OcspRecipe, OcspStatus};
