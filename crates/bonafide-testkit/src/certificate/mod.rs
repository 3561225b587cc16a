//! Certificates made at run time: a certificate authority, recipes for what it
//! issues, and the identities that come out.

mod authority;
mod authority_builder;
mod catalogue;
mod crl;
mod der_writer;
mod draft;
mod fields;
mod identity;
mod key;
mod moment;
mod ocsp;
mod public_primes;
mod recipe;
mod resign;
mod transparency;
mod weak_rsa;

pub use authority::TestCa;
pub use authority_builder::TestCaBuilder;
pub use catalogue::{Case, Catalogue};
pub use crl::{CrlRecipe, CrlScope};
pub use draft::Draft;
pub use identity::Identity;
pub use key::KeyKind;
pub use moment::Moment;
pub use ocsp::{OcspHash, OcspRecipe, OcspStatus};
pub(crate) use public_primes::dh2048_prime;
pub use recipe::{ExtendedKeyUsage, Recipe};
pub use transparency::TestLog;
