//! Every way of being a bad server, live on the loopback, for any client to refuse.
//!
//! ```no_run
//! use bonafide_testkit::conformance::assert_rejects_all;
//! # struct MyClient;
//! # impl MyClient {
//! #     fn trusting(_: &str) -> Result<Self, std::io::Error> { Ok(Self) }
//! #     async fn get(&self, _: &str) -> Result<(), std::io::Error> { Ok(()) }
//! # }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! assert_rejects_all(|target| async move {
//!     let client = MyClient::trusting(&target.root_pem)?;
//!     client.get(&target.url).await
//! })
//! .await;
//! # }
//! ```
//!
//! [`assert_rejects_all`] is the test of one line. [`Replica`] has the servers one by one, with
//! what a client must do with each and why: the sites of badssl.com that a client can judge, and a
//! selection of the certificates of x509-limbo as live servers. All of it is made when the test
//! runs, and nothing leaves the loopback.

mod assert;
mod family;
mod open;
mod replica;
mod report;
mod scene;
mod site;
mod sites;
mod target;

pub use assert::{assert_rejects_all, assert_rejects_all_but, run};
pub use family::{Family, Needs, Verdict};
pub use open::{OpenSite, Seen};
pub use replica::Replica;
pub use report::{Judgement, Report, Trial};
pub use site::Site;
pub use target::Target;
