//! Certificates made at run time: a certificate authority, recipes for what it issues, and the
//! identities that come out.
//!
//! ```
//! use bonafide_testkit::certificate::{Catalogue, Recipe, TestCa};
//!
//! let ca = TestCa::new();
//! let good = ca.issue(Recipe::for_host("localhost"));
//! let expired = ca.issue(Recipe::for_host("localhost").expired());
//! println!("{}{}", good.chain_pem(), expired.chain_pem());
//!
//! // Or all of them at once, for a table test.
//! for case in Catalogue::new().cases() {
//!     println!("{}: {}", case.name, if case.accepted { "accepted" } else { "refused" });
//! }
//! ```

mod authority;
mod authority_builder;
mod catalogue;
pub(crate) mod crl;
mod der_writer;
mod draft;
mod fields;
mod identity;
mod key;
mod moment;
pub(crate) mod ocsp;
mod public_primes;
mod recipe;
mod resign;
mod transparency;
mod weak_rsa;

pub use authority::TestCa;
pub use authority_builder::TestCaBuilder;
pub use catalogue::{Case, Catalogue};
pub use draft::Draft;
pub use identity::Identity;
pub use key::KeyKind;
pub use moment::Moment;
pub(crate) use public_primes::dh2048_prime;
pub use recipe::{ExtendedKeyUsage, Recipe};
pub use transparency::TestLog;
