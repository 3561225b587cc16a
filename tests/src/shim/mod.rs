//! The names of reqwest over bonafide, as thin as they can be: a program for reqwest compiles and
//! runs over bonafide when its `use reqwest::…` is `use bonafide_tests::shim::…`.
//!
//! Requests and responses need nothing: they are bonafide's own. What differs is how a client is
//! built, since trust is a policy there. `docs/from-reqwest.md` has the names that are not here.
//! Where a method asks for something that bonafide does not offer, it panics.

pub mod blocking;
mod client;
pub mod redirect;
mod tls;

pub use bonafide::{Error, Method, RequestBuilder, Response, StatusCode, header};

pub use self::client::{Client, ClientBuilder};
pub use self::tls::Certificate;
