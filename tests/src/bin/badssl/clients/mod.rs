//! The clients, each as it is by default, with one root to trust.

mod bonafide;
mod curl;
mod reqwest;

use bonafide_testkit::conformance::{Needs, Target};

pub(crate) use self::bonafide::Bonafide;
pub(crate) use self::reqwest::Reqwest;
use crate::outcome::Said;

/// A client that can be sent somewhere.
pub(crate) trait Client {
    /// Gets the target's URL, and the second one if there is one, with a client made for it.
    async fn visit(&self, target: &Target, needs: Needs) -> Result<(), Said>;
}

/// Every error of a chain, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
