//! The clients under measurement, behind one trait.

mod bonafide;
mod hyper_util;
mod reqwest;
mod trust;

use std::future::Future;

use bytes::Bytes;
use clap::ValueEnum;

pub(crate) use self::bonafide::Bonafide;
pub(crate) use self::hyper_util::HyperUtil;
pub(crate) use self::reqwest::Reqwest;
use crate::Failure;
use crate::servers::Destination;

/// A client that the bench measures. Each is set up as it comes, but for trust, name lookup and `Keep`.
pub(crate) trait Client: Clone + Send + Sync + Sized + 'static {
    /// Which one it is.
    const WHICH: Which;

    /// A client that knows the destination's address, believes its authority alone, and shares nothing
    /// with those made before.
    fn new(destination: &Destination, keep: Keep) -> Result<Self, Failure>;

    /// A client that believes the system's roots.
    fn with_system_roots() -> Result<Self, Failure>;

    /// Loads the roots that [`with_system_roots`](Self::with_system_roots) put off.
    fn load(&self) -> Result<(), Failure> {
        Ok(())
    }

    /// The whole body of the answer to a `GET`.
    fn get(&self, url: &str) -> impl Future<Output = Result<Bytes, Failure>> + Send;
}

/// What becomes of a connection when a request is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// It is kept, as long as the client does that by default.
    Connections,
    /// It is closed.
    Nothing,
}

/// The name of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Which {
    /// The client of this repository.
    Bonafide,
    /// reqwest.
    Reqwest,
    /// hyper-util's `legacy` client over hyper-rustls.
    HyperUtil,
}

impl Which {
    pub(crate) const ALL: [Self; 3] = [Self::Bonafide, Self::Reqwest, Self::HyperUtil];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bonafide => "bonafide",
            Self::Reqwest => "reqwest",
            Self::HyperUtil => "hyper-util",
        }
    }
}
